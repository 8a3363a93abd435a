package io.swinlake.bench;

import io.swinlake.cli.Run;
import io.swinlake.image.DecodeOptions;
import io.swinlake.image.ImageException;
import io.swinlake.image.format.ImageDecoder;
import io.swinlake.model.SwinModel;
import io.swinlake.preprocess.Preprocessor;
import io.swinlake.runtime.SwinRunner;
import io.swinlake.runtime.device.Precision;
import io.swinlake.runtime.device.Target;
import io.swinlake.spark.LocalSpark;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.commons.io.FileUtils;

/**
 * What Spark costs: the wall time of {@code infer} on a folder of photos beside the same forwards in a plain loop, on two
 * threads of one JVM, and beside decoding alone. Start-up is left out: the job's time is that of its {@code _run.json},
 * after a first job has loaded the model. {@code scripts/bench overhead [images] [rounds] [precision]}
 */
final class OverheadBenchmark {
    private static final int THREADS = 2;
    private static final int BATCH = 8;
    private static final Path FOLDER = Path.of("target", "bench");

    private final Path checkpoint;
    private final SwinModel model;
    private final SwinRunner runner;
    private final List<Path> images;
    private final Precision precision;

    private OverheadBenchmark(List<Path> images, Precision precision) throws IOException {
        this.model = SwinT.model();
        this.checkpoint = SwinT.checkpoint(model, FOLDER);
        this.runner = SwinRunner.open(model, new Target("cpu", precision));
        this.images = images;
        this.precision = precision;
    }

    public static void main(String[] args) throws Exception {
        int count = args.length > 0 ? Integer.parseInt(args[0]) : 2000;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
        Precision precision =
                args.length > 2 ? Precision.valueOf(args[2].toUpperCase(java.util.Locale.ROOT)) : Precision.FP32;

        OverheadBenchmark benchmark = new OverheadBenchmark(Photos.jpegs(FOLDER, count), precision);
        benchmark.infer(0); // loads the model and warms up
        benchmark.forwards();
        List<double[]> seconds = new ArrayList<>();
        for (int round = 1; round <= rounds; round++) {
            double[] times = {benchmark.infer(round), benchmark.forwards(), benchmark.decode()};
            seconds.add(times);
            System.out.printf(
                    "round %d: infer %.1f s, plain loop of forwards %.1f s, ratio %.3f; decode and resize alone %.1f"
                            + " s%n",
                    round, times[0], times[1], times[0] / times[1], times[2]);
        }
        System.out.printf(
                "%d images of 500x375, Swin-T %s, %d threads: infer / forwards %.3f (%.3f to %.3f), %.1f images/s;"
                        + " infer rate / min(decode-only, inference-only) %.3f%n",
                count,
                precision,
                THREADS,
                quantile(seconds, 0.5),
                quantile(seconds, 0),
                quantile(seconds, 1),
                count / seconds.stream().mapToDouble(times -> times[0]).sorted().toArray()[rounds / 2],
                1 / quantile(seconds, 0.5));
        System.exit(0);
    }

    private static double quantile(List<double[]> seconds, double share) {
        double[] ratios = seconds.stream()
                .mapToDouble(times -> times[0] / Math.max(times[1], times[2]))
                .sorted()
                .toArray();
        return ratios[(int) Math.round(share * (ratios.length - 1))];
    }

    /** The whole job, seconds from its first task to its commit. */
    private double infer(int round) throws IOException {
        Path output = FOLDER.resolve("table-" + round);
        FileUtils.deleteDirectory(output.toFile());
        LocalSpark.session();
        Run run = Run.inCurrentSession(
                "infer",
                "--model",
                checkpoint.toString(),
                "--input",
                images.get(0).getParent().toString(),
                "--output",
                output.toString(),
                "--precision",
                precision.name(),
                "--batch-size",
                Integer.toString(BATCH));
        if (run.exitCode() != 0) {
            throw new IllegalStateException(run.err());
        }
        return run.summary().get("seconds").asDouble();
    }

    private double forwards() throws Exception {
        ByteBuffer pixels = ByteBuffer.allocateDirect(BATCH * 224 * 224 * 3);
        byte[] noise = new byte[pixels.capacity()];
        new Random(2).nextBytes(noise);
        pixels.put(noise);
        return onThreads((from, to) -> {
            for (int i = from; i < to; i += BATCH) {
                runner.run(pixels.duplicate().flip(), Math.min(BATCH, to - i));
            }
        });
    }

    private double decode() throws Exception {
        ImageDecoder decoder = ImageDecoder.create(DecodeOptions.defaults());
        Preprocessor preprocessor = Preprocessor.of(model.recipe());
        return onThreads((from, to) -> {
            ByteBuffer slot = ByteBuffer.allocateDirect(224 * 224 * 3);
            for (int i = from; i < to; i++) {
                preprocessor.apply(decoder.decode(Files.readAllBytes(images.get(i))), slot.duplicate());
            }
        });
    }

    private interface Work {
        void on(int from, int to) throws IOException, ImageException;
    }

    /** Splits the images over the threads; wall time in seconds. */
    private double onThreads(Work work) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            long start = System.nanoTime();
            int share = (images.size() + THREADS - 1) / THREADS;
            List<Future<Void>> parts = new ArrayList<>();
            for (int from = 0; from < images.size(); from += share) {
                int begin = from;
                int end = Math.min(from + share, images.size());
                parts.add(threads.submit(() -> {
                    work.on(begin, end);
                    return null;
                }));
            }
            for (Future<Void> part : parts) {
                part.get();
            }
            return (System.nanoTime() - start) / 1e9;
        } finally {
            threads.shutdown();
        }
    }
}
