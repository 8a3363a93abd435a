package io.swinlake.swin;

import java.util.Collections;
import java.util.List;

/**
 * Everything that the weights do not say about a Swin network, plus what they say in shapes.
 *
 * @param image size the model was built for, pixels
 * @param patchSize side of a patch, pixels
 * @param embedDim channels of stage 1; every later stage has twice as many as the one before
 * @param depths blocks per stage
 * @param heads attention heads per stage
 * @param windows attention window per stage; where the map is smaller, the convention says what happens
 * @param alwaysPartition timm only: windows are never shrunk to a smaller map, and always shift
 * @param pretrainedWindows V2 only: window of the pre-training per stage, tokens; 0 where there was none
 * @param mlpRatio hidden channels of a block's MLP, divided by its channels
 * @param qkvBias whether queries and values have a bias (and, in V1, keys)
 * @param absolutePositions whether an absolute position embedding is added to the patches
 * @param patchNorm whether the patch embedding ends with a LayerNorm
 * @param normedStages stages with an output norm of their own, as in detection backbones
 * @param finalNorm whether a LayerNorm follows the last stage; without one the embedding is the mean of what the stage gives
 * @param classes number of classes; 0 for a network without a head
 * @param scores how the head's outputs become probabilities
 * @param layerNormEps epsilon of the blocks' and the final LayerNorm; patch embedding and merging always use 1e-5
 * @param convention how maps are padded and windows clamped
 */
