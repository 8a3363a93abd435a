package io.swinlake.bench;

import io.swinlake.spark.Demo;
import io.swinlake.spark.ImageLake;
import io.swinlake.spark.SwinTransformer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.apache.commons.math3.stat.regression.SimpleRegression;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Whether an executor's memory grows: many images through one executor of two tasks, a JVM of its own whose heap is
 * resident from the start, so that what its resident size gains is native. The images are those of a small lake, over and over,
 * as a table of Parquet: by default the demo's; with a precision photos, by Swin-T or, as that takes two hours for 130,000, by the demo's
 * network. After a warm-up it tells of each stretch by itself: the JVM goes on compiling for minutes, in which the demo's small network has
 * done more than the warm-up's images. {@code scripts/bench soak [images] [precision] [small]}
 */
final class SoakBenchmark {
    private static final int WARM_UP = 10_000;
    private static final int STRETCH = 40_000;
    private static final int IMAGES_PER_TASK = 500;
    private static final Path FOLDER = Path.of("target", "bench");

    private final SparkSession spark;
    private final String images;
    private final String model;
    private final String precision;

    private SoakBenchmark(SparkSession spark, String images, String model, String precision) {
        this.spark = spark;
        this.images = images;
        this.model = model;
        this.precision = precision;
    }

    private static SoakBenchmark demo(SparkSession spark) {
        return new SoakBenchmark(spark, Demo.IMAGES, Demo.MODEL, "fp32");
    }

    private static SoakBenchmark photos(SparkSession spark, String model, String precision) throws IOException {
        Path images = Photos.jpegs(FOLDER, 300).get(0).getParent();
        return new SoakBenchmark(spark, images.toString(), model, precision);
    }

    private static SoakBenchmark of(SparkSession spark, List<String> precisionAndModel) throws IOException {
        return switch (precisionAndModel.size()) {
            case 0 -> demo(spark);
            case 1 -> photos(spark, SwinT.checkpoint(SwinT.model(), FOLDER).toString(), precisionAndModel.get(0));
            default -> photos(spark, Demo.MODEL, precisionAndModel.get(0));
        };
    }

    /**
     * The executor's resident size in MB when some images were done.
     *
     * @param malloc what malloc holds, which is all in one arena: libtorch's and the decoders' memory, and some of the JVM's
     */
    private record Sample(double images, double resident, double malloc) {

        /** What the JVM maps by itself: code that it compiled, classes, stacks. Grows for minutes, whatever runs, and then stops. */
        double mapped() {
            return resident - malloc;
        }
    }

    public static void main(String[] args) throws Exception {
        int count = args.length > 0 ? Integer.parseInt(args[0]) : 130_000;
        if (count <= WARM_UP) {
            throw new IllegalArgumentException("more than %s images, found %s".formatted(WARM_UP, count));
        }
        SparkSession spark = executor();
        SoakBenchmark lake = of(spark, List.of(args).subList(Math.min(1, args.length), args.length));
        long pid = onExecutor(spark, () -> ProcessHandle.current().pid());
        List<Sample> samples = new ArrayList<>();
        spark.sparkContext().addSparkListener(sampler(pid, samples));

        lake.infer(WARM_UP);
        for (int done = WARM_UP; done < count; done += STRETCH) {
            int images = Math.min(STRETCH, count - done);
            samples.clear();
            long start = System.nanoTime();
            lake.infer(images);
            double seconds = (System.nanoTime() - start) / 1e9;

            System.out.printf(
                    "image %d to %d, %.0f images/s: the executor's resident size went from %.1f to %.1f MB, slope %.2f MB per"
                            + " 10,000 images (target 1): malloc %+.2f, JVM's code, classes and stacks %+.2f;"
                            + " Java heap after collection %.1f MB%n",
                    done,
                    done + images,
                    images / seconds,
                    samples.get(0).resident(),
                    samples.get(samples.size() - 1).resident(),
                    slope(samples, Sample::resident),
                    slope(samples, Sample::malloc),
                    slope(samples, Sample::mapped),
                    onExecutor(spark, SoakBenchmark::heapInUse) / 1e6);
        }
        spark.stop();
        System.exit(0);
    }

    private static SparkSession executor() throws IOException {
        SparkSession.Builder session = SparkSession.builder()
                .master("local-cluster[1,2,2048]")
                .appName("soak")
                .config("spark.ui.enabled", false)
                .config("spark.log.level", "WARN")
                .config("spark.executor.memory", "1g")
                .config("spark.executor.extraJavaOptions", "-Xms1g -XX:+AlwaysPreTouch")
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .config("spark.executorEnv.SPARK_SCALA_VERSION", "2.12");
        ExecutorEnvironment.ofThisRun()
                .forEach((name, value) -> session.config(ExecutorEnvironment.PREFIX + name, value));
        return session.getOrCreate();
    }

    private interface OnExecutor extends java.io.Serializable {
        long measure();
    }

    private static long onExecutor(SparkSession spark, OnExecutor measurement) {
        return JavaSparkContext.fromSparkContext(spark.sparkContext())
                .parallelize(List.of(0), 1)
                .map(any -> measurement.measure())
                .first();
    }

    private static long heapInUse() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static SparkListener sampler(long pid, List<Sample> samples) {
        return new SparkListener() {
            private long images;

            @Override
            public void onTaskEnd(SparkListenerTaskEnd task) {
                images += task.taskMetrics().outputMetrics().recordsWritten();
                samples.add(sample(pid, images));
            }
        };
    }

    /** By {@code /proc/PID/smaps}: a line for each mapping, with its name at the end, and below it lines such as {@code Rss: 4 kB}. */
    private static Sample sample(long pid, long images) {
        double resident = 0;
        double malloc = 0;
        boolean inMalloc = false;
        try {
            for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "smaps"))) {
                if (line.startsWith("Rss:")) {
                    double megabytes = Long.parseLong(line.replaceAll("\\D", "")) * 1024 / 1e6;
                    resident += megabytes;
                    malloc += inMalloc ? megabytes : 0;
                } else if (!Character.isUpperCase(line.charAt(0))) {
                    inMalloc = line.endsWith("[heap]");
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Sample(images, resident, malloc);
    }

    private void infer(int count) throws IOException {
        Dataset<Row> lake = ImageLake.list(spark, List.of(images), "*").toDataset(spark);
        long times = count / lake.count() + 1;
        Dataset<Row> repeated = spark.range(times)
                .crossJoin(lake)
                .drop("id")
                .limit(count)
                .repartition(Math.max(2, count / IMAGES_PER_TASK));
        new SwinTransformer()
                .setModel(model)
                .setPrecision(precision)
                .setInputCol("path")
                .setLengthCol("length")
                .transform(repeated)
                .write()
                .mode("overwrite")
                .parquet(FOLDER.resolve("soak").toString());
    }

    /** Megabytes per 10,000 images, by least squares. */
    private static double slope(List<Sample> samples, ToDoubleFunction<Sample> megabytes) {
        SimpleRegression line = new SimpleRegression();
        samples.forEach(sample -> line.addData(sample.images(), megabytes.applyAsDouble(sample)));
        return line.getSlope() * 10_000;
    }
}
