package io.swinlake.bench;

import com.sun.management.OperatingSystemMXBean;
import io.swinlake.spark.sql.LoopFunctions;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF2;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.storage.StorageLevel;
import scala.collection.Seq;

/**
 * The vector functions of SQL beside the same without Java's Vector API, and beside registered Java UDFs: a lake of vectors that Spark holds in memory against
 * some queries, one number from each pair, the greatest of all from the job. Arguments: rows (1,000,000), dimension (768), queries
 * (4, after 1), rounds (3). The default takes 3 GB of a heap of 8: in less, the UDF's garbage costs three times as much. With one query, half of
 * our time is reading Spark's cache, which the UDF has to do as well.
 */
public final class VectorSqlBenchmark {
    /** Partitions of the lake: what Spark lays out at a time should be a small part of the heap. */
    private static final int PARTITIONS = 32;

    private VectorSqlBenchmark() {}

    /** What a user would register, by the function that it stands beside. */
    private static final Map<String, UDF2<Seq<Float>, Seq<Float>, Float>> UDFS = Map.of(
            "vector_cosine_similarity", VectorSqlBenchmark::cosine,
            "vector_inner_product", VectorSqlBenchmark::innerProduct,
            "vector_l2_distance", VectorSqlBenchmark::l2Distance);

    public static void main(String[] arguments) {
        int rows = argument(arguments, 0, 1_000_000);
        int dimension = argument(arguments, 1, 768);
        int queries = argument(arguments, 2, 4);
        int rounds = argument(arguments, 3, 3);
        try (SparkSession spark = SparkSession.builder()
                .master("local[2]")
                .appName("vector SQL benchmark")
                .config("spark.ui.enabled", "false")
                .config("spark.sql.extensions", "io.swinlake.spark.SwinlakeExtensions")
                .config("spark.sql.inMemoryColumnarStorage.compressed", "false")
                .getOrCreate()) {
            spark.sparkContext().setLogLevel("ERROR");
            LoopFunctions.register(spark);
            UDFS.forEach((function, udf) -> spark.udf().register(function + "_udf", udf, DataTypes.FloatType));
            String elements =
                    "transform(sequence(1, %s), i -> CAST(hash(id, i) / 2147483648 AS FLOAT))".formatted(dimension);
            Dataset<Row> lake = spark.range(0, rows, 1, PARTITIONS)
                    .selectExpr(elements + " AS embedding")
                    .persist(StorageLevel.MEMORY_ONLY());
            lake.createOrReplaceTempView("lake");
            System.out.printf("%,d rows of %d floats in memory%n", lake.count(), dimension);

            for (int asked : new int[] {1, queries}) {
                lake.limit(asked).createOrReplaceTempView("query");
                System.out.printf("%d queries:%n", asked);
                for (String function : UDFS.keySet()) {
                    run(function, spark, rounds);
                }
            }
        }
    }

    private static void run(String function, SparkSession spark, int rounds) {
        String call = "SELECT max(%s(lake.embedding, query.embedding)) FROM lake CROSS JOIN query";
        Cost[] ours = new Cost[rounds];
        Cost[] loops = new Cost[rounds];
        Cost[] theirs = new Cost[rounds];
        for (int round = 0; round < rounds; round++) {
            ours[round] = cost(spark, call.formatted(function));
            loops[round] = cost(spark, call.formatted(LoopFunctions.name(function)));
            theirs[round] = cost(spark, call.formatted(function + "_udf"));
            System.out.printf(
                    "%s, round %d: expression %s, by loops %s, Java UDF %s%n",
                    function, round + 1, ours[round], loops[round], theirs[round]);
        }
        System.out.printf(
                "%s, medians of %d: the loops take %.1f times as long and the UDF %.1f times, and %.1f and %.1f times the"
                        + " processor time%n",
                function,
                rounds,
                median(loops, Cost::wall) / median(ours, Cost::wall),
                median(theirs, Cost::wall) / median(ours, Cost::wall),
                median(loops, Cost::cpu) / median(ours, Cost::cpu),
                median(theirs, Cost::cpu) / median(ours, Cost::cpu));
    }

    private static int argument(String[] arguments, int place, int otherwise) {
        return arguments.length > place ? Integer.parseInt(arguments[place]) : otherwise;
    }

    /** Seconds of the clock and of all processors. */
    private record Cost(double wall, double cpu) {
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%.2f s (%.2f s of processors)", wall, cpu);
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

    private static float innerProduct(Seq<Float> v, Seq<Float> w) {
        double dot = 0;
        for (int i = 0; i < v.length(); i++) {
            dot += (double) v.apply(i) * w.apply(i);
        }
        return (float) dot;
    }

    private static float l2Distance(Seq<Float> v, Seq<Float> w) {
        double sum = 0;
        for (int i = 0; i < v.length(); i++) {
            double d = (double) v.apply(i) - w.apply(i);
            sum += d * d;
        }
        return (float) Math.sqrt(sum);
    }
}
