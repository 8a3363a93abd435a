package io.swinlake.model;

import io.swinlake.layout.CanonicalShapes;
import io.swinlake.swin.SwinConfig;
import io.swinlake.swin.SwinVersion;
import io.swinlake.swin.Window;
import io.swinlake.tensor.Shape;
import java.util.Map;

/**
 * How large a network is, counted as the original repository counts, so that the numbers are those of the papers.
 *
 * @param variant {@code Swin-T}, {@code SwinV2-B} and so on, or the channels and depths of a network that has no name
 * @param parameters learnable values
 * @param operations of one image at the size the network is built for: multiply-accumulates, plus one for every normalised
 *     element, without softmax and position biases ({@code flops()} of the repository); the papers print them as FLOPs
 */
public record SwinStatistics(String variant, long parameters, long operations) {
    private static final Map<String, SwinConfig> VARIANTS =
            Map.of("T", SwinConfig.tiny(), "S", SwinConfig.small(), "B", SwinConfig.base(), "L", SwinConfig.large());

    /** Counts a network from its config alone. */
    public static SwinStatistics of(SwinConfig config) {
        return new SwinStatistics(variant(config), parameters(config), operations(config));
    }

    /** {@link #operations} in units of 10^9. */
    public double gigaOperations() {
        return operations / 1e9;
    }

    private static String variant(SwinConfig config) {
        String family = config.version() == SwinVersion.V1 ? "Swin" : "SwinV2";
        return VARIANTS.entrySet().stream()
                .filter(named -> named.getValue().embedDim() == config.embedDim()
                        && named.getValue().depths().equals(config.depths())
                        && named.getValue().heads().equals(config.heads()))
                .map(named -> family + "-" + named.getKey())
                .findFirst()
                .orElseGet(() -> "%s of %s channels, depths %s".formatted(family, config.embedDim(), config.depths()));
    }

    private static long parameters(SwinConfig config) {
        long stored = CanonicalShapes.of(config).values().stream()
                .mapToLong(Shape::elements)
                .sum();
        return stored - zeroKeyBiases(config);
    }

    /** V2's key biases stand in the canonical tensors, but are zero and never learned. */
    private static long zeroKeyBiases(SwinConfig config) {
        long count = 0;
        if (config.version() == SwinVersion.V2 && config.qkvBias()) {
            for (int stage = 0; stage < config.stages(); stage++) {
                count += (long) config.depths().get(stage) * config.channels(stage);
            }
        }
        return count;
    }

    private static long operations(SwinConfig config) {
        long height = config.image().height() / config.patchSize();
        long width = config.image().width() / config.patchSize();
        long patches = height * width;
        long patchValues = 3L * config.patchSize() * config.patchSize();
        long sum = patches * config.embedDim() * (patchValues + (config.patchNorm() ? 1 : 0));
        for (int stage = 0; stage < config.stages(); stage++) {
            sum += config.depths().get(stage) * block(config, stage, height, width);
            if (stage < config.stages() - 1) {
                sum += merge(config, stage, height, width);
                height /= 2;
                width /= 2;
            }
        }
        sum += (config.embeddingSize() * patches) >> config.stages(); // the repository divides by 2, not 4, per stage
        return sum + (long) config.embeddingSize() * config.classes();
    }

    private static long block(SwinConfig config, int stage, long height, long width) {
        long channels = config.channels(stage);
        Window window = config.windows().get(stage);
        long tokens =
                Math.min(window.height(), Math.min(height, width)) * Math.min(window.width(), Math.min(height, width));
        long norms = 2 * channels;
        long projections = 4 * channels * channels; // queries, keys, values, output
        long attention = 2 * channels * tokens; // scores and weighted sum, over the tokens of a window
        long mlp = 2 * channels * (long) (channels * config.mlpRatio());
        return height * width * (norms + projections + attention + mlp);
    }

    private static long merge(SwinConfig config, int stage, long height, long width) {
        long channels = config.channels(stage);
        long reduction = (height / 2) * (width / 2) * 4 * channels * 2 * channels;
        long normalised = height * width * channels;
        return reduction + (config.version() == SwinVersion.V1 ? normalised : normalised / 2);
    }
}
