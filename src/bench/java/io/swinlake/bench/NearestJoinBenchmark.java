package io.swinlake.bench;

import io.swinlake.runtime.LibtorchProduct;
import io.swinlake.search.Ranking;
import io.swinlake.search.Spectrum;
import io.swinlake.search.product.MatrixProduct;
import io.swinlake.spark.DuplicateEmbeddings;
import io.swinlake.spark.EmbeddingColumns;
import io.swinlake.spark.NearestEmbeddings;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The ten nearest rows of many queries, from reading both tables to writing the neighbours, beside what the bare matrix product of all
 * pairs would take, from a part of it; with the heap that was in use after a collection at most, and the bytes that tasks sent to the
 * driver. The ids of some queries are compared with those of a float64 comparison with every row. Arguments: queries (100,000), rows
 * (1,000,000), dimension (768), spectrum (1: see {@link Spectrum#all}).
 */
public final class NearestJoinBenchmark {
    /** Of the bare product: it is linear in them. */
    private static final int PART = 1000;

    private static final int CHECKED = 5;

    private NearestJoinBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        int queries = NearestBenchmark.argument(arguments, 0, 100_000);
        int rows = NearestBenchmark.argument(arguments, 1, 1_000_000);
        int dimension = NearestBenchmark.argument(arguments, 2, 768);
        Spectrum spectrum = NearestBenchmark.spectrum(NearestBenchmark.argument(arguments, 3, 1), dimension);
        HeapWatch heap = HeapWatch.start();
        AtomicLong sent = new AtomicLong();
        try (SparkSession spark = BenchTable.session("nearest join benchmark")) {
            Dataset<Row> lake = BenchTable.of(spark, spectrum, rows);
            Dataset<Row> asked = BenchTable.of(spark, spectrum, NearestBenchmark.FIRST_QUERY, queries);
            MatrixProduct product = LibtorchProduct.ifAvailable().orElseThrow();
            System.out.printf(
                    "%,d queries, %,d rows of %s, %d threads, a heap of %,d MB%n",
                    queries,
                    rows,
                    spectrum,
                    BenchTable.THREADS,
                    Runtime.getRuntime().maxMemory() >> 20);
            NearestBenchmark.bareProduct(product, rows / 10, PART, dimension);
            NearestBenchmark.Cost part =
                    NearestBenchmark.Cost.of(() -> NearestBenchmark.bareProduct(product, rows, PART, dimension));
            NearestBenchmark.Cost bare = part.times((double) queries / PART);
            System.out.printf("bare product of all pairs, by %,d queries of them: %s%n", PART, bare);

            spark.sparkContext().addSparkListener(new SparkListener() {
                @Override
                public void onTaskEnd(SparkListenerTaskEnd end) {
                    sent.addAndGet(end.taskMetrics().resultSize());
                }
            });
            heap.reset();
            NearestEmbeddings nearest = new NearestEmbeddings(
                    new EmbeddingColumns("id", "embedding"), Ranking.nearest(NearestBenchmark.NEIGHBORS));
            String folder = "target/bench/neighbors";
            AtomicReference<DuplicateEmbeddings.Work> work = new AtomicReference<>();
            NearestBenchmark.Cost search = NearestBenchmark.Cost.of(() -> {
                NearestEmbeddings.Neighbors found = nearest.search(asked, lake);
                found.rows().write().mode("overwrite").parquet(folder);
                work.set(found.work());
                return null;
            });
            System.out.printf(
                    "search %s = %.3f (processors: %.3f) times the bare product; %,d of %,d pairs in full, %.2f %% of the arithmetic"
                            + " saved; heap after a collection at most %,d MB; %,d MB from tasks to the driver%n",
                    search,
                    search.wall() / bare.wall(),
                    search.cpu() / bare.cpu(),
                    work.get().inFull().value(),
                    work.get().pairs().value(),
                    100 * work.get().saved(),
                    heap.mebibytes(),
                    sent.get() >> 20);
            Dataset<Row> written = spark.read().parquet(folder);
            String few = "%s %% " + Math.max(1, queries / CHECKED) + " = 0";
            NearestBenchmark.checkIds(
                    written.where(few.formatted("query"))
                            .orderBy("query", "rank")
                            .collectAsList(),
                    asked.where(few.formatted("id")),
                    rows,
                    spectrum);
            System.out.printf(
                    "%,d neighbours; the ids of %d queries are those of a float64 comparison with every row%n",
                    written.count(), CHECKED);
        }
    }
}
