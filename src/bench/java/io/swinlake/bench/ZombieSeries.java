package io.swinlake.bench;

import io.swinlake.bench.KillCampaign.Result;
import io.swinlake.table.TableFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerSpeculativeTaskSubmitted;

/**
 * {@code infer --incremental --run-id} with {@code spark.speculation}, while executors stand still in the middle of their tasks and go on later:
 * soon, when another executor has begun the same tasks and both may end them, or when Spark has taken the executor for dead and given
 * its tasks away. What must hold is what {@link KillCampaign} says. {@code scripts/bench zombies}
 */
final class ZombieSeries implements AutoCloseable {
    private static final KilledTables.Size SIZE = new KilledTables.Size(16, 4, 100, 20, 500);
    private static final int EXECUTORS = 3;
    private static final int MOST_STOPS_OF_A_RUN = 3;
    private static final int SHORT_MILLIS = 3000;

    /** After which Spark takes an executor for dead, and a while more. */
    private static final int DEAD_SECONDS = 8;

    private static final int LONG_MILLIS = 1000 * (DEAD_SECONDS + 4);
    private static final long PATIENCE_SECONDS = 300;

    private static final String SPECULATIVE = "witness: a task begins a second time";
    private static final String REMOVED = "witness: an executor is removed";

    private final KilledTables tables;
    private final Path log;
    private final LoopDriver driver;
    private final Random random;
    private final long calmMillis;
    private int stopped;

    /** Says on standard error of the driver what Spark did. */
    public static final class Witness extends SparkListener {
        @Override
        public void onSpeculativeTaskSubmitted(SparkListenerSpeculativeTaskSubmitted task) {
            System.err.println(SPECULATIVE);
        }

        @Override
        public void onExecutorRemoved(SparkListenerExecutorRemoved executor) {
            System.err.println(REMOVED);
        }
    }

    private ZombieSeries(Path folder, Optional<LoopbackS3> s3, long seed) throws Exception {
        random = new Random(seed);
        tables = new KilledTables(folder, s3, TableFormat.PARQUET, SIZE);
        log = folder.resolve("driver.err");
        Map<String, String> settings = new TreeMap<>(Map.of(
                "spark.speculation", "true",
                "spark.speculation.interval", "100ms",
                "spark.speculation.quantile", "0.1",
                "spark.speculation.multiplier", "1.2",
                "spark.speculation.minTaskRuntime", "200ms",
                "spark.speculation.task.duration.threshold", "2s",
                "spark.executor.heartbeatInterval", "1s",
                "spark.network.timeout", DEAD_SECONDS + "s",
                "spark.network.timeoutInterval", "1s",
                "spark.extraListeners", Witness.class.getName()));
        s3.ifPresent(server -> settings.putAll(server.sparkSettings()));
        driver = new LoopDriver(log, EXECUTORS, settings);
        LoopDriver.require(driver.start(tables.begin("calm")), PATIENCE_SECONDS);
        tables.copy("calm", KilledTables.BASE);
        tables.changeImages();
        long start = System.nanoTime();
        LoopDriver.require(driver.start(tables.complete("calm")), PATIENCE_SECONDS);
        calmMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        tables.expect("calm");
    }

    /** {@code [RUNS] [local|s3] [SEED]} */
    public static void main(String[] args) throws Exception {
        int runs = args.length > 0 ? Integer.parseInt(args[0]) : 20;
        boolean onS3 = args.length > 1 && args[1].equals("s3");
        long seed = args.length > 2 ? Long.parseLong(args[2]) : System.nanoTime();
        System.out.printf("%d runs, %s, seed %d%n", runs, onS3 ? "S3" : "local files", seed);
        Result all = new Result(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        long start = System.nanoTime();
        boolean tried;
        try (LoopbackS3 s3 = onS3 ? LoopbackS3.start() : null;
                ZombieSeries series =
                        new ZombieSeries(Files.createTempDirectory("zombies"), Optional.ofNullable(s3), seed)) {
            System.out.printf("a calm run takes %d ms%n", series.calmMillis);
            for (int run = 0; run < runs; run++) {
                Result result = series.run(run);
                System.out.printf("run %d: %s%n", run, result);
                all = all.plus(result);
            }
            long speculative = series.count(SPECULATIVE);
            long removed = series.count(REMOVED);
            System.out.printf(
                    "%d executors stood still; %d tasks began a second time, %d executors were taken for dead%n",
                    series.stopped, speculative, removed);
            tried = speculative > 0 && removed > 0;
        }
        System.out.printf("%s in %d s%n", all, TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start));
        System.exit(all.isClean() && tried ? 0 : 1);
    }

    private long count(String line) throws IOException {
        try (Stream<String> lines = Files.lines(log)) {
            return lines.filter(line::equals).count();
        }
    }

    private Result run(int number) throws Exception {
        String table = "run-" + number;
        tables.copy(KilledTables.BASE, table);
        String answer;
        KilledTables.Reader reader = tables.new Reader(table);
        try (reader) {
            CompletableFuture<String> command = driver.start(tables.complete(table));
            for (int i = 0; i < MOST_STOPS_OF_A_RUN && !command.isDone(); i++) {
                Thread.sleep(random.nextLong(calmMillis / 2));
                Optional<ProcessHandle> executor = RunningExecutors.stopOne(driver.process(), random);
                if (executor.isPresent()) {
                    stopped++;
                    Thread.sleep(random.nextBoolean() ? random.nextInt(SHORT_MILLIS) : LONG_MILLIS);
                    RunningExecutors.goOn(executor.get());
                }
            }
            answer = command.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
        boolean finished = answer.startsWith("0 ");
        if (!finished) {
            System.out.println("  " + answer);
        }
        Result result = tables.judge(table, reader, finished);
        tables.delete(table);
        return result;
    }

    @Override
    public void close() {
        driver.close();
        tables.close();
    }
}
