package io.swinlake.bench;

import io.swinlake.spark.Demo;
import io.swinlake.table.SwinlakeTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileUtil;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Kills {@code infer --incremental --run-id} at random moments, by SIGKILL: its executors (JVMs of their own, which Spark
 * starts anew), then the spark-submit process, after which the same command is given again. All the while a
 * reader looks at the committed rows. What must hold: no row lost, none doubled, every embedding as in a calm run, and the
 * reader sees the table as it was before or as it is after the run, nothing else.
 */
public final class KillCampaign implements AutoCloseable {
    /** Images that the table has before the run: some of them change, more are added. */
    private static final int BEFORE = 60;

    private static final int CHANGED = 10;
    private static final int AFTER = 160;

    /** Nine or so parts, so that a kill finds some done and some not. */
    private static final int CHECKPOINT_EVERY = 12;

    /** Executors, and then the driver. */
    private static final int KILLS_OF_A_COMMAND = 3;

    /** The driver of the last one of a trial is left alone. */
    private static final int MOST_COMMANDS = 4;

    /** Batches may be cut otherwise when tasks are repeated, which moves the last digits. */
    private static final double TOLERANCE = 1e-4;

    private static final String BASE_RUN = "before";

    private final Path folder;
    private final Path images;
    private final Optional<LoopbackS3> s3;
    private final SparkSession spark;
    private final Random random;
    private final Map<String, List<Float>> expected = new HashMap<>();

    /** From the line that announces the work to the end of a calm run. */
    private long calmMillis;

    /**
     * Counts, of which the last five must be zero.
     *
     * @param executors kills of an executor
     * @param drivers kills of the driver
     * @param reruns commands given again
     * @param resumed rows that a rerun took over from a killed attempt
     * @param looks of the reader
     * @param partial looks that saw neither the old nor the new table
     * @param different rows whose embedding is not that of the calm run
     * @param unfinished trials that its commands did not bring to an end
     */
    public record Result(
            int executors,
            int drivers,
            int reruns,
            long resumed,
            long looks,
            long partial,
            long lost,
            long doubled,
            long different,
            long unfinished) {
        int kills() {
            return executors + drivers;
        }

        public boolean isClean() {
            return partial + lost + doubled + different + unfinished == 0;
        }

        Result plus(Result other) {
            return new Result(
                    executors + other.executors,
                    drivers + other.drivers,
                    reruns + other.reruns,
                    resumed + other.resumed,
                    looks + other.looks,
                    partial + other.partial,
                    lost + other.lost,
                    doubled + other.doubled,
                    different + other.different,
                    unfinished + other.unfinished);
        }
    }

    private KillCampaign(Path folder, Optional<LoopbackS3> s3, long seed) {
        this.folder = folder;
        this.images = folder.resolve("images");
        this.s3 = s3;
        this.random = new Random(seed);
        this.spark = reader(s3.map(LoopbackS3::sparkSettings).orElse(Map.of()));
    }

    /** A session that reads what the commands of a campaign write. */
    static SparkSession reader(Map<String, String> settings) {
        SparkSession.Builder session = SparkSession.builder()
                .master("local[1]")
                .appName("reader")
                .config("spark.ui.enabled", false)
                .config("spark.log.level", "WARN")
                .config("spark.sql.shuffle.partitions", 1);
        settings.forEach(session::config);
        return session.getOrCreate();
    }

    /** A campaign on the local file system; makes the table that every trial begins with. */
    public static KillCampaign local(Path folder, long seed) throws Exception {
        KillCampaign campaign = new KillCampaign(folder, Optional.empty(), seed);
        campaign.prepare();
        return campaign;
    }

    /** A campaign whose tables are in S3, written by the magic committer. */
    static KillCampaign onS3(Path folder, LoopbackS3 s3, long seed) throws Exception {
        s3.client().createBucket("kills");
        KillCampaign campaign = new KillCampaign(folder, Optional.of(s3), seed);
        campaign.prepare();
        return campaign;
    }

