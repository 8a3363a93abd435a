package io.swinlake.bench;

import io.swinlake.bench.KillCampaign.Result;
import io.swinlake.table.TableFormat;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What {@link KillCampaign} does, many times faster: a driver stays for the next run until it is killed. In every other trial it is
 * killed while the run is being committed. {@code scripts/bench kill-series}
 */
public final class KillSeries implements AutoCloseable {
    private static final KilledTables.Size SIZE = new KilledTables.Size(16, 4, 60, 8, 500);

    private static final int EXECUTORS = 2;
    private static final int MOST_DRIVERS_OF_A_TRIAL = 2;
    private static final int MOST_EXECUTORS_OF_A_COMMAND = 4;
    private static final int MOST_COMMANDS = 8;
    private static final int POLL_MILLIS = 10;
    private static final long LOST_PATIENCE_SECONDS = 180;

    private static final Pattern FORMAT_JAR =
            Pattern.compile("/(delta-spark|delta-storage|iceberg-spark-runtime)[^/]*\\.jar$");
    private static final Pattern RESUMED = Pattern.compile("\"resumed\":(\\d+)");

    private final Path folder;
    private final Optional<LoopbackS3> s3;
    private final Optional<BrokenCommitter.When> control;
    private final KilledTables tables;
    private final Random random;
    private Optional<LoopDriver> living = Optional.empty();

    /** Of a calm run in a session that is warm: all of it, and from the first file of its rows to its end. */
    private final long calmMillis;

    private final long commitMillis;

