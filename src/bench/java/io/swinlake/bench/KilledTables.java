package io.swinlake.bench;

import io.swinlake.bench.KillCampaign.Result;
import io.swinlake.spark.Demo;
import io.swinlake.table.SwinlakeTable;
import io.swinlake.table.TableException;
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
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileUtil;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** A small lake, tables of its images, and what must hold of a table while and after a run over it is killed. */
final class KilledTables implements AutoCloseable {
    private static final String BASE_RUN = "before";
    private static final String RUN = "killed";

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
    private final Size size;
    private final SparkSession spark;
    private final Configuration configuration;
    private final Map<String, List<Float>> expected = new HashMap<>();

    KilledTables(java.nio.file.Path folder, Optional<LoopbackS3> s3, Size size) throws IOException {
        this.folder = folder;
        this.images = Files.createDirectories(folder.resolve("images"));
        this.onS3 = s3.isPresent();
        this.size = size;
        this.spark = KillCampaign.reader(s3.map(LoopbackS3::sparkSettings).orElse(Map.of()));
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

    private Path place(String table) {
        return new Path(
                onS3 ? "s3a://kills/" + table : folder.resolve(table).toUri().toString());
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
        words.addAll(
                List.of("--input", images.toString(), "--output", place(table).toString()));
        words.addAll(List.of("--incremental", "--run-id", run, "--checkpoint-every", "" + size.checkpointEvery()));
        return words;
    }

    void copy(String from, String to) throws IOException {
        Path source = place(from);
        Path target = place(to);
        FileUtil.copy(
                source.getFileSystem(configuration),
                source,
                target.getFileSystem(configuration),
                target,
                false,
                configuration);
    }

    void delete(String table) throws IOException {
        place(table).getFileSystem(configuration).delete(place(table), true);
    }

    /** Whether the run has begun to write its rows to the table. */
    boolean isCommitting(String table) throws IOException {
        Path run = new Path(place(table), "run=" + RUN);
        return run.getFileSystem(configuration).exists(run);
    }

    /** Rows of a run that was killed which need not be computed again: those of its finished parts; none once it is committed. */
    long finishedRows(String table) throws IOException {
        FileSystem fileSystem = place(table).getFileSystem(configuration);
        if (fileSystem.exists(new Path(place(table), "run=" + RUN + "/_run.json"))) {
            return 0;
        }
        long rows = 0;
        FileStatus[] finished = fileSystem.globStatus(new Path(place(table), "_runs/" + RUN + "/parts/*/_SUCCESS"));
        for (FileStatus part : finished) {
            rows += spark.read().parquet(part.getPath().getParent().toString()).count();
        }
        return rows;
    }

    /** Takes a table's rows for those that every run has to give. */
    void expect(String table) throws IOException {
        for (Row row : TableWatch.rows(spark, place(table).toString())) {
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
            return TableWatch.rows(spark, place(table).toString());
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
                for (Row row : SwinlakeTable.read(spark, place(table).toString())
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
