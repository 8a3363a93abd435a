package io.swinlake.spark;

import io.swinlake.PublicApi;
import io.swinlake.spark.search.Embedding;
import io.swinlake.spark.search.EmbeddingId;
import io.swinlake.spark.sql.ColumnNames;
import io.swinlake.spark.sql.VectorFunction;
import java.io.Serializable;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
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

    /** The rows that have an embedding. */
    <I extends Comparable<? super I>> JavaRDD<Embedding<I>> rows(Dataset<Row> table, EmbeddingId<I> type) {
        requireVectors(table);
        Column first = ColumnNames.column(id);
        Column second = ColumnNames.column(embedding);
        // In the table's order, in which Spark reads them.
        return ColumnNames.index(table.schema(), id) < ColumnNames.index(table.schema(), embedding)
                ? EmbeddingRows.of(table.select(first, second), 0, type)
                : EmbeddingRows.of(table.select(second, first), 1, type);
    }

    /** The embeddings alone. */
    JavaRDD<float[]> elements(Dataset<Row> table) {
        return rows(table, EmbeddingId.in(idField(table))).map(Embedding::elements);
    }

    /** Refuses a table whose embeddings are no vectors. */
    void requireVectors(Dataset<Row> table) {
        StructField field = field(table, embedding);
        if (!VectorFunction.VECTOR.acceptsType(field.dataType())) {
            throw new IllegalArgumentException("column '%s' is %s: embeddings are ARRAY<FLOAT>"
                    .formatted(embedding, field.dataType().sql()));
        }
    }

    private static StructField field(Dataset<Row> table, String name) {
        return table.schema().fields()[ColumnNames.index(table.schema(), name)];
    }
}
