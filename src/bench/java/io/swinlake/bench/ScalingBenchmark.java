package io.swinlake.bench;

import io.swinlake.model.SwinModel;
import io.swinlake.runtime.device.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.commons.io.FileUtils;

/**
 * What a second core brings: to forwards in one JVM, to {@code infer} with two task threads, and to {@code infer} with two
 * executors of one core. A job's time is that from its first task to its commit. {@code scripts/bench scaling [images]
 * [rounds] [fp32|bf16]}
 */
final class ScalingBenchmark {
    private static final Path FOLDER = Path.of("target", "bench");
    private static final int BATCH = 8;

    private ScalingBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        int count = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 600;
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 3;
        Precision precision =
                Precision.valueOf((arguments.length > 2 ? arguments[2] : "fp32").toUpperCase(java.util.Locale.ROOT));
        List<Path> photos = Photos.jpegs(FOLDER, count);

        SwinModel model = SwinT.model();
        forwards(model, precision, rounds);
        Path checkpoint = SwinT.checkpoint(model, FOLDER);
        jobs("task threads", checkpoint, "local[1]", "local[2]", precision, photos, rounds);
        jobs("executors", checkpoint, "local-cluster[1,1,2048]", "local-cluster[2,1,2048]", precision, photos, rounds);
        System.exit(0);
    }

    private static void forwards(SwinModel model, Precision precision, int rounds) throws Exception {
        ImageSet images = ImageSet.read(Photos.jpegs(FOLDER, 64), model.recipe());
        try (Network network = new SwinlakeNetwork(model, precision, images);
                Streams one = new Streams(network, 1, images.count());
                Streams two = new Streams(network, 2, images.count())) {
            System.out.println(Machine.describe());
            two.imagesPerSecond(BATCH, 2); // warms up
            Turns turns = Turns.take(
                    rounds + 2,
                    Map.of("one", () -> one.imagesPerSecond(BATCH, 3), "two", () -> two.imagesPerSecond(BATCH, 3)));
            System.out.printf(
                    "Swin-T %s, batch %d, forwards in one JVM: 1 thread %s images/s, 2 threads %s; ratio %s%n",
                    precision,
                    BATCH,
                    turns.figure("one").withDecimals(1),
                    turns.figure("two").withDecimals(1),
                    turns.ratio("two", "one").withDecimals(2));
        }
    }

    private static void jobs(
            String unit, Path model, String one, String two, Precision precision, List<Path> photos, int rounds)
            throws Exception {
        try (WorkerProcess single = worker(model, one, precision);
                WorkerProcess pair = worker(model, two, precision)) {
            Path input = photos.get(0).getParent();
            Map<String, Callable<Double>> contenders = new LinkedHashMap<>();
            contenders.put("one", () -> images(single, input, photos.size()));
            contenders.put("two", () -> images(pair, input, photos.size()));
            Turns turns = Turns.take(rounds, contenders);
            System.out.printf(
                    "Swin-T %s, infer on %d JPEGs of 500x375: 1 of the %s %s images/s, 2 %s; ratio %s%n",
                    precision,
                    photos.size(),
                    unit,
                    turns.figure("one").withDecimals(1),
                    turns.figure("two").withDecimals(1),
                    turns.ratio("two", "one").withDecimals(2));
        }
    }

    private static WorkerProcess worker(Path model, String master, Precision precision) throws IOException {
        List<String> main =
                List.of("io.swinlake.cli.InferJob", master, "tasks", model.toString(), "--precision", precision.name());
        return WorkerProcess.java("infer " + master, WorkerProcess.ownClassPath(), main, Map.of());
    }

    /**
     * Images per second of one job; after a small one, because an executor has closed its model if the other contender took
     * more than a minute.
     */
    private static double images(WorkerProcess worker, Path input, int count) throws IOException {
        var unused = seconds(worker, Photos.jpegs(FOLDER, 16).get(0).getParent());
        return count / seconds(worker, input);
    }

    private static double seconds(WorkerProcess worker, Path input) throws IOException {
        Path output = FOLDER.resolve("tables").resolve("scaling");
        FileUtils.deleteDirectory(output.toFile());
        return worker.ask(Job.request(input, output));
    }
}
