package io.swinlake.bench;

import com.sun.management.OperatingSystemMXBean;
import io.swinlake.runtime.LibtorchProduct;
import io.swinlake.search.EmbeddingMatrix;
import io.swinlake.search.Groups;
import io.swinlake.search.HeadedRows;
import io.swinlake.search.PairTile;
import io.swinlake.search.SearchPlan;
import io.swinlake.search.SimilarRows;
import io.swinlake.search.Spectrum;
import io.swinlake.search.product.MatrixProduct;
import io.swinlake.search.product.VectorApi;
import io.swinlake.spark.DuplicateEmbeddings;
import io.swinlake.spark.EmbeddingColumns;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * All near-duplicates of a Parquet table, from reading it to its groups, for each spectrum: beside what the bare matrix product of
 * all pairs would take, by the fastest engine, from a part of it; up to 50,000 rows the groups are compared with those of every pair in
 * full. Arguments: rows (100,000), threshold (0.95), dimension (768), which spectra (all; numbers from 0, 5 has no structure, 6 are
 * equal rows).
 */
public final class DuplicatesBenchmark {
    private static final int CLASSES = 1000;
    private static final int MOST_CHECKED = 50_000;
    private static final int PART = 4096;

    private DuplicatesBenchmark() {}

    public static void main(String[] arguments) throws IOException {
        int rows = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 100_000;
        double threshold = arguments.length > 1 ? Double.parseDouble(arguments[1]) : 0.95;
        int dimension = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 768;
        String wanted = arguments.length > 3 ? arguments[3] : "0123456";
        try (SparkSession spark = BenchTable.session("duplicates benchmark")) {
            double roof = roof(rows, dimension);
            System.out.printf(
                    "%,d rows of %d floats, cosine %s: %,d pairs; the bare product of them, by libtorch: %.0f s%n",
                    rows, dimension, threshold, (long) rows * (rows - 1) / 2, roof);
            List<Spectrum> spectra = new ArrayList<>(List.of(Spectrum.all(dimension, CLASSES)));
            spectra.add(Spectrum.none(dimension));
            spectra.add(new Spectrum(dimension, 1, 1, 0, 7)); // all rows equal
            for (int number = 0; number < spectra.size(); number++) {
                if (wanted.indexOf('0' + number) >= 0) {
                    run(spark, spectra.get(number), rows, threshold, roof);
                }
            }
        }
    }

    private static void run(SparkSession spark, Spectrum spectrum, int rows, double threshold, double roof)
            throws IOException {
        Dataset<Row> lake = BenchTable.of(spark, spectrum, rows);
        DuplicateEmbeddings search = new DuplicateEmbeddings(new EmbeddingColumns("id", "embedding"), threshold);
        BytesRead read = BytesRead.in(spark);
        long start = System.nanoTime();
        long startCpu = processorTime();
        Map<Long, Long> groups = new TreeMap<>();
        long members;
        DuplicateEmbeddings.Work work;
        double linked;
        try (DuplicateEmbeddings.Pairs found = search.links(lake)) {
            Dataset<Row> links = found.rows().localCheckpoint();
            linked = (System.nanoTime() - start) / 1e9;
            Dataset<Row> table = DuplicateEmbeddings.groups(links).localCheckpoint();
            members = table.count();
            work = found.work();
            double seconds = (System.nanoTime() - start) / 1e9;
            System.out.printf(
                    "%s: %.1f s (%.1f s of processors), of it links %.1f (%.3f of the bare product); %,d links, %,d images in %,d groups; %,d of %,d pairs in full,"
                            + " %.2f %% of the arithmetic saved; %.1f GB read by tasks%n",
                    spectrum,
                    seconds,
                    (processorTime() - startCpu) / 1e9,
                    linked,
                    seconds / roof,
                    links.count(),
                    members,
                    table.select("group").distinct().count(),
                    work.inFull().value(),
                    work.pairs().value(),
                    100 * work.saved(),
                    read.gigabytes());
            if (rows <= MOST_CHECKED) {
                table.collectAsList().forEach(row -> groups.put(row.getLong(0), row.getLong(1)));
            }
        }
        if (rows <= MOST_CHECKED) {
            if (!groups.equals(groupsInFull(spectrum, rows, threshold))) {
                throw new IllegalStateException(spectrum + ": the groups are not those of every pair in full");
            }
            System.out.println("  the groups are those of every pair in full");
        }
    }

    private static long processorTime() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static Map<Long, Long> groupsInFull(Spectrum spectrum, int rows, double threshold) {
        EmbeddingMatrix<Long> embeddings = new EmbeddingMatrix<>(spectrum.dimension(), rows);
        for (long id = 0; id < rows; id++) {
            embeddings.add(id, spectrum.row(id));
        }
        SearchPlan plan = SearchPlan.inFull(spectrum.dimension());
        Groups<Long> groups = new Groups<>();
        MatrixProduct product = VectorApi.product().orElseGet(MatrixProduct::inJava);
        PairTile.<Long>ofLinks(new SimilarRows(threshold, plan, product), (a, b, similarity) -> groups.connect(a, b))
                .holdCompared(HeadedRows.of(embeddings, plan, product));
        return groups.smallestIds();
    }

    /** Seconds of the product of all pairs, on two threads, from a part of it. */
    private static double roof(int rows, int dimension) {
        MatrixProduct product = LibtorchProduct.ifAvailable().orElseThrow();
        float[] part = new float[PART * dimension];
        for (int i = 0; i < part.length; i++) {
            part[i] = (i * 31 % 101) / 101f - 0.5f;
        }
        float[] scores = new float[PART * PART];
        double best = Double.POSITIVE_INFINITY;
        for (int round = 0; round < 5; round++) {
            long start = System.nanoTime();
            product.multiply(part, PART, part, PART, dimension, scores);
            best = Math.min(best, (System.nanoTime() - start) / 1e9);
        }
        return best * rows / PART * rows / PART / 2 / BenchTable.THREADS;
    }
}
