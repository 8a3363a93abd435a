package io.swinlake.bench;

import io.swinlake.RuleWeights;
import io.swinlake.model.SwinModel;
import io.swinlake.model.SwinStatistics;
import io.swinlake.runtime.device.Precision;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Images per second of each published network, on two threads, and the seconds that loading it took.
 * {@code scripts/bench sizes [rounds] [seconds]}
 */
final class SizesBenchmark {
    private static final int THREADS = 2;
    private static final int BATCH = 4;
    private static final List<String> CASES = List.of(
            "swin_tiny_patch4_window7_224",
            "swin_small_patch4_window7_224",
            "swin_base_patch4_window7_224",
            "swin_large_patch4_window7_224",
            "swin_base_patch4_window12_384",
            "swinv2_tiny_patch4_window8_256",
            "swinv2_tiny_patch4_window16_256",
            "swinv2_small_patch4_window8_256",
            "swinv2_base_patch4_window8_256",
            "swinv2_base_patch4_window16_256",
            "swinv2_large_patch4_window12to16_192to256");

    private SizesBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 3;
        double seconds = arguments.length > 1 ? Double.parseDouble(arguments[1]) : 4;
        List<Path> photos = Photos.jpegs(Path.of("target", "bench"), 64).subList(0, 2 * BATCH);
        boolean described = false;
        for (String name : CASES) {
            SwinModel model = RuleWeights.model("full/" + name);
            ImageSet images = ImageSet.read(photos, model.recipe());
            double giga = SwinStatistics.of(model.config()).gigaOperations();
            try (SwinlakeNetwork fp32 = new SwinlakeNetwork(model, Precision.FP32, images);
                    SwinlakeNetwork bf16 = new SwinlakeNetwork(model, Precision.BF16, images);
                    Streams real = new Streams(fp32, THREADS, images.count());
                    Streams brief = new Streams(bf16, THREADS, images.count())) {
                if (!described) {
                    described = true;
                    System.out.println(Machine.describe());
                    System.out.printf(
                            "images/s on %d threads, batch %d, median of %d rounds (least to most)%n  %-44s %6s  %-22s %-22s %-19s %s%n",
                            THREADS,
                            BATCH,
                            rounds,
                            "network",
                            "GMAC",
                            "fp32",
                            "bf16",
                            "bf16 / fp32",
                            "s to load fp32; bf16");
                }
                for (Streams streams : List.of(real, brief)) {
                    streams.imagesPerSecond(BATCH, 0.1); // warms up
                }
                Turns turns = Turns.take(
                        rounds,
                        Map.of(
                                "fp32", () -> real.imagesPerSecond(BATCH, seconds),
                                "bf16", () -> brief.imagesPerSecond(BATCH, seconds)));
                System.out.printf(
                        "  %-44s %6.1f  %-22s %-22s %-19s %.1f; %.1f%n",
                        name,
                        giga,
                        turns.figure("fp32").withDecimals(2),
                        turns.figure("bf16").withDecimals(2),
                        turns.ratio("bf16", "fp32").withDecimals(2),
                        fp32.secondsToLoad(),
                        bf16.secondsToLoad());
            }
        }
        System.exit(0);
    }
}
