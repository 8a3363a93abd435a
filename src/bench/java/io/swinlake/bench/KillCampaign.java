package io.swinlake.bench;

import io.swinlake.table.TableFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.SparkSession;

/**
 * Kills {@code infer --incremental --run-id} at random moments, by SIGKILL: its executors (JVMs of their own, which Spark
 * starts anew), then the spark-submit process, after which the same command is given again. All the while a
 * reader looks at the committed rows. What must hold: no row lost, none doubled, every embedding as in a calm run, and the
 * reader sees the table as it was before or as it is after the run, nothing else.
 */
public final class KillCampaign implements AutoCloseable {
    /** Nine or so parts, so that a kill finds some done and some not. */
    private static final KilledTables.Size SIZE = new KilledTables.Size(60, 10, 160, 12, 1000);

    /** Executors, and then the driver. */
    private static final int KILLS_OF_A_COMMAND = 3;

    /** The driver of the last one of a trial is left alone. */
    private static final int MOST_COMMANDS = 4;

    /** Batches may be cut otherwise when tasks are repeated, which moves the last digits. */
    private static final double TOLERANCE = 1e-4;

    private final Path folder;
    private final Map<String, String> settings;
    private final KilledTables tables;
    private final Random random;

    /** From the line that announces the work to the end of a calm run. */
    private long calmMillis;

    /**
     * Counts, of which the last six must be zero.
     *
     * @param executors kills of an executor
     * @param drivers kills of the driver
     * @param reruns commands given again
     * @param resumed rows that a rerun took over from a killed attempt
     * @param looks of the reader
     * @param repeated rows of finished parts that a rerun computed again
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
            long repeated,
            long partial,
            long lost,
            long doubled,
            long different,
            long unfinished) {
        int kills() {
            return executors + drivers;
        }

        public boolean isClean() {
            return repeated + partial + lost + doubled + different + unfinished == 0;
        }

        Result plus(Result other) {
            return new Result(
                    executors + other.executors,
                    drivers + other.drivers,
                    reruns + other.reruns,
                    resumed + other.resumed,
                    looks + other.looks,
                    repeated + other.repeated,
                    partial + other.partial,
                    lost + other.lost,
                    doubled + other.doubled,
                    different + other.different,
                    unfinished + other.unfinished);
        }
    }

    private KillCampaign(Path folder, Optional<LoopbackS3> s3, long seed) throws IOException {
        this.folder = folder;
        this.settings = s3.map(LoopbackS3::sparkSettings).orElse(Map.of());
        this.random = new Random(seed);
        this.tables = new KilledTables(folder, s3, TableFormat.PARQUET, SIZE);
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
        tables.close();
    }

    private void prepare() throws Exception {
        KilledCommand base = start(tables.begin("calm"));
        base.awaitWork();
        require(base.awaitEnd() == 0, base.err());
        tables.copy("calm", KilledTables.BASE);
        tables.changeImages();
        KilledCommand calm = start(tables.complete("calm"));
        calm.awaitWork();
        long start = System.nanoTime();
        require(calm.awaitEnd() == 0, calm.err());
        calmMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        tables.expect("calm");
        System.out.printf("a calm run works for %d ms%n", calmMillis);
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalStateException(message);
        }
    }

    private KilledCommand start(List<String> verb) throws IOException {
        return KilledCommand.start(folder, settings, verb);
    }

    /** Trials until so many processes were killed. */
    public Result run(int kills) throws Exception {
        Result all = new Result(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
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
        tables.copy(KilledTables.BASE, name);
        int executors = 0;
        int drivers = 0;
        int commands = 0;
        long resumed = 0;
        long done = 0;
        boolean finished = false;
        KilledTables.Reader reader = tables.new Reader(name);
        try (reader) {
            while (!finished && commands < MOST_COMMANDS) {
                commands++;
                KilledCommand attempt = start(tables.complete(name));
                boolean killing = attempt.awaitWork();
                for (int kill = 0; killing && kill < KILLS_OF_A_COMMAND && executors + drivers < mostKills; kill++) {
                    // On average the three fall on two thirds of a calm run; repeated work makes this one longer.
                    Thread.sleep(random.nextLong(calmMillis / 2));
                    if (kill < KILLS_OF_A_COMMAND - 1) {
                        executors += attempt.killExecutor(random) ? 1 : 0;
                    } else if (commands < MOST_COMMANDS) {
                        drivers += attempt.killDriver() ? 1 : 0;
                        done = tables.finishedRows(name);
                    }
                }
                finished = attempt.awaitEnd() == 0;
                resumed = finished ? attempt.resumed() : 0;
                attempt.endExecutors();
                System.out.printf(
                        "  command %d: %d executors and %d drivers killed so far, %s%n",
                        commands, executors, drivers, finished ? "finished" : "not finished");
            }
        }
        return new Result(executors, drivers, commands - 1, resumed, 0, Math.max(0, done - resumed), 0, 0, 0, 0, 0)
                .plus(tables.judge(name, reader, finished));
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
}
