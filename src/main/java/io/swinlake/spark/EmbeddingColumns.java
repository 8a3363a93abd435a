package io.swinlake.spark;

import io.swinlake.PublicApi;
import io.swinlake.spark.sql.ColumnNames;
import io.swinlake.spark.sql.VectorFunction;
import io.swinlake.spark.sql.VectorView;
import java.io.Serializable;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.StructField;

/**
 * Where a table has its embeddings.
 *
 * @param id name of a string, int or bigint column
 * @param embedding name of an array&lt;float&gt; column; its null rows, images that failed, are left out
 */
@PublicApi(since = "0.1.0")
public record EmbeddingColumns(String id, String embedding) implements Serializable {
    /** {@return the columns that {@code infer} writes} */
    public static EmbeddingColumns ofInference() {
        return new EmbeddingColumns("path", "embedding");
    }

    StructField idField(Dataset<Row> table) {
        return field(table, id);
    }

    /** The two columns of the rows that have an embedding, as Spark holds them: no boxing of floats. */
    JavaRDD<InternalRow> rows(Dataset<Row> table) {
        requireVectors(table);
        return table.select(ColumnNames.column(id), ColumnNames.column(embedding))
                .where(ColumnNames.column(embedding).isNotNull())
                .queryExecution()
                .toRdd()
                .toJavaRDD();
    }

    /** Refuses a table whose embeddings are no vectors. */
    void requireVectors(Dataset<Row> table) {
        StructField field = field(table, embedding);
        if (!VectorFunction.VECTOR.acceptsType(field.dataType())) {
            throw new IllegalArgumentException("column '%s' is %s: embeddings are ARRAY<FLOAT>"
                    .formatted(embedding, field.dataType().sql()));
        }
    }

    /** The embedding of one of these rows. */
    static float[] elements(InternalRow row) {
        ArrayData embedding = row.getArray(1);
        if (VectorView.of(embedding) == null) {
            throw new IllegalArgumentException("an embedding has a null element: is this column what a model wrote?");
        }
        return embedding.toFloatArray();
    }

    private static StructField field(Dataset<Row> table, String name) {
        return table.schema().fields()[ColumnNames.index(table.schema(), name)];
    }
}
