package io.swinlake.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF2;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.storage.StorageLevel;
import scala.collection.Seq;

/**
 * {@code vector_cosine_similarity} beside a registered Java UDF that does the same: a lake of vectors that Spark holds in memory
 * against some queries, one number from each pair, the greatest of all from the job. Arguments: rows (50,000), dimension (768),
 * queries (20), rounds (5): a million calls. A million rows and one query need a heap of 5 GB and measure the memory as well.
 */
public final class VectorSqlBenchmark {
    private VectorSqlBenchmark() {}

    public static void main(String[] arguments) {
        int rows = argument(arguments, 0, 50_000);
        int dimension = argument(arguments, 1, 768);
        int queries = argument(arguments, 2, 20);
        int rounds = argument(arguments, 3, 5);
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
            System.out.printf("%,d rows of %d floats in memory, %d queries%n", lake.count(), dimension, queries);

            lake.limit(queries).createOrReplaceTempView("query");
            String call = "SELECT max(%s(lake.embedding, query.embedding)) FROM lake CROSS JOIN query";
            Cost[] ours = new Cost[rounds];
            Cost[] theirs = new Cost[rounds];
            for (int round = 0; round < rounds; round++) {
                ours[round] = cost(spark, call.formatted("vector_cosine_similarity"));
                theirs[round] = cost(spark, call.formatted("cosine_udf"));
                System.out.printf("round %d: expression %s, Java UDF %s%n", round + 1, ours[round], theirs[round]);
            }
            System.out.printf(
                    "medians of %d: the UDF takes %.1f times as long, and %.1f times the processor time%n",
                    rounds,
                    median(theirs, Cost::wall) / median(ours, Cost::wall),
                    median(theirs, Cost::cpu) / median(ours, Cost::cpu));
        }
    }

    private static int argument(String[] arguments, int place, int otherwise) {
        return arguments.length > place ? Integer.parseInt(arguments[place]) : otherwise;
    }

    /** Seconds of the clock and of all processors. */
    private record Cost(double wall, double cpu) {
        @Override
        public String toString() {
            return "%.2f s (%.2f s of processors)".formatted(wall, cpu);
        }
    }

    private static Cost cost(SparkSession spark, String query) {
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long cpu = system.getProcessCpuTime();
        long wall = System.nanoTime();
        spark.sql(query).collectAsList();
        return new Cost((System.nanoTime() - wall) / 1e9, (system.getProcessCpuTime() - cpu) / 1e9);
    }

    private static double median(Cost[] costs, ToDoubleFunction<Cost> part) {
        return Arrays.stream(costs).mapToDouble(part).sorted().toArray()[costs.length / 2];
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
