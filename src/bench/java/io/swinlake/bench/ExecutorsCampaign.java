package io.swinlake.bench;

import io.swinlake.cli.Run;
import io.swinlake.spark.Demo;
import io.swinlake.spark.SwinlakeExtensions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.commons.io.FileUtils;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Up to eight executors of one core, which come when there are tasks and go when there are none: {@code infer} after {@code infer},
 * with pauses in which all, some or none of them leave; the rows of each are compared with those of one JVM. Arguments: jobs (12), seed
 * (23). {@code scripts/bench executors}
 */
final class ExecutorsCampaign {
    private static final Path FOLDER = Path.of("target", "bench", "tables").toAbsolutePath();
    private static final int EXECUTORS = 8;
    private static final int IDLE_SECONDS = 4;

    private ExecutorsCampaign() {}

    /** Executors that came, that went, and the most that there were at once. */
    private static final class Crowd extends SparkListener {
        private final AtomicInteger came = new AtomicInteger();
        private final AtomicInteger went = new AtomicInteger();
        private final AtomicInteger most = new AtomicInteger();

        @Override
        public void onExecutorAdded(SparkListenerExecutorAdded event) {
            most.accumulateAndGet(came.incrementAndGet() - went.get(), Math::max);
        }

        @Override
        public void onExecutorRemoved(SparkListenerExecutorRemoved event) {
            went.incrementAndGet();
        }
    }

    public static void main(String[] arguments) throws Exception {
        int jobs = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 12;
        long seed = arguments.length > 1 ? Long.parseLong(arguments[1]) : 23;
        SplittableRandom random = new SplittableRandom(seed);
        SparkSession local = SparkSession.builder()
                .master("local[1]")
                .config("spark.ui.enabled", false)
                .config("spark.sql.extensions", SwinlakeExtensions.class.getName())
                .getOrCreate();
        local.sparkContext().setLogLevel("ERROR");
        Map<String, String> expected = infer(local, "executors-local");
        local.stop();

        SparkSession spark = cluster();
        spark.sparkContext().setLogLevel("ERROR");
        Crowd crowd = new Crowd();
        spark.sparkContext().addSparkListener(crowd);
        int wrong = 0;
        long start = System.nanoTime();
        for (int job = 1; job <= jobs; job++) {
            Map<String, String> found = infer(spark, "executors");
            boolean same = found.equals(expected);
            wrong += same ? 0 : 1;
            System.out.printf(
                    "job %d: %s; executors so far: %d came, %d went%n",
                    job, same ? "the rows of one JVM" : "OTHER ROWS", crowd.came.get(), crowd.went.get());
            Thread.sleep(random.nextInt(2 * IDLE_SECONDS * 1000));
        }
        System.out.printf(
                "%d jobs of %d images, seed %d, %.0f s: %d executors came and %d went, at most %d at once; jobs with other rows than"
                        + " one JVM's: %d%n",
                jobs,
                expected.size(),
                seed,
                (System.nanoTime() - start) / 1e9,
                crowd.came.get(),
                crowd.went.get(),
                crowd.most.get(),
                wrong);
        spark.stop();
        System.exit(wrong);
    }

    private static SparkSession cluster() throws IOException {
        SparkSession.Builder session = SparkSession.builder()
                .master("local-cluster[" + EXECUTORS + ",1,1024]")
                .appName("executors")
                .config("spark.ui.enabled", false)
                .config("spark.sql.extensions", SwinlakeExtensions.class.getName())
                .config("spark.executor.memory", "512m")
                .config("spark.dynamicAllocation.enabled", true)
                .config("spark.dynamicAllocation.shuffleTracking.enabled", true)
                .config("spark.dynamicAllocation.minExecutors", 0)
                .config("spark.dynamicAllocation.maxExecutors", EXECUTORS)
                .config("spark.dynamicAllocation.schedulerBacklogTimeout", "1s")
                .config("spark.dynamicAllocation.executorIdleTimeout", IDLE_SECONDS + "s")
                .config("spark.dynamicAllocation.cachedExecutorIdleTimeout", IDLE_SECONDS + "s")
                .config("spark.dynamicAllocation.shuffleTracking.timeout", IDLE_SECONDS + "s")
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .config("spark.executorEnv.SPARK_SCALA_VERSION", "2.12");
        ExecutorEnvironment.ofThisRun()
                .forEach((name, value) -> session.config(ExecutorEnvironment.PREFIX + name, value));
        return session.getOrCreate();
    }

    /** The rows, by path: class and error. */
    private static Map<String, String> infer(SparkSession spark, String name) throws IOException {
        Path output = FOLDER.resolve(name);
        FileUtils.deleteDirectory(output.toFile());
        List<String> words = new ArrayList<>(List.of("infer", "--model", Demo.MODEL, "--input", Demo.IMAGES));
        words.addAll(List.of("--output", output.toString()));
        Run run = Run.inCurrentSession(words.toArray(String[]::new));
        if (run.exitCode() != 0) {
            throw new IllegalStateException("infer ended with %s: %s".formatted(run.exitCode(), run.err()));
        }
        Map<String, String> rows = new TreeMap<>();
        for (Row row : spark.read()
                .parquet(output.toString())
                .select("path", "prediction", "error")
                .collectAsList()) {
            rows.merge(row.getString(0), row.get(1) + " " + row.get(2), (one, other) -> one + " twice " + other);
        }
        return rows;
    }
}
