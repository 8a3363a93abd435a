package io.swinlake.bench;

import io.swinlake.bench.KillCampaign.Result;
import io.swinlake.spark.Demo;
import io.swinlake.table.SwinlakeTable;
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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileUtil;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** A small lake, tables of its images, and what must hold of a table while and after a run over it is killed. */
final class KilledTables {
    /** Images that a table has before the run: some of them change, more are added. */
    private static final int BEFORE = 16;

    private static final int CHANGED = 4;
    private static final int AFTER = 60;
    private static final int CHECKPOINT_EVERY = 8;
    private static final int LOOK_MILLIS = 500;

    private static final String BASE_RUN = "before";
    private static final String RUN = "killed";

    private final java.nio.file.Path folder;
    private final java.nio.file.Path images;
    private final boolean onS3;
    private final SparkSession spark;
    private final Configuration configuration;
    private final Map<String, List<Float>> expected = new HashMap<>();

    KilledTables(java.nio.file.Path folder, Optional<LoopbackS3> s3) throws IOException {
        this.folder = folder;
        this.images = Files.createDirectories(folder.resolve("images"));
        this.onS3 = s3.isPresent();
        this.spark = KillCampaign.reader(s3.map(LoopbackS3::sparkSettings).orElse(Map.of()));
        this.configuration = spark.sessionState().newHadoopConf();
        s3.ifPresent(server -> server.client().createBucket("kills"));
        for (int i = 0; i < BEFORE; i++) {
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
        for (int i = BEFORE; i < AFTER; i++) {
            copyImage(i, name(i));
        }
        for (int i = 0; i < CHANGED; i++) {
            copyImage(AFTER - 1 - i, name(i));
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
        words.addAll(List.of("--incremental", "--run-id", run, "--checkpoint-every", "" + CHECKPOINT_EVERY));
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

    private List<Row> rows(String table) throws IOException {
        return SwinlakeTable.read(spark, place(table).toString())
                .select("path", "embedding")
                .collectAsList();
    }

    /** Takes a table's rows for those that every run has to give. */
    void expect(String table) throws IOException {
        for (Row row : rows(table)) {
            expected.put(row.getString(0), row.getList(1));
        }
        if (expected.size() != AFTER) {
            throw new IllegalStateException(expected.size() + " rows");
        }
    }

    /** What is wrong with a table whose run is over, and what its reader saw. */
    Result judge(String table, Reader reader, boolean finished) throws IOException {
        Map<String, Integer> times = new TreeMap<>();
        long different = 0;
        for (Row row : rows(table)) {
            times.merge(row.getString(0), 1, Integer::sum);
            different += KillCampaign.same(row.getList(1), expected.get(row.getString(0))) ? 0 : 1;
        }
        long doubled = times.values().stream().filter(count -> count > 1).count();
        return new Result(
                0, 0, 0, 0, reader.looks, reader.partial, AFTER - times.size(), doubled, different, finished ? 0 : 1);
    }

    /** Looks at the committed rows again and again, until it is closed. */
    final class Reader extends Thread implements AutoCloseable {
        private final String table;
        private final CountDownLatch ending = new CountDownLatch(1);
        private long looks;
        private long partial;

        Reader(String table) {
            super("reader");
            this.table = table;
            start();
        }

        @Override
        public void run() {
            try {
                while (!ending.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                    look();
                }
            } catch (InterruptedException e) {
                currentThread().interrupt();
            }
        }

        /** The old table is rows of one run; the new one is those but the changed ones, and the rows of the other run. */
        private synchronized void look() {
            looks++;
            try {
                Map<String, Long> byRun = new HashMap<>();
                for (Row row : SwinlakeTable.read(spark, place(table).toString())
                        .groupBy("run")
                        .count()
                        .collectAsList()) {
                    byRun.put(row.getString(0), row.getLong(1));
                }
                boolean before = byRun.equals(Map.of(BASE_RUN, (long) BEFORE));
                boolean after =
                        byRun.equals(Map.of(BASE_RUN, (long) BEFORE - CHANGED, RUN, (long) AFTER - BEFORE + CHANGED));
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
            ending.countDown();
            try {
                join();
            } catch (InterruptedException e) {
                currentThread().interrupt();
            }
            look();
        }
    }
}
