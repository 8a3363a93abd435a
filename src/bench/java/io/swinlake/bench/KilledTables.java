package io.swinlake.bench;

import io.swinlake.bench.KillCampaign.Result;
import io.swinlake.spark.Demo;
import io.swinlake.table.SwinlakeTable;
import io.swinlake.table.TableException;
import io.swinlake.table.TableFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileUtil;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A small lake, tables of its images, and what must hold of a table while and after a run over it is killed. Iceberg's metadata name
 * places, so that there is one Iceberg table, in which each of the tables lies at its time.
 */
final class KilledTables implements AutoCloseable {
    private static final String BASE_RUN = "before";
    private static final String RUN = "killed";

    /** The table that every trial begins with. */
    static final String BASE = "base";

    /**
     * How large they are.
     *
     * @param before images that a table has before the run
     * @param changed of these
     * @param after images, with those that are added
     * @param checkpointEvery images of a part
     * @param lookMillis between two looks of a reader
     */
    record Size(int before, int changed, int after, int checkpointEvery, int lookMillis) {}

    private final java.nio.file.Path folder;
    private final java.nio.file.Path images;
    private final boolean onS3;
    private final TableFormat format;
    private final Size size;
    private final SparkSession spark;
    private final Configuration configuration;
    private final Map<String, List<Float>> expected = new HashMap<>();

    KilledTables(java.nio.file.Path folder, Optional<LoopbackS3> s3, TableFormat format, Size size) throws IOException {
        this.folder = folder;
        this.images = Files.createDirectories(folder.resolve("images"));
        this.onS3 = s3.isPresent();
        this.format = format;
        this.size = size;
        Map<String, String> settings = new TreeMap<>(settings());
        s3.ifPresent(server -> settings.putAll(server.sparkSettings()));
        this.spark = KillCampaign.reader(settings);
        this.configuration = spark.sessionState().newHadoopConf();
        s3.ifPresent(server -> server.client().createBucket("kills"));
        for (int i = 0; i < size.before(); i++) {
            copyImage(i, name(i));
        }
    }

    private static String name(int image) {
        return String.format(Locale.ROOT, "digit-%03d.png", image);
    }

    private void copyImage(int image, String name) throws IOException {
        Files.copy(
                java.nio.file.Path.of(Demo.IMAGES, name(image)),
                images.resolve(name),
                StandardCopyOption.REPLACE_EXISTING);
    }

    /** Now a run has something to add and something to replace. */
    void changeImages() throws IOException {
        for (int i = size.before(); i < size.after(); i++) {
            copyImage(i, name(i));
        }
        for (int i = 0; i < size.changed(); i++) {
            copyImage(size.after() - 1 - i, name(i));
            Files.setLastModifiedTime(
                    images.resolve(name(i)), FileTime.fromMillis(System.currentTimeMillis() / 1000 * 1000 + 60_000));
        }
    }

    /** What sessions that read and write the tables need. */
    final Map<String, String> settings() {
        return switch (format) {
            case PARQUET -> Map.of();
            case DELTA ->
                Map.of(
                        "spark.sql.extensions", format.extension().orElseThrow(),
                        "spark.sql.catalog.spark_catalog",
                                format.sessionCatalog().orElseThrow(),
                        "spark.databricks.delta.snapshotPartitions", "2");
            case ICEBERG ->
                Map.of(
                        "spark.sql.extensions", format.extension().orElseThrow(),
                        "spark.sql.catalog.lake", "org.apache.iceberg.spark.SparkCatalog",
                        "spark.sql.catalog.lake.type", "hadoop",
                        "spark.sql.catalog.lake.warehouse", place("warehouse").toString(),
                        // The table is replaced behind the catalog's back.
                        "spark.sql.catalog.lake.cache-enabled", "false");
        };
    }

    private Path place(String name) {
        return new Path(
                onS3 ? "s3a://kills/" + name : folder.resolve(name).toUri().toString());
    }

    /** Where a table's files are. */
    private Path files(String table) {
        return format == TableFormat.ICEBERG && !table.equals(BASE) ? place("warehouse/kills/rows") : place(table);
    }

    /** As commands name a table. */
    private String output(String table) {
        return format == TableFormat.ICEBERG ? "lake.kills.rows" : place(table).toString();
    }

    /** The command that makes a table's first rows. */
    List<String> begin(String table) {
        return infer(table, BASE_RUN);
    }

    /** The command that is killed. */
    List<String> complete(String table) {
        return infer(table, RUN);
    }

