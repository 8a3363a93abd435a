package io.swinlake.cli.doctor;

import io.swinlake.cli.doctor.CheckResult.Wrong;
import io.swinlake.search.Ranking;
import io.swinlake.spark.DuplicateEmbeddings;
import io.swinlake.spark.EmbeddingColumns;
import io.swinlake.spark.NearestEmbeddings;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** What the searches send between processes: an embedding's neighbour is itself, and it is nobody's duplicate. */
final class SearchCheck {
    private SearchCheck() {}

    static String run(SparkSession spark, float[] embedding) throws Wrong {
        Dataset<Row> table = spark.createDataFrame(
                List.of(RowFactory.create("image", embedding)),
                new StructType()
                        .add("path", DataTypes.StringType)
                        .add("embedding", DataTypes.createArrayType(DataTypes.FloatType)));
        EmbeddingColumns columns = EmbeddingColumns.ofInference();
        long neighbors = new NearestEmbeddings(columns, Ranking.nearest(1))
                .join(table, table)
                .where("query = neighbor")
                .count();
        try (DuplicateEmbeddings.Pairs pairs = new DuplicateEmbeddings(columns, 1).pairs(table)) {
            long duplicates = pairs.rows().count();
            if (neighbors != 1 || duplicates != 0) {
                throw new Wrong(
                        "report this line",
                        "an embedding alone has %d neighbours and %d duplicates, where it should be its own neighbour",
                        neighbors,
                        duplicates);
            }
        }
        return "the image's embedding is its own nearest, and has no duplicate";
    }
}
