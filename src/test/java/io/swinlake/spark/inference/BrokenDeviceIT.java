package io.swinlake.spark.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.swinlake.ShortRun;
import io.swinlake.image.DecodeOptions;
import io.swinlake.preprocess.Recipe;
import io.swinlake.runtime.batch.BatchSize;
import io.swinlake.runtime.batch.Forward;
import io.swinlake.runtime.batch.Scores;
import io.swinlake.runtime.batch.TaskScorer;
import io.swinlake.runtime.device.Precision;
import io.swinlake.runtime.device.Target;
import io.swinlake.spark.LocalSpark;
import io.swinlake.storage.Messages;
import io.swinlake.swin.ScoreFunction;
import java.awt.image.BufferedImage;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import javax.imageio.ImageIO;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tasks whose device is a fake that breaks, on Spark's own retries. */
class BrokenDeviceIT {
    private static final int ROWS = 240;
    private static final String LOST = "CUDA error: unspecified launch failure";

    private static final String LOST_LINE =
            "cpu: the device is lost to this process, and the task is for another executor:"
                    + " java.lang.IllegalStateException: " + LOST;

    /** Of local mode's one JVM. */
    private static final AtomicInteger FAILURES_LEFT = new AtomicInteger();

    @AfterEach
    void stopSpark() {
        LocalSpark.session().stop();
    }

    private static SparkSession.Builder spark(String master) {
        LocalSpark.session().stop();
        return SparkSession.builder()
                .master(master)
                .appName("broken devices test")
                .config("spark.ui.enabled", false);
    }

    /** With what {@code conf/gpu.conf} says of executors that fail. */
    private static SparkSession cluster(int executors) throws IOException {
        SparkSession.Builder session = spark("local-cluster[" + executors + ",2,1024]")
                .config("spark.cores.max", 2L * executors)
                .config("spark.executor.memory", "512m")
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .config("spark.executor.extraJavaOptions", ShortRun.JAVA_OPTIONS)
                .config("spark.executorEnv.SPARK_SCALA_VERSION", "2.12")
                .config("spark.scheduler.minRegisteredResourcesRatio", "1"); // of those cores
        Properties gpuConf = new Properties();
        try (BufferedReader file = Files.newBufferedReader(Path.of("conf", "gpu.conf"))) {
            gpuConf.load(file);
        }
        gpuConf.stringPropertyNames().stream()
                .filter(key -> key.startsWith("spark.excludeOnFailure.") || key.equals("spark.task.maxFailures"))
                .forEach(key -> session.config(key, gpuConf.getProperty(key)));
        return session.getOrCreate();
    }

    private static InferSettings settings() {
        List<Double> half = List.of(0.5, 0.5, 0.5);
        return new InferSettings(
                PixelColumn.FILE_BYTES,
                0,
                ListingColumns.NONE,
                "key",
                "name",
                "sha",
                "digest",
                new Recipe("hf", Recipe.Resize.SQUASH, 4, 4, 4, 4, Recipe.Filter.BICUBIC, half, half),
                List.of(),
                ScoreFunction.SOFTMAX,
                DeviceChoice.CPU,
                Precision.FP32,
                DecodeOptions.defaults(),
                InvalidRows.KEEP,
                BatchSize.fixed(2),
                1,
                List.of(),
                InferSettings.Scaling.NONE,
                InferSettings.EqualImages.COMPUTED_EACH);
    }

    /** The executor that computed each row, by tasks of four rows on this device. */
    private static List<String> executors(SparkSession spark, Device device) {
        InferSettings settings = settings();
        JavaRDD<Row> rows = JavaSparkContext.fromSparkContext(spark.sparkContext())
                .parallelize(Collections.nCopies(ROWS, RowFactory.create((Object) png())), ROWS / 4);
        return rows.mapPartitions(images -> {
                    Cancellation cancellation = Cancellation.of(TaskContext.get());
                    return new RowPipeline(
                            new PixelReader(images, settings, new Configuration(), cancellation),
                            settings,
                            () -> new TaskScorer(device, new Target("cpu", Precision.FP32), 2),
                            outcome -> {},
                            cancellation,
                            new StageClock());
                })
                .map(row -> row.isNullAt(8)
                        ? SparkEnv.get().executorId()
                        : row.getStruct(8).mkString("|"))
                .collect();
    }

    private static byte[] png() {
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        try {
            ImageIO.write(new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB), "png", png);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return png.toByteArray();
    }

    /** A forward that tasks take along. */
    private interface Device extends Forward, java.io.Serializable {}

    private static Scores zeros(int batch) {
        return new Scores(batch, 0, 1, new float[0], new float[batch]);
    }

    private static Scores failAFewTimes(ByteBuffer unused, int batch) {
        if (FAILURES_LEFT.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw new IllegalStateException(LOST);
        }
        return zeros(batch);
    }

    private static Scores breakOnTheFirstExecutor(ByteBuffer unused, int batch) {
        if (SparkEnv.get().executorId().equals("0")) {
            throw new IllegalStateException(LOST);
        }
        try {
            Thread.sleep(20); // as long as computing takes: a device that is broken is faster
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return zeros(batch);
    }

    @Test
    void aTaskThatFailsWithItsDeviceIsTriedAgainAndNoRowIsAnError() {
        SparkSession spark = spark("local[2,4]").getOrCreate();
        FAILURES_LEFT.set(3);

        assertThat(executors(spark, BrokenDeviceIT::failAFewTimes))
                .hasSize(ROWS)
                .containsOnly("driver");
        assertThat(FAILURES_LEFT).hasValue(0);
    }

    @Test
    void aJobThatADeviceEndsSaysWhichAndWhyInOneLine() {
        SparkSession spark = spark("local[2,4]").getOrCreate();
        FAILURES_LEFT.set(Integer.MAX_VALUE);

        assertThat(Messages.reason(catchThrowable(() -> executors(spark, BrokenDeviceIT::failAFewTimes))))
                .isEqualTo(LOST_LINE);
    }

    @Test
    void anExecutorWithABrokenDeviceIsNoBlackHole() throws IOException {
        SparkSession spark = cluster(2);

        assertThat(executors(spark, BrokenDeviceIT::breakOnTheFirstExecutor))
                .hasSize(ROWS)
                .containsOnly("1");
    }

    @Test
    void aJobWhoseOnlyExecutorIsBrokenEndsAndSaysWhyInOneLine() throws IOException {
        SparkSession spark = cluster(1);

        assertThat(Messages.reason(catchThrowable(() -> executors(spark, BrokenDeviceIT::breakOnTheFirstExecutor))))
                .isEqualTo(LOST_LINE);
    }
}
