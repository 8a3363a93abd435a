package io.swinlake.bench;

import io.swinlake.model.SwinModel;
import io.swinlake.runtime.GraphExecutorNetwork;
import io.swinlake.runtime.device.Precision;
import io.swinlake.runtime.device.UnsupportedCpuException;
import java.nio.file.Path;

/**
 * Swin-T forwards in a JVM of its own; a request is a number of seconds, the figure is images per second. Arguments:
 * precision, streams, batch, and {@code runner} or, for libtorch's graph executor by DJL's predictor, {@code simple} or
 * {@code profiling}.
 */
final class ForwardWorker {
    private ForwardWorker() {}

    public static void main(String[] arguments) throws Exception {
        Precision precision = Precision.valueOf(arguments[0]);
        int batch = Integer.parseInt(arguments[2]);
        SwinModel model = SwinT.model();
        ImageSet images = ImageSet.read(Photos.jpegs(Path.of("target", "bench"), 64), model.recipe());
        try (Network network = network(model, precision, images, arguments[3]);
                Streams streams = new Streams(network, Integer.parseInt(arguments[1]), images.count())) {
            Worker.serve(seconds -> streams.imagesPerSecond(batch, Double.parseDouble(seconds)));
        } catch (UnsupportedCpuException e) {
            System.out.println(Worker.FAILURE + e.getMessage());
        }
    }

    private static Network network(SwinModel model, Precision precision, ImageSet images, String executor) {
        return switch (executor) {
            case "runner" -> new SwinlakeNetwork(model, precision, images);
            case "simple" -> new GraphExecutorNetwork(model, precision, images, false);
            case "profiling" -> new GraphExecutorNetwork(model, precision, images, true);
            default -> throw new IllegalArgumentException("no graph executor '%s'".formatted(executor));
        };
    }
}