    /** {@code [KILLS] [local|s3] [SEED]}. */
    public static void main(String[] args) throws Exception {
        int kills = args.length > 0 ? Integer.parseInt(args[0]) : 25;
        boolean onS3 = args.length > 1 && args[1].equals("s3");
        long seed = args.length > 2 ? Long.parseLong(args[2]) : System.nanoTime();
        System.out.printf("%d kills, %s, seed %d%n", kills, onS3 ? "S3" : "local files", seed);
        Path folder = Files.createTempDirectory("kills");
        Result result;
        if (onS3) {
            try (LoopbackS3 s3 = LoopbackS3.start();
                    KillCampaign campaign = onS3(folder, s3, seed)) {
                result = campaign.run(kills);
            }
        } else {
            try (KillCampaign campaign = local(folder, seed)) {
                result = campaign.run(kills);
            }
        }
        System.out.println(result);
        System.exit(result.isClean() ? 0 : 1);
    }

    @Override
    public void close() {
        spark.stop();
    }

    private void prepare() throws Exception {
        Files.createDirectories(images);
        for (int i = 0; i < BEFORE; i++) {
            copyImage(i, name(i));
        }
        KilledCommand base = infer(output("calm"), BASE_RUN);
        base.awaitWork();
        require(base.awaitEnd() == 0, base.err());
        copyTable("calm", "base");

        for (int i = BEFORE; i < AFTER; i++) {
            copyImage(i, name(i));
        }
        for (int i = 0; i < CHANGED; i++) {
            copyImage(AFTER - 1 - i, name(i));
            Files.setLastModifiedTime(
                    images.resolve(name(i)), FileTime.fromMillis(System.currentTimeMillis() / 1000 * 1000 + 60_000));
        }
        KilledCommand calm = infer(output("calm"), "calm");
        calm.awaitWork();
        long start = System.nanoTime();
        require(calm.awaitEnd() == 0, calm.err());
        calmMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        for (Row row : rows("calm")) {
            expected.put(row.getString(0), row.getList(1));
        }
        require(expected.size() == AFTER, expected.size() + " rows");
        System.out.printf("a calm run works for %d ms%n", calmMillis);
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalStateException(message);
        }
    }

    private static String name(int image) {
        return String.format(Locale.ROOT, "digit-%03d.png", image);
    }

    private void copyImage(int image, String name) throws IOException {
        Files.copy(Path.of(Demo.IMAGES, name(image)), images.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }

    private String output(String name) {
        return s3.isPresent() ? "s3a://kills/" + name : folder.resolve(name).toString();
    }

    private void copyTable(String from, String to) throws IOException {
        Configuration configuration = spark.sessionState().newHadoopConf();
        org.apache.hadoop.fs.Path source = new org.apache.hadoop.fs.Path(output(from));
        org.apache.hadoop.fs.Path target = new org.apache.hadoop.fs.Path(output(to));
        FileUtil.copy(
                source.getFileSystem(configuration),
                source,
                target.getFileSystem(configuration),
                target,
                false,
                configuration);
    }

    private KilledCommand infer(String output, String run) throws IOException {
        return KilledCommand.start(
                folder,
                s3.map(LoopbackS3::sparkSettings).orElse(Map.of()),
                List.of(
                        "infer",
                        "--model",
                        Demo.MODEL,
                        "--input",
                        images.toString(),
                        "--output",
                        output,
                        "--incremental",
                        "--run-id",
                        run,
                        "--checkpoint-every",
                        "" + CHECKPOINT_EVERY));
    }

    private List<Row> rows(String name) throws IOException {
        return SwinlakeTable.read(spark, output(name))
                .select("path", "embedding")
                .collectAsList();
    }

    /** Trials until so many processes were killed. */
    public Result run(int kills) throws Exception {
        Result all = new Result(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        for (int trial = 0; all.kills() < kills; trial++) {
            Result result = trial(trial, kills - all.kills());
            all = all.plus(result);
            System.out.printf("trial %d: %s%n", trial, result);
        }
        return all;
    }

    /** One run: executors and then the driver of every command are killed, unless it ends before. */
    private Result trial(int number, int mostKills) throws Exception {
        String name = "trial-" + number;
        copyTable("base", name);
        int executors = 0;
        int drivers = 0;
        int commands = 0;
        long resumed = 0;
        boolean finished = false;
        try (Reader reader = new Reader(output(name))) {
            reader.start();
            while (!finished && commands < MOST_COMMANDS) {
                commands++;
                KilledCommand attempt = infer(output(name), "killed");
                boolean killing = attempt.awaitWork();
                for (int kill = 0; killing && kill < KILLS_OF_A_COMMAND && executors + drivers < mostKills; kill++) {
                    // On average the three fall on two thirds of a calm run; repeated work makes this one longer.
                    Thread.sleep(random.nextLong(calmMillis / 2));
                    if (kill < KILLS_OF_A_COMMAND - 1) {
                        executors += attempt.killExecutor(random) ? 1 : 0;
                    } else if (commands < MOST_COMMANDS) {
                        drivers += attempt.killDriver() ? 1 : 0;
                    }
                }
                finished = attempt.awaitEnd() == 0;
                resumed = finished ? attempt.resumed() : 0;
                attempt.endExecutors();
                System.out.printf(
                        "  command %d: %d executors and %d drivers killed so far, %s%n",
                        commands, executors, drivers, finished ? "finished" : "not finished");
            }
            reader.look();
            reader.end();
            Map<String, Integer> times = new TreeMap<>();
            long different = 0;
            for (Row row : rows(name)) {
                times.merge(row.getString(0), 1, Integer::sum);
                different += same(row.getList(1), expected.get(row.getString(0))) ? 0 : 1;
            }
            long doubled = times.values().stream().filter(count -> count > 1).count();
            return new Result(
                    executors,
                    drivers,
                    commands - 1,
                    resumed,
                    reader.looks,
                    reader.partial,
                    AFTER - times.size(),
                    doubled,
                    different,
                    finished ? 0 : 1);
        }
    }

    /** Whether two runs of a command gave the same embedding. */
    static boolean same(List<Float> actual, List<Float> expected) {
        for (int i = 0; i < actual.size(); i++) {
            if (!(Math.abs(actual.get(i) - expected.get(i)) <= TOLERANCE * (1 + Math.abs(expected.get(i))))) {
                return false;
            }
        }
        return actual.size() == expected.size();
    }

    /** Looks at the committed rows again and again. */
    private final class Reader extends Thread implements AutoCloseable {
        private final String output;
        private final CountDownLatch ending = new CountDownLatch(1);
        private long looks;
        private long partial;

        Reader(String output) {
            super("reader");
            this.output = output;
        }

        @Override
        public void run() {
            try {
                while (!ending.await(1, TimeUnit.SECONDS)) {
                    look();
                }
            } catch (InterruptedException e) {
                currentThread().interrupt();
            }
        }

        /** The old table is rows of one run; the new one is those but the changed ones, and the rows of the other run. */
        synchronized void look() {
            looks++;
            try {
                Map<String, Long> byRun = new HashMap<>();
                for (Row row :
                        SwinlakeTable.read(spark, output).groupBy("run").count().collectAsList()) {
                    byRun.put(row.getString(0), row.getLong(1));
                }
                boolean before = byRun.equals(Map.of(BASE_RUN, (long) BEFORE));
                boolean after = byRun.equals(
                        Map.of(BASE_RUN, (long) BEFORE - CHANGED, "killed", (long) AFTER - BEFORE + CHANGED));
                if (!before && !after) {
                    System.out.println("  a reader saw " + byRun);
                    partial++;
                }
            } catch (IOException | RuntimeException e) {
                System.out.println("  a reader failed: " + e);
                partial++;
            }
        }

        void end() throws InterruptedException {
            ending.countDown();
            join();
        }

        @Override
        public void close() {
            ending.countDown();
        }
    }
}