public record SwinConfig(
        SwinVersion version,
        ImageSize image,
        int patchSize,
        int embedDim,
        List<Integer> depths,
        List<Integer> heads,
        List<Window> windows,
        List<Integer> pretrainedWindows,
        double mlpRatio,
        boolean qkvBias,
        boolean absolutePositions,
        boolean patchNorm,
        List<Integer> normedStages,
        boolean finalNorm,
        int classes,
        ScoreFunction scores,
        double layerNormEps,
        boolean alwaysPartition,
        Convention convention) {

    /** Beyond any published network, and small enough that channel counts stay far from overflow. */
    private static final int MAX_STAGES = 8;

    private static final int MAX_EMBED_DIM = 4096;

    public SwinConfig {
        depths = List.copyOf(depths);
        heads = List.copyOf(heads);
        windows = List.copyOf(windows);
        pretrainedWindows = List.copyOf(pretrainedWindows);
        normedStages = List.copyOf(normedStages);
        check(!depths.isEmpty(), "a network needs at least one stage");
        check(depths.size() <= MAX_STAGES, "%s stages; at most %s are run".formatted(depths.size(), MAX_STAGES));
        check(
                embedDim > 0 && embedDim <= MAX_EMBED_DIM,
                "embed_dim is %s, expected 1 to %s".formatted(embedDim, MAX_EMBED_DIM));
        check(depths.size() == heads.size(), "depths %s and heads %s differ in length".formatted(depths, heads));
        check(
                depths.size() == pretrainedWindows.size(),
                "depths %s and pretrained windows %s differ in length".formatted(depths, pretrainedWindows));
        check(Collections.min(depths) > 0, "depths %s need at least one block per stage".formatted(depths));
        check(depths.size() == windows.size(), "depths %s and windows %s differ in length".formatted(depths, windows));
        check(patchSize > 0, "a patch needs at least 1 pixel, found %s".formatted(patchSize));
        check(classes >= 0, "the number of classes is %s".formatted(classes));
        for (int stage = 0; stage < heads.size(); stage++) {
            int channels = embedDim << stage;
            int count = heads.get(stage);
            check(
                    count > 0 && channels % count == 0,
                    "stage %s: %s channels do not divide into %s heads".formatted(stage, channels, count));
        }
    }

    private static void check(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }

    public int stages() {
        return depths.size();
    }

    /** Channels of stage {@code stage}, counted from 0. */
    public int channels(int stage) {
        return embedDim << stage;
    }

    /** Length of the embedding: channels of the last stage. */
    public int embeddingSize() {
        return channels(stages() - 1);
    }

    /** Whether stages have output norms of their own, as in detection backbones. */
    public boolean hasStageNorms() {
        return !normedStages.isEmpty();
    }

    /** The map of a stage at the size the model was built for, as its code base counts it. */
    public ImageSize nominalMap(int stage) {
        int scale = 1 << stage;
        int up = convention == Convention.TIMM ? scale - 1 : 0;
        return new ImageSize(
                Math.max(1, (image.height() / patchSize + up) / scale),
                Math.max(1, (image.width() / patchSize + up) / scale));
    }

    /** The same network, built for another image size. */
    public SwinConfig withImage(ImageSize size) {
        return with(size, windows, convention);
    }

    /** The same network with these windows, by this convention. */
    public SwinConfig with(List<Window> otherWindows, Convention otherConvention) {
        return with(image, otherWindows, otherConvention);
    }

    private SwinConfig with(ImageSize size, List<Window> otherWindows, Convention otherConvention) {
        return new SwinConfig(
                version,
                size,
                patchSize,
                embedDim,
                depths,
                heads,
                otherWindows,
                pretrainedWindows,
                mlpRatio,
                qkvBias,
                absolutePositions,
                patchNorm,
                normedStages,
                finalNorm,
                classes,
                scores,
                layerNormEps,
                alwaysPartition,
                otherConvention);
    }

    /** Swin-T at 224 pixels, 1,000 classes (arXiv:2103.14030, section 3.3). */
    public static SwinConfig tiny() {
        return v1(96, List.of(2, 2, 6, 2), List.of(3, 6, 12, 24), 7, 224);
    }

    /** Swin-S at 224 pixels, 1,000 classes (arXiv:2103.14030, section 3.3). */
    public static SwinConfig small() {
        return v1(96, List.of(2, 2, 18, 2), List.of(3, 6, 12, 24), 7, 224);
    }

    /** Swin-B at 224 pixels, 1,000 classes (arXiv:2103.14030, section 3.3). */
    public static SwinConfig base() {
        return v1(128, List.of(2, 2, 18, 2), List.of(4, 8, 16, 32), 7, 224);
    }

    /** Swin-B at 384 pixels, 1,000 classes (arXiv:2103.14030, table 1). */
    public static SwinConfig base384() {
        return v1(128, List.of(2, 2, 18, 2), List.of(4, 8, 16, 32), 12, 384);
    }

    /** Swin-L at 224 pixels, 1,000 classes (arXiv:2103.14030, section 3.3). */
    public static SwinConfig large() {
        return v1(192, List.of(2, 2, 18, 2), List.of(6, 12, 24, 48), 7, 224);
    }

    /** Swin-L at 384 pixels, 1,000 classes (arXiv:2103.14030, table 1). */
    public static SwinConfig large384() {
        return v1(192, List.of(2, 2, 18, 2), List.of(6, 12, 24, 48), 12, 384);
    }

    /** SwinV2-T at 256 pixels, 1,000 classes (arXiv:2111.09883, section 4.1), with windows of 8 or 16 tokens. */
    public static SwinConfig tinyV2(int window) {
        return v2(96, List.of(2, 2, 6, 2), List.of(3, 6, 12, 24), window, 256, List.of(0, 0, 0, 0));
    }

    /** SwinV2-S at 256 pixels, 1,000 classes (arXiv:2111.09883, section 4.1), with windows of 8 or 16 tokens. */
    public static SwinConfig smallV2(int window) {
        return v2(96, List.of(2, 2, 18, 2), List.of(3, 6, 12, 24), window, 256, List.of(0, 0, 0, 0));
    }

    /** SwinV2-B at 256 pixels, 1,000 classes (arXiv:2111.09883, section 4.1), with windows of 8 or 16 tokens. */
    public static SwinConfig baseV2(int window) {
        return v2(128, List.of(2, 2, 18, 2), List.of(4, 8, 16, 32), window, 256, List.of(0, 0, 0, 0));
    }

    /** SwinV2-B pre-trained at 192 pixels, fine-tuned at 384 (arXiv:2111.09883, table 2). */
    public static SwinConfig baseV2At384() {
        return v2(128, List.of(2, 2, 18, 2), List.of(4, 8, 16, 32), 24, 384, List.of(12, 12, 12, 6));
    }

    /** SwinV2-L pre-trained at 192 pixels, fine-tuned at 256 (arXiv:2111.09883, table 2). */
    public static SwinConfig largeV2() {
        return v2(192, List.of(2, 2, 18, 2), List.of(6, 12, 24, 48), 16, 256, List.of(12, 12, 12, 6));
    }

    private static SwinConfig v1(int embedDim, List<Integer> depths, List<Integer> heads, int window, int side) {
        List<Integer> pretrained = Collections.nCopies(depths.size(), 0);
        return published(SwinVersion.V1, embedDim, depths, heads, window, side, pretrained);
    }

    private static SwinConfig v2(
            int embedDim,
            List<Integer> depths,
            List<Integer> heads,
            int window,
            int side,
            List<Integer> pretrainedWindows) {
        return published(SwinVersion.V2, embedDim, depths, heads, window, side, pretrainedWindows);
    }

    /** What all published classifiers have in common. */
    private static SwinConfig published(
            SwinVersion version,
            int embedDim,
            List<Integer> depths,
            List<Integer> heads,
            int window,
            int side,
            List<Integer> pretrainedWindows) {
        return new SwinConfig(
                version,
                ImageSize.square(side),
                4,
                embedDim,
                depths,
                heads,
                Window.everywhere(Window.square(window), depths.size()),
                pretrainedWindows,
                4.0,
                true,
                false,
                true,
                List.of(),
                true,
                1000,
                ScoreFunction.SOFTMAX,
                1e-5,
                false,
                Convention.MICROSOFT);
    }
}
