package io.swinlake.bench;

import static io.swinlake.Fixtures.cosine;

import com.sun.management.OperatingSystemMXBean;
import io.swinlake.runtime.LibtorchProduct;
import io.swinlake.search.Ranking;
import io.swinlake.search.Spectrum;
import io.swinlake.search.product.MatrixProduct;
import io.swinlake.spark.EmbeddingColumns;
import io.swinlake.spark.NearestEmbeddings;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;
import java.util.stream.LongStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The whole exact search over a Parquet table, beside the bare matrix product that it needs (the same blocks, nothing read,
 * nothing ranked) and beside a loop over the elements of two vectors at a time. Each on two threads, by turns. Arguments: rows
 * (1,000,000), queries (1,000), dimension (768), rounds (3), spectrum (1: see {@link Spectrum#all}; 5 has no structure). The table is kept in
 * target/bench for the next run.
 */
public final class NearestBenchmark {
    private static final int THREADS = BenchTable.THREADS;
    private static final int BLOCK = 1024;
    static final int NEIGHBORS = 10;
    private static final int CLASSES = 1000;

    /** Of the queries; the rows begin at 0. */
    static final long FIRST_QUERY = 1_000_000_000;

    /** The loop is slow and linear in rows: it runs over this part of them. */
    private static final int LOOP_PART = 100;

    private NearestBenchmark() {}

    /** Wall clock and processor time of one run, seconds. */
    record Cost(double wall, double cpu) {
        static Cost of(Callable<?> work) throws Exception {
            OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
            long cpu = system.getProcessCpuTime();
            long wall = System.nanoTime();
            work.call();
            return new Cost((System.nanoTime() - wall) / 1e9, (system.getProcessCpuTime() - cpu) / 1e9);
        }

        Cost times(double factor) {
            return new Cost(wall * factor, cpu * factor);
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%.1f s (%.1f s of processors)", wall, cpu);
        }
    }

    public static void main(String[] arguments) throws Exception {
        int rows = argument(arguments, 0, 1_000_000);
        int queries = argument(arguments, 1, 1000);
        int dimension = argument(arguments, 2, 768);
        int rounds = argument(arguments, 3, 3);
        int number = argument(arguments, 4, 1);
        Spectrum spectrum = spectrum(number, dimension);
        try (SparkSession spark = BenchTable.session("nearest benchmark")) {
            Dataset<Row> lake = BenchTable.of(spark, spectrum, rows);
            Dataset<Row> asked = queries(spark, spectrum, queries);
            NearestEmbeddings nearest =
                    new NearestEmbeddings(new EmbeddingColumns("id", "embedding"), Ranking.nearest(NEIGHBORS));
            MatrixProduct product = LibtorchProduct.ifAvailable().orElseThrow();

            System.out.printf("%,d queries, %,d rows of %s, %d threads%n", queries, rows, spectrum, THREADS);
            Dataset<Row> three = asked.where("id < " + (FIRST_QUERY + 3));
            checkIds(
                    nearest.join(asked, lake)
                            .where("query < " + (FIRST_QUERY + 3))
                            .collectAsList(),
                    three,
                    rows,
                    spectrum);
            System.out.println("the ids of three queries are those of a float64 comparison with every row");

            List<Cost> searches = new ArrayList<>();
            List<Cost> products = new ArrayList<>();
            List<Cost> loops = new ArrayList<>();
            for (int round = 1; round <= rounds; round++) {
                products.add(Cost.of(() -> bareProduct(product, rows, queries, dimension)));
                searches.add(Cost.of(() -> nearest.join(asked, lake).collectAsList()));
                int part = Math.max(1, rows / LOOP_PART);
                loops.add(Cost.of(() -> scalarLoop(part, queries, dimension)).times((double) rows / part));
                System.out.printf(
                        "round %d: search %s, bare product %s, loop %s, from %,d rows%n",
                        round, last(searches), last(products), last(loops), part);
            }
            Cost search = median(searches);
            Cost bare = median(products);
            Cost loop = median(loops);
            System.out.printf(
                    "medians of %d: search %s = %.2f (processors: %.2f) times the bare product, %.0f GFLOP/s; the loop takes %.1f"
                            + " (processors: %.1f) times as long as the search%n",
                    rounds,
                    search,
                    search.wall / bare.wall,
                    search.cpu / bare.cpu,
                    2e-9 * rows * queries * dimension / bare.wall,
                    loop.wall / search.wall,
                    loop.cpu / search.cpu);
        }
    }

    static Dataset<Row> queries(SparkSession spark, Spectrum spectrum, int count) {
        return spark.createDataFrame(
                LongStream.range(FIRST_QUERY, FIRST_QUERY + count)
                        .mapToObj(id -> NumberedRow.of(id, spectrum.row(id)))
                        .toList(),
                NumberedRow.class);
    }

    static Spectrum spectrum(int number, int dimension) {
        return number == 5 ? Spectrum.none(dimension) : Spectrum.all(dimension, CLASSES)[number];
    }

    static int argument(String[] arguments, int place, int otherwise) {
        return arguments.length > place ? Integer.parseInt(arguments[place]) : otherwise;
    }

    private static Cost last(List<Cost> costs) {
        return costs.get(costs.size() - 1);
    }

    private static Cost median(List<Cost> costs) {
        return new Cost(
                median(costs.stream().mapToDouble(Cost::wall).toArray()),
                median(costs.stream().mapToDouble(Cost::cpu).toArray()));
    }

    private static double median(double[] values) {
        return Arrays.stream(values).sorted().toArray()[values.length / 2];
    }

    /** A direction, the same for the same id. */
    private static float[] vector(long id, int dimension) {
        SplittableRandom random = new SplittableRandom(id);
        float[] vector = new float[dimension];
        for (int i = 0; i < dimension; i++) {
            vector[i] = (float) (random.nextDouble() + random.nextDouble() - 1);
        }
        return vector;
    }

    private static float[] matrix(int count, int dimension) {
        float[] matrix = new float[count * dimension];
        for (int i = 0; i < count; i++) {
            System.arraycopy(vector(i, dimension), 0, matrix, i * dimension, dimension);
        }
        return matrix;
    }

    static Void bareProduct(MatrixProduct product, int rows, int queries, int dimension) throws Exception {
        float[] left = matrix(queries, dimension);
        float[] right = matrix(BLOCK, dimension);
        return onEveryThread(thread -> {
            float[] scores = new float[queries * BLOCK];
            for (int row = thread * BLOCK; row < rows; row += THREADS * BLOCK) {
                product.multiply(left, queries, right, Math.min(BLOCK, rows - row), dimension, scores);
            }
        });
    }

    /** The best of each query by a loop over elements, as one writes it first. */
    private static Void scalarLoop(int rows, int queries, int dimension) throws Exception {
        float[][] left = new float[queries][];
        Arrays.setAll(left, i -> vector(-1 - i, dimension));
        float[][] right = new float[BLOCK][];
        Arrays.setAll(right, i -> vector(i, dimension));
        return onEveryThread(thread -> {
            float[] best = new float[queries];
            for (int row = thread; row < rows; row += THREADS) {
                float[] candidate = right[row % BLOCK];
                for (int query = 0; query < queries; query++) {
                    best[query] = Math.max(best[query], dot(left[query], candidate));
                }
            }
            if (best[0] < 0) {
                throw new IllegalStateException("never: keeps the loop from being optimised away");
            }
        });
    }

    private static float dot(float[] v, float[] w) {
        float sum = 0;
        for (int i = 0; i < v.length; i++) {
            sum += v[i] * w[i];
        }
        return sum;
    }

    private static Void onEveryThread(IntConsumer work) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                int number = thread;
                running.add(threads.submit(() -> work.accept(number)));
            }
            for (Future<?> each : running) {
                each.get();
            }
        } finally {
            threads.shutdown();
        }
        return null;
    }

    static void checkIds(List<Row> found, Dataset<Row> asked, int rows, Spectrum spectrum) {
        record Scored(long id, double cosine) {}
        for (Row query : asked.select("id", "embedding").collectAsList()) {
            float[] vector = spectrum.row(query.getLong(0));
            List<Long> expected = LongStream.range(0, rows)
                    .parallel()
                    .mapToObj(id -> new Scored(id, cosine(vector, spectrum.row(id))))
                    .sorted(Comparator.comparingDouble((Scored scored) -> -scored.cosine)
                            .thenComparing(Scored::id))
                    .limit(NEIGHBORS)
                    .map(Scored::id)
                    .toList();
            List<Long> ids = found.stream()
                    .filter(row -> row.getLong(0) == query.getLong(0))
                    .map(row -> row.getLong(2))
                    .toList();
            if (!ids.equals(expected)) {
                throw new IllegalStateException(
                        "query %s: found %s, a float64 comparison gives %s".formatted(query.getLong(0), ids, expected));
            }
        }
    }
}