    /**
     * A series on local files or in S3; makes the table that every trial begins with.
     *
     * @param format of the tables
     * @param control a committer that loses files, by which every trial has to fail
     */
    public KillSeries(
            Path folder, Optional<LoopbackS3> s3, TableFormat format, long seed, Optional<BrokenCommitter.When> control)
            throws Exception {
        this.folder = folder;
        this.s3 = s3;
        this.control = control;
        this.random = new Random(seed);
        this.tables = new KilledTables(folder, s3, format, SIZE);
        try (LoopDriver driver = started(Optional.empty())) {
            LoopDriver.require(driver.start(tables.begin("calm")), LOST_PATIENCE_SECONDS);
            tables.copy("calm", KilledTables.BASE);
            tables.changeImages();
            CompletableFuture<String> calm = driver.start(tables.complete("calm"));
            long start = System.nanoTime();
            awaitCommit("calm", calm);
            long committing = System.nanoTime();
            LoopDriver.require(calm, LOST_PATIENCE_SECONDS);
            calmMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            commitMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - committing);
        }
        tables.expect("calm");
    }

    /**
     * {@code [KILLS] [local|s3] [SEED] [parquet|delta|iceberg|at_once|later]}; with one of the last two, a committer loses files, and the
     * series must fail.
     */
    public static void main(String[] args) throws Exception {
        int kills = args.length > 0 ? Integer.parseInt(args[0]) : 25;
        boolean onS3 = args.length > 1 && args[1].equals("s3");
        long seed = args.length > 2 ? Long.parseLong(args[2]) : System.nanoTime();
        String last = args.length > 3 ? args[3].toUpperCase(Locale.ROOT) : TableFormat.PARQUET.name();
        Optional<TableFormat> given = Arrays.stream(TableFormat.values())
                .filter(format -> format.name().equals(last))
                .findFirst();
        TableFormat format = given.orElse(TableFormat.PARQUET);
        Optional<BrokenCommitter.When> control =
                given.isPresent() ? Optional.empty() : Optional.of(BrokenCommitter.When.valueOf(last));
        System.out.printf("%d kills, %s on %s, seed %d%n", kills, format.word(), onS3 ? "S3" : "local files", seed);
        Path folder = Files.createTempDirectory("kills");
        long start = System.nanoTime();
        Result result;
        try (LoopbackS3 s3 = onS3 ? LoopbackS3.start() : null;
                KillSeries series = new KillSeries(folder, Optional.ofNullable(s3), format, seed, control)) {
            System.out.printf(
                    "a calm run takes %d ms, the last %d of them to commit%n", series.calmMillis, series.commitMillis);
            result = series.run(kills);
        }
        System.out.printf("%s in %d s%n", result, TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start));
        System.exit(result.isClean() == control.isEmpty() ? 0 : 1);
    }

    /** Waits until a run writes its rows, or ends. */
    private void awaitCommit(String table, CompletableFuture<String> command) throws Exception {
        while (!command.isDone() && !tables.isCommitting(table)) {
            Thread.sleep(POLL_MILLIS);
        }
    }

    /** Trials until so many processes were killed; one if none are to be. */
    public Result run(int kills) throws Exception {
        Result all = new Result(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        int trial = 0;
        do {
            Result result = trial(trial, kills - all.kills());
            all = all.plus(result);
            System.out.printf("trial %d: %s%n", trial++, result);
        } while (all.kills() < kills);
        return all;
    }

    private Result trial(int number, int mostKills) throws Exception {
        String table = "trial-" + number;
        tables.copy(KilledTables.BASE, table);
        boolean atCommit = number % 2 == 1;
        int executors = 0;
        int drivers = 0;
        int commands = 0;
        long resumed = 0;
        long done = 0;
        boolean finished = false;
        KilledTables.Reader reader = tables.new Reader(table);
        try (reader) {
            while (!finished && commands < MOST_COMMANDS) {
                commands++;
                LoopDriver driver = driver();
                CompletableFuture<String> command = driver.start(tables.complete(table));
                // The last kill is a driver's: on a busy machine a short series would end before it comes to one.
                for (int i = 0; i < MOST_EXECUTORS_OF_A_COMMAND && executors + drivers < mostKills - 1; i++) {
                    if (isStillRunning(command, random.nextLong(calmMillis * 2 / 3))) {
                        executors += RunningExecutors.killOne(driver.process(), random) ? 1 : 0;
                    }
                }
                if (drivers < MOST_DRIVERS_OF_A_TRIAL && executors + drivers < mostKills) {
                    if (atCommit) {
                        awaitCommit(table, command);
                    }
                    if (isStillRunning(command, random.nextLong(1 + (atCommit ? commitMillis : calmMillis)))) {
                        killDriver();
                        drivers++;
                        done = tables.finishedRows(table);
                    }
                }
                String answer = command.get(LOST_PATIENCE_SECONDS, TimeUnit.SECONDS);
                finished = answer.startsWith("0 ");
                Matcher count = RESUMED.matcher(answer);
                resumed += finished && count.find() ? Long.parseLong(count.group(1)) : 0;
                if (!finished && !answer.isEmpty()) {
                    System.out.println("  given again: " + answer);
                }
            }
        }
        Result result = new Result(
                        executors, drivers, commands - 1, resumed, 0, Math.max(0, done - resumed), 0, 0, 0, 0, 0)
                .plus(tables.judge(table, reader, finished));
        tables.delete(table);
        return result;
    }

    /** Whether a command has not ended before some time has passed. */
    private static boolean isStillRunning(CompletableFuture<String> command, long millis) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (System.nanoTime() < end && !command.isDone()) {
            Thread.sleep(1);
        }
        return !command.isDone();
    }

    private LoopDriver driver() throws IOException {
        if (living.isEmpty()) {
            living = Optional.of(started(control));
        }
        return living.get();
    }

    private LoopDriver started(Optional<BrokenCommitter.When> loses) throws IOException {
        Map<String, String> settings = new TreeMap<>(tables.settings());
        if (!settings.isEmpty()) {
            settings.put("spark.jars", formatJars());
            settings.put("spark.sql.shuffle.partitions", "2"); // each is a task of milliseconds
        }
        s3.ifPresent(server -> settings.putAll(server.sparkSettings()));
        if (loses.isPresent()) {
            settings.put("spark.sql.parquet.output.committer.class", BrokenCommitter.class.getName());
            settings.put("spark.hadoop." + BrokenCommitter.WHEN, loses.get().name());
            settings.put("spark.executor.extraClassPath", LoopDriver.classPath());
        }
        return new LoopDriver(folder.resolve("drivers.err"), EXECUTORS, settings);
    }

    /** Of Delta and Iceberg, which a user gives by {@code --packages}. */
    private static String formatJars() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(jar -> FORMAT_JAR.matcher(jar).find())
                .collect(Collectors.joining(","));
    }

    /** If there is one. */
    private void killDriver() {
        living.ifPresent(LoopDriver::close);
        living = Optional.empty();
    }

    @Override
    public void close() {
        killDriver();
        tables.close();
    }
}