    private List<String> infer(String table, String run) {
        List<String> words = new ArrayList<>(List.of("infer", "--model", Demo.MODEL));
        words.addAll(List.of("--input", images.toString(), "--output", output(table), "--format", format.word()));
        words.addAll(List.of("--incremental", "--run-id", run, "--checkpoint-every", "" + size.checkpointEvery()));
        return words;
    }

    void copy(String from, String to) throws IOException {
        Path source = files(from);
        Path target = files(to);
        delete(to);
        FileUtil.copy(
                source.getFileSystem(configuration),
                source,
                target.getFileSystem(configuration),
                target,
                false,
                configuration);
    }

    void delete(String table) throws IOException {
        files(table).getFileSystem(configuration).delete(files(table), true);
    }

    /** Whether the run has begun to write its rows to the table, or is about to. */
    boolean isCommitting(String table) throws IOException {
        if (format == TableFormat.PARQUET) {
            Path run = new Path(files(table), "run=" + RUN);
            return run.getFileSystem(configuration).exists(run);
        }
        int images = size.after() - size.before() + size.changed();
        return finishedParts(table).length >= images / size.checkpointEvery();
    }

    private FileStatus[] finishedParts(String table) throws IOException {
        FileStatus[] finished = files(table)
                .getFileSystem(configuration)
                .globStatus(new Path(files(table), "_runs/" + RUN + "/parts/*/_SUCCESS"));
        return finished == null ? new FileStatus[0] : finished;
    }

    /** Rows of a run that was killed which need not be computed again: those of its finished parts; none once it is committed. */
    long finishedRows(String table) throws IOException {
        FileSystem fileSystem = files(table).getFileSystem(configuration);
        String record = (format == TableFormat.PARQUET ? "run=" : "_runs/") + RUN + "/_run.json";
        if (fileSystem.exists(new Path(files(table), record))) {
            return 0;
        }
        long rows = 0;
        for (FileStatus part : finishedParts(table)) {
            rows += spark.read().parquet(part.getPath().getParent().toString()).count();
        }
        return rows;
    }

    /** Takes a table's rows for those that every run has to give. */
    void expect(String table) throws IOException {
        for (Row row : TableWatch.rows(spark, output(table))) {
            expected.put(row.getString(0), row.getList(1));
        }
        if (expected.size() != size.after()) {
            throw new IllegalStateException(expected.size() + " rows");
        }
    }

    /** What is wrong with a table whose run is over, and what its reader saw. */
    Result judge(String table, Reader reader, boolean finished) throws IOException {
        TableWatch.Difference found = TableWatch.Difference.of(rows(table), expected);
        return new Result(
                0,
                0,
                0,
                0,
                reader.looks,
                0,
                reader.partial,
                found.lost(),
                found.doubled(),
                found.different(),
                finished ? 0 : 1);
    }

    /** Of a table; of one that readers refuse all are lost. */
    private List<Row> rows(String table) throws IOException {
        try {
            return TableWatch.rows(spark, output(table));
        } catch (TableException e) {
            System.out.println("  the table is refused: " + e.getMessage());
            return List.of();
        }
    }

    /** Looks at the committed rows again and again, until it is closed. */
    final class Reader extends TableLooks {
        private final String table;
        private long looks;
        private long partial;

        Reader(String table) {
            super(size.lookMillis());
            this.table = table;
            start();
        }

        /** The old table is rows of one run; the new one is those but the changed ones, and the rows of the other run. */
        @Override
        synchronized void look() {
            looks++;
            try {
                Map<String, Long> byRun = new HashMap<>();
                for (Row row : SwinlakeTable.read(spark, output(table))
                        .groupBy("run")
                        .count()
                        .collectAsList()) {
                    byRun.put(row.getString(0), row.getLong(1));
                }
                boolean before = byRun.equals(Map.of(BASE_RUN, (long) size.before()));
                long kept = (long) size.before() - size.changed();
                boolean after = byRun.equals(Map.of(BASE_RUN, kept, RUN, size.after() - kept));
                if (!before && !after) {
                    System.out.println("  a reader saw " + byRun);
                    partial++;
                }
            } catch (IOException | RuntimeException e) {
                System.out.println("  a reader failed: " + e);
                partial++;
            }
        }

        /** Looks for the last time. */
        @Override
        public void close() {
            super.close();
            look();
        }
    }

    @Override
    public void close() {
        spark.stop();
    }
}
