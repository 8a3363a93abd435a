package io.swinlake.bench;

import java.util.Arrays;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF2;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.storage.StorageLevel;
import scala.collection.Seq;

/**
 * {@code vector_cosine_similarity} beside a registered Java UDF that does the same, on vectors that Spark holds in
 * memory: one number from each row, the greatest of all from the query. Arguments: rows (1,000,000), dimension (768).
 */
public final class VectorSqlBenchmark {
    private static final int ROUNDS = 5;

    private VectorSqlBenchmark() {}

    public static void main(String[] arguments) {
        int rows = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1_000_000;
        int dimension = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 768;
        try (SparkSession spark = SparkSession.builder()
                .master("local[2]")
                .appName("vector SQL benchmark")
                .config("spark.ui.enabled", "false")
                .config("spark.sql.extensions", "io.swinlake.spark.SwinlakeExtensions")
                .config("spark.sql.inMemoryColumnarStorage.compressed", "false")
                .getOrCreate()) {
            spark.sparkContext().setLogLevel("ERROR");
            spark.udf()
                    .register(
                            "cosine_udf",
                            (UDF2<Seq<Float>, Seq<Float>, Float>) VectorSqlBenchmark::cosine,
                            DataTypes.FloatType);

            String elements =
                    "transform(sequence(1, %d), i -> CAST(hash(id, i) / 2147483648 AS FLOAT))".formatted(dimension);
            Dataset<Row> lake =
                    spark.range(rows).selectExpr(elements + " AS embedding").persist(StorageLevel.MEMORY_ONLY());
            lake.createOrReplaceTempView("lake");
            System.out.printf("%,d rows of %d floats in memory%n", lake.count(), dimension);

            lake.limit(1).createOrReplaceTempView("query");
            String call = "SELECT max(%s(lake.embedding, query.embedding)) FROM lake CROSS JOIN query";
            double[] ours = new double[ROUNDS];
            double[] theirs = new double[ROUNDS];
            for (int round = 0; round < ROUNDS; round++) {
                ours[round] = seconds(spark, call.formatted("vector_cosine_similarity"));
                theirs[round] = seconds(spark, call.formatted("cosine_udf"));
                System.out.printf(
                        "round %d: expression %.2f s, Java UDF %.2f s%n", round + 1, ours[round], theirs[round]);
            }
            System.out.printf(
                    "median of %d: expression %.2f s, Java UDF %.2f s, ratio %.1f%n",
                    ROUNDS, median(ours), median(theirs), median(theirs) / median(ours));
        }
    }

    private static double seconds(SparkSession spark, String query) {
        long start = System.nanoTime();
        spark.sql(query).collectAsList();
        return (System.nanoTime() - start) / 1e9;
    }

    private static double median(double[] values) {
        return Arrays.stream(values).sorted().toArray()[values.length / 2];
    }

    private static float cosine(Seq<Float> v, Seq<Float> w) {
        double dot = 0;
        double vv = 0;
        double ww = 0;
        for (int i = 0; i < v.length(); i++) {
            float a = v.apply(i);
            float b = w.apply(i);
            dot += (double) a * b;
            vv += (double) a * a;
            ww += (double) b * b;
        }
        return (float) (dot / Math.sqrt(vv * ww));
    }
}
