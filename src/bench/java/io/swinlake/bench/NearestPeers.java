package io.swinlake.bench;

import io.swinlake.runtime.device.CpuFeatures;
import io.swinlake.search.Ranking;
import io.swinlake.search.Spectrum;
import io.swinlake.spark.EmbeddingColumns;
import io.swinlake.spark.NearestEmbeddings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The exact search over a Parquet table beside FAISS, flat and in cells, and DuckDB, which have the same rows in memory: the same queries, two
 * threads each, by turns of ours and one of them. Ours is timed with reading the table, theirs without, and FAISS flat also with it. Arguments are those of
 * {@link NearestBenchmark}, and then peers, all by default. FAISS's cells stand beside our approximate search of as many, too. {@code scripts/bench nearest-peers}
 */
final class NearestPeers {
    private static final String OURS = "Swinlake";

    /** FAISS's OpenBLAS takes a processor that it does not know, such as a Xeon of 2023, for one of 2004, and a quarter of its speed. */
    private static final String CORE_TYPE = CpuFeatures.here().flags().contains("avx512f") ? "SkylakeX" : "Haswell";

    private static final List<String> PEERS = List.of("faiss-flat", "faiss-ivf", "duckdb");

    private static final String APPROXIMATE = "Swinlake, approximate";

    /** DuckDB takes a second or more for each query: it answers this part of them. */
    private static final int DUCKDB_PART = 100;

    /** Of IVF, that a query looks into. */
    private static final List<Integer> CELLS = List.of(8, 32, 128);

    private final Path folder;
    private final int dimension;
    private final int queries;
    private final int rounds;
    private final Callable<List<Row>> search;
    private final IntFunction<List<Row>> approximate;
    private final Set<List<Long>> exact = new HashSet<>(); // query, neighbour

    /** @param approximate the search with as many cells probed */
    private NearestPeers(
            Path folder,
            int dimension,
            int queries,
            int rounds,
            Callable<List<Row>> search,
            IntFunction<List<Row>> approximate) {
        this.folder = folder;
        this.dimension = dimension;
        this.queries = queries;
        this.rounds = rounds;
        this.search = search;
        this.approximate = approximate;
    }

    public static void main(String[] arguments) throws Exception {
        int rows = NearestBenchmark.argument(arguments, 0, 1_000_000);
        int queries = NearestBenchmark.argument(arguments, 1, 1000);
        int dimension = NearestBenchmark.argument(arguments, 2, 768);
        int rounds = NearestBenchmark.argument(arguments, 3, 3);
        Spectrum spectrum = NearestBenchmark.spectrum(NearestBenchmark.argument(arguments, 4, 1), dimension);
        Path folder = Files.createDirectories(
                Path.of("target", "bench", "nearest-peers").toAbsolutePath());
        try (SparkSession spark = BenchTable.session("nearest peers")) {
            Dataset<Row> lake = BenchTable.of(spark, spectrum, rows);
            Path table = Path.of(java.net.URI.create(lake.inputFiles()[0])).getParent();
            Files.deleteIfExists(folder.resolve("rows.parquet"));
            Files.createSymbolicLink(folder.resolve("rows.parquet"), table);
            write(folder.resolve("rows.f32"), spectrum, 0, rows);
            write(folder.resolve("queries.f32"), spectrum, NearestBenchmark.FIRST_QUERY, queries);
            Dataset<Row> asked = NearestBenchmark.queries(spark, spectrum, queries);
            NearestEmbeddings nearest = new NearestEmbeddings(
                    new EmbeddingColumns("id", "embedding"), Ranking.nearest(NearestBenchmark.NEIGHBORS));
            NearestPeers peers = new NearestPeers(
                    folder,
                    dimension,
                    queries,
                    rounds,
                    () -> nearest.join(asked, lake).collectAsList(),
                    probed -> nearest.approximate(asked, lake, probed).rows().collectAsList());

            System.out.println(Machine.describe());
            System.out.printf("%,d queries, %,d rows of %s, %d threads%n", queries, rows, spectrum, BenchTable.THREADS);
            peers.writeIds();
            List<String> wanted = arguments.length > 5 ? List.of(arguments).subList(5, arguments.length) : PEERS;
            if (wanted.contains("faiss-flat")) {
                peers.beside("faiss-flat", "search", queries);
                peers.beside("faiss-flat", "job", queries);
            }
            if (wanted.contains("faiss-ivf")) {
                peers.besideCells();
            }
            if (wanted.contains("duckdb")) {
                peers.beside("duckdb", "search", Math.max(1, queries / DUCKDB_PART));
            }
        }
    }

