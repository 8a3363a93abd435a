package io.swinlake.bench;

import io.swinlake.model.SwinModel;
import io.swinlake.runtime.device.Precision;
import io.swinlake.swin.Convention;
import io.swinlake.swin.ImageSize;
import io.swinlake.swin.SwinConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * What an image costs against its size: Swin-T, one image at a time on one thread. The paper promises a cost linear in
 * pixels, since windows do not grow (arXiv:2103.14030, section 3.2). Prints the figures and draws them. {@code scripts/bench
 * image-size [rounds] [plot]}
 */
final class ImageSizeBenchmark {
    /** Sides of square images, pixels. Windows fit all maps of the multiples of 224; others are padded, as torchvision does. */
    private static final List<Integer> SIDES = List.of(224, 336, 448, 560, 672, 784, 896);

    private ImageSizeBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
        Path plot = Path.of(arguments.length > 1 ? arguments[1] : "docs/image-size.svg");
        SwinModel model = SwinT.model();
        List<SizePlot.Series> series = new ArrayList<>();
        for (Precision precision : List.of(Precision.FP32, Precision.BF16)) {
            series.add(measure(model, precision, rounds));
        }
        String machine = Machine.describe().lines().findFirst().orElseThrow();
        Files.createDirectories(plot.toAbsolutePath().getParent());
        Files.writeString(plot, new SizePlot(series, machine).toSvg());
        System.out.println(plot);
        System.exit(0);
    }

    private static SizePlot.Series measure(SwinModel model, Precision precision, int rounds) throws Exception {
        Map<Integer, Network> networks = new LinkedHashMap<>();
        Map<String, Callable<Double>> contenders = new LinkedHashMap<>();
        List<Streams> opened = new ArrayList<>();
        for (int side : SIDES) {
            SwinModel sized = atSize(model, side);
            ImageSet images =
                    ImageSet.read(Photos.jpegs(Path.of("target", "bench"), 64).subList(0, 2), sized.recipe());
            Network network = new SwinlakeNetwork(sized, precision, images);
            networks.put(side, network);
            Streams stream = new Streams(network, 1, images.count());
            opened.add(stream);
            stream.imagesPerSecond(1, 0.3); // warms up
            contenders.put(side + " pixels", () -> 1e3 / stream.imagesPerSecond(1, 1));
        }
        Turns turns = Turns.take(rounds, contenders);
        opened.forEach(Streams::close);
        networks.values().forEach(Network::close);
        String name = precision.name().toLowerCase(Locale.ROOT);
        List<SizePlot.Point> points = new ArrayList<>();
        System.out.printf("Swin-T %s, one thread: ms per image, and of a million pixels beside 224 pixels%n", name);
        for (int side : SIDES) {
            Turns.Spread milliseconds = turns.figure(side + " pixels");
            points.add(new SizePlot.Point(side, milliseconds));
            double relative = milliseconds.median() / turns.figure("224 pixels").median() * 224 * 224 / side / side;
            System.out.printf("  %4d  %-28s %.2f%n", side, milliseconds.withDecimals(1), relative);
        }
        SizePlot.Series series = new SizePlot.Series(name, points);
        System.out.printf(
                "  line: %.1f ms + %.1f ms per million pixels, R^2 %.4f%n",
                series.constant(), series.slope(), series.determination());
        return series;
    }

    private static SwinModel atSize(SwinModel model, int side) throws IOException {
        SwinConfig config = model.config();
        SwinConfig sized = config.withImage(ImageSize.square(side)).with(config.windows(), Convention.TORCHVISION);
        return new SwinModel(
                model.name(),
                sized,
                model.weights(),
                model.recipe().at(side, side),
                model.classNames(),
                model.sha256(),
                model.settings());
    }
}
