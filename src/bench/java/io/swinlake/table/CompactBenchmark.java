package io.swinlake.table;

import io.swinlake.spark.ImageLake;
import io.swinlake.spark.LocalSpark;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.io.FileUtils;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * {@code [runs] [rows] [rounds]}: reads a table whose rows came in many runs, the last of which replaces 1 % of them; the same
 * table compacted, while its runs are retained and after they are removed; and the rows as one run. By turns, each read anew.
 */
final class CompactBenchmark {
    private static final int DIMENSION = 384;
    private static final int ONE_IN = 100;
    private static final String ATTEMPT = "20260101T000000Z-01234567";

    private final SparkSession spark = LocalSpark.session();
    private final Path home;
    private final int runs;
    private final long rows;

    private CompactBenchmark(Path home, int runs, long rows) {
        this.home = home;
        this.runs = runs;
        this.rows = rows;
    }

    public static void main(String[] args) throws IOException {
        int runs = args.length > 0 ? Integer.parseInt(args[0]) : 1000;
        long rows = args.length > 1 ? Long.parseLong(args[1]) : 200_000;
        int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 5;
        Path home = Files.createTempDirectory(Files.createDirectories(Path.of("target/bench")), "compact");
        try {
            new CompactBenchmark(home, runs, rows).measure(rounds);
        } finally {
            FileUtils.deleteDirectory(home.toFile());
        }
        System.exit(0);
    }

    private void measure(int rounds) throws IOException {
        Path many = home.resolve("many");
        fill(many, runs);
        Path retained = copy(many, "retained");
        Path removed = copy(many, "removed");
        Path one = home.resolve("one");
        fill(one, 0);
        long start = System.nanoTime();
        compact(retained);
        System.out.printf("%d runs, %d rows: compact takes %.1f s%n", runs, rows, seconds(start));
        compact(removed);
        Compaction.of(spark, removed.toString()).removeOlderThan(Duration.ZERO);

        List<Path> tables = List.of(one, many, retained, removed);
        double[][] times = new double[tables.size()][rounds];
        for (int round = -1; round < rounds; round++) { // the first warms up
            for (int table = 0; table < tables.size(); table++) {
                start = System.nanoTime();
                read(tables.get(table));
                if (round >= 0) {
                    times[table][round] = seconds(start);
                }
            }
        }
        double base = median(times[0]);
        for (int table = 0; table < tables.size(); table++) {
            System.out.printf(
                    "%-10s %7.3f s, %.2f of one run%n",
                    tables.get(table).getFileName(), median(times[table]), median(times[table]) / base);
        }
    }

    private void compact(Path table) throws IOException {
        Compaction.of(spark, table.toString()).rewrite(new RunRecord.Software("0", "3", "17"));
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    private static double median(double[] times) {
        return Arrays.stream(times).sorted().toArray()[times.length / 2];
    }

    private void read(Path table) throws IOException {
        Row row = SwinlakeTable.read(spark, table.toString())
                .selectExpr("count(DISTINCT path)", "count(*)", "sum(embedding[0])")
                .first();
        if (row.getLong(0) != rows || row.getLong(1) != rows) {
            throw new IllegalStateException(table + " has " + row);
        }
    }

    private Path copy(Path table, String name) throws IOException {
        Path copy = home.resolve(name);
        FileUtils.copyDirectory(table.toFile(), copy.toFile());
        return copy;
    }

    /** @param many 0 for a table of one run, without replaced rows */
    private void fill(Path table, int many) throws IOException {
        int last = Math.max(many - 1, 1);
        Dataset<Row> held = rows("id % " + last, "id");
        Dataset<Row> all = many == 0
                ? held
                : held.union(rows(String.valueOf(last), "id + 1").where("id % " + ONE_IN + " = 7"));
        all.drop("id").repartition(2, all.col("run")).write().partitionBy("run").parquet(table.toString());
        for (int run = 0; run < Math.max(many, 1); run++) {
            Path folder = table.resolve("run=" + run);
            Path attempt = Files.createDirectories(folder.resolve(ATTEMPT));
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Files.move(file, attempt.resolve(file.getFileName()));
                }
            }
            boolean replaces = many > 0 && run == last;
            if (replaces) {
                writeReplaced(Files.createDirectory(attempt.resolve("_replaced")), last);
            }
            Dataset<Row> written = ParquetRows.read(spark, attempt.toString());
            long count = written.count();
            RunRecord record = RunRecord.of(
                    TinyLake.request(table.toString(), String.valueOf(run)),
                    new SyntheticWork(ImageLake.list(spark, List.of(attempt.toString()), "*"), step -> {}, plan -> {}),
                    ATTEMPT,
                    Instant.now(),
                    new RunRecord.Counts(
                            count,
                            0,
                            0,
                            0,
                            count,
                            Optional.of(written.inputFiles().length),
                            0,
                            replaces ? rows / ONE_IN : 0,
                            new TreeMap<>()));
            Files.writeString(folder.resolve(RunRecord.FILE_NAME), record.toJson());
        }
        Files.deleteIfExists(table.resolve("_SUCCESS"));
        Files.deleteIfExists(table.resolve("._SUCCESS.crc"));
    }

    private Dataset<Row> rows(String run, String seed) {
        return spark.range(0, rows, 1, 16)
                .selectExpr(
                        "id",
                        "concat('s3a://lake/images/', lpad(cast(id AS string), 12, '0'), '.jpg') AS path",
                        "50000 + id AS length",
                        "timestamp_millis(1700000000000) AS modificationTime",
                        "md5(cast(id AS binary)) AS etag",
                        "transform(sequence(1, %s), i -> cast(hash(i, %s) / 1e9 AS float)) AS embedding"
                                .formatted(DIMENSION, seed),
                        "cast(NULL AS struct<stage: string, code: string, message: string>) AS error",
                        "named_struct('name', 'tiny', 'sha256', 'sha', 'recipe', 'hf', 'precision', 'fp32', 'digest', 'digest') AS model",
                        "cast(%s AS string) AS run".formatted(run));
    }

    private void writeReplaced(Path folder, int last) throws IOException {
        List<String> lines = new ArrayList<>();
        for (long id = 7; id < rows; id += ONE_IN) {
            lines.add(String.format(
                    Locale.ROOT, "{\"path\":\"s3a://lake/images/%012d.jpg\",\"run\":\"%d\"}", id, id % last));
        }
        try (Writer out = new OutputStreamWriter(
                new GZIPOutputStream(Files.newOutputStream(folder.resolve("part-00000.json.gz"))),
                StandardCharsets.UTF_8)) {
            out.write(String.join("\n", lines));
        }
    }
}