    /** One vector after the other. */
    private static void write(Path file, Spectrum spectrum, long first, int count) throws IOException {
        int rowBytes = Float.BYTES * spectrum.dimension();
        try (FileChannel out = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            IntStream.range(0, count).parallel().forEach(row -> {
                ByteBuffer bytes = ByteBuffer.allocate(rowBytes).order(ByteOrder.LITTLE_ENDIAN);
                bytes.asFloatBuffer().put(spectrum.row(first + row));
                try {
                    out.write(bytes, (long) rowBytes * row);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    /** The neighbours that we find: {@link NearestBenchmark} shows that they are a float64 comparison's. */
    private void writeIds() throws Exception {
        ByteBuffer ids = ByteBuffer.allocate(Long.BYTES * queries * NearestBenchmark.NEIGHBORS)
                .order(ByteOrder.LITTLE_ENDIAN);
        for (Row row : search.call()) {
            int query = (int) (row.getLong(0) - NearestBenchmark.FIRST_QUERY);
            int rank = row.getInt(1);
            exact.add(List.of(row.getLong(0), row.getLong(2)));
            ids.putLong(Long.BYTES * (query * NearestBenchmark.NEIGHBORS + rank - 1), row.getLong(2));
        }
        Files.write(folder.resolve("ids.i64"), ids.array());
    }

    private WorkerProcess started(String peer) throws IOException {
        return new WorkerProcess(
                peer,
                List.of(
                        "target/peers/nearest/bin/python",
                        "src/bench/python/nearest_peers.py",
                        peer,
                        folder.toString(),
                        Integer.toString(dimension),
                        Integer.toString(NearestBenchmark.NEIGHBORS),
                        Integer.toString(BenchTable.THREADS)),
                Map.of("OPENBLAS_CORETYPE", CORE_TYPE, "OPENBLAS_L2_SIZE", "", "OMP_NUM_THREADS", ""));
    }

    /** Takes turns with one that looks at all rows: a search of those that it has in memory, or a whole job that reads them as ours does. */
    private void beside(String peer, String verb, int asked) throws Exception {
        try (WorkerProcess process = started(peer)) {
            System.out.printf("%s: loaded in %.0f s%n", peer, process.ask("load"));
            process.ask(verb + " 0 1"); // warms up
            print(peer + ", " + verb, asked, turns(process, verb, asked, Map.of()), process.ask("recall"));
        }
    }

    private void besideCells() throws Exception {
        try (WorkerProcess process = started("faiss-ivf")) {
            System.out.printf("faiss-ivf: trained and loaded in %.0f s%n", process.ask("load"));
            for (int cells : CELLS) {
                process.ask("probe " + cells);
                process.ask("search 0 1");
                long found = approximate.apply(cells).stream()
                        .filter(row -> exact.contains(List.of(row.getLong(0), row.getLong(2))))
                        .count();
                Turns turns = turns(
                        process, "search", queries, Map.of(APPROXIMATE, () -> seconds(() -> approximate.apply(cells))));
                print("faiss-ivf, %s cells".formatted(cells), queries, turns, process.ask("recall"));
                System.out.printf(
                        "%s, %s cells: %s s, %s times the exact search; it finds %.4f of the exact neighbours%n",
                        APPROXIMATE,
                        cells,
                        turns.figure(APPROXIMATE).withDecimals(2),
                        turns.ratio(APPROXIMATE, OURS).withDecimals(2),
                        (double) found / exact.size());
            }
        }
    }

    private Turns turns(WorkerProcess process, String verb, int asked, Map<String, Callable<Double>> others)
            throws Exception {
        double whole = (double) queries / asked;
        Map<String, Callable<Double>> contenders = new LinkedHashMap<>();
        contenders.put(OURS, () -> seconds(search));
        contenders.put("peer", () -> whole * process.ask(verb + " 0 " + asked));
        contenders.putAll(others);
        return Turns.take(rounds, contenders);
    }

    private static double seconds(Callable<?> search) throws Exception {
        long start = System.nanoTime();
        search.call();
        return (System.nanoTime() - start) / 1e9;
    }

    private static void print(String peer, int asked, Turns turns, double recall) {
        System.out.printf(
                "%s: %s s, from %d queries; %s %s s; its time is %s times ours; it finds %.4f of the exact neighbours%n",
                peer,
                turns.figure("peer").withDecimals(2),
                asked,
                OURS,
                turns.figure(OURS).withDecimals(2),
                turns.ratio("peer", OURS).withDecimals(2),
                recall);
    }
}
