package io.swinlake.bench;

import io.swinlake.ShortRun;
import io.swinlake.cli.Run;
import io.swinlake.spark.Demo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * One {@code infer} over copies of the demo's images on clusters of another shape, each compared row by row with one JVM: eight
 * executors of one core; and executors that Spark adds while tasks wait and takes away once they are idle, of which one is killed every few
 * seconds. Each executor is a JVM of its own. Arguments: images (7,200), seed. {@code scripts/bench executors}
 */
public final class ExecutorsCampaign {
    private static final int IMAGES_OF_THE_DEMO = 360;
    private static final int IMAGES_OF_A_PART = 600;
    private static final int MILLIS_BETWEEN_KILLS = 4000;
    private static final int MOST_KILLS = 12;

    private final Path folder;
    private final Path images;
    private final Random random;
    private Map<String, List<Float>> expected = Map.of();

    private ExecutorsCampaign(Path folder, long seed) throws IOException {
        this.folder = folder;
        this.images = Files.createDirectory(folder.resolve("images"));
        this.random = new Random(seed);
    }

    public static void main(String[] args) throws Exception {
        int count = args.length > 0 ? Integer.parseInt(args[0]) : 7200;
        long seed = args.length > 1 ? Long.parseLong(args[1]) : System.nanoTime();
        System.out.printf("%,d images, seed %d%n", count, seed);
        ExecutorsCampaign campaign = new ExecutorsCampaign(Files.createTempDirectory("executors"), seed);
        campaign.copyImages(count);
        campaign.expect();
        boolean good = campaign.isRight("eight executors of one core", "local-cluster[8,1,768]", Map.of(), 0);
        Map<String, String> dynamic = new HashMap<>();
        dynamic.put("spark.dynamicAllocation.enabled", "true");
        dynamic.put("spark.dynamicAllocation.shuffleTracking.enabled", "true");
        dynamic.put("spark.dynamicAllocation.maxExecutors", "4");
        dynamic.put("spark.dynamicAllocation.executorIdleTimeout", "1s");
        dynamic.put("spark.task.maxFailures", "" + (MOST_KILLS + 1));
        dynamic.put("spark.deploy.maxExecutorRetries", "-1");
        good &= campaign.isRight("executors that come and go", "local-cluster[4,1,768]", dynamic, MOST_KILLS);
        System.exit(good ? 0 : 1);
    }

    private void copyImages(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            String name = String.format(Locale.ROOT, "digit-%03d.png", i % IMAGES_OF_THE_DEMO);
            Files.copy(Path.of(Demo.IMAGES, name), images.resolve(i + "-" + name));
        }
    }

    private void expect() throws IOException {
        try (SparkSession spark = session("local[2]", Map.of()).getOrCreate()) {
            Map<String, List<Float>> embeddings = new HashMap<>();
            for (Row row : infer(spark, "expected")) {
                embeddings.put(row.getString(0), row.getList(1));
            }
            expected = embeddings;
        }
    }

    private boolean isRight(String what, String master, Map<String, String> settings, int mostKills) throws Exception {
        AtomicInteger added = new AtomicInteger();
        AtomicInteger removed = new AtomicInteger();
        long start = System.nanoTime();
        try (SparkSession spark = session(master, settings)
                .config("spark.executor.memory", "512m")
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .config("spark.executor.extraJavaOptions", ShortRun.JAVA_OPTIONS)
                .config("spark.executorEnv.SPARK_SCALA_VERSION", "2.12")
                .getOrCreate()) {
            spark.sparkContext().addSparkListener(new SparkListener() {
                @Override
                public void onExecutorAdded(SparkListenerExecutorAdded executor) {
                    added.incrementAndGet();
                }

                @Override
                public void onExecutorRemoved(SparkListenerExecutorRemoved executor) {
                    removed.incrementAndGet();
                }
            });
            AtomicInteger killed = new AtomicInteger();
            Thread killer = new Thread(() -> kill(mostKills, killed), "killer");
            killer.setDaemon(true);
            killer.start();
            List<Row> rows = infer(spark, what.replace(' ', '-'));
            killer.interrupt();
            killer.join();
            TableWatch.Difference difference = TableWatch.Difference.of(rows, expected);
            System.out.printf(
                    "%s: %d added, %d removed, %d of them killed; %s, %d s%n",
                    what,
                    added.get(),
                    removed.get(),
                    killed.get(),
                    difference,
                    TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start));
            return difference.isNone() && killed.get() >= Math.min(1, mostKills);
        }
    }

    private static SparkSession.Builder session(String master, Map<String, String> settings) throws IOException {
        SparkSession.Builder session = SparkSession.builder()
                .master(master)
                .appName("executors")
                .config("spark.ui.enabled", false)
                .config("spark.log.level", "ERROR");
        ExecutorEnvironment.ofThisRun()
                .forEach((name, value) -> session.config(ExecutorEnvironment.PREFIX + name, value));
        settings.forEach(session::config);
        return session;
    }

    private List<Row> infer(SparkSession spark, String table) throws IOException {
        String output = folder.resolve(table).toString();
        Run run = Run.inCurrentSession(
                "infer",
                "--model",
                Demo.MODEL,
                "--input",
                images.toString(),
                "--output",
                output,
                "--incremental",
                "--run-id",
                "once",
                "--checkpoint-every",
                "" + IMAGES_OF_A_PART);
        if (run.exitCode() != 0) {
            throw new IllegalStateException(run.err());
        }
        return TableWatch.rows(spark, output);
    }

    /** One executor every few seconds, until it is interrupted. */
    private void kill(int most, AtomicInteger killed) {
        try {
            while (killed.get() < most) {
                Thread.sleep(MILLIS_BETWEEN_KILLS / 2 + random.nextInt(MILLIS_BETWEEN_KILLS));
                if (RunningExecutors.killOne(ProcessHandle.current(), random)) {
                    killed.incrementAndGet();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
