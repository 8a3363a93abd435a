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
 * @param window side of an attention window, tokens
 * @param pretrainedWindows V2 only: window of the pre-training per stage, tokens; 0 where there was none
 * @param mlpRatio hidden channels of a block's MLP, divided by its channels
 * @param qkvBias whether queries and values have a bias (and, in V1, keys)
 * @param absolutePositions whether an absolute position embedding is added to the patches
 * @param patchNorm whether the patch embedding ends with a LayerNorm
 * @param featureNorms whether every stage has an own output norm, as in detection backbones, and there is no final norm
 * @param classes number of classes; 0 for a network without a head
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
        int window,
        List<Integer> pretrainedWindows,
        double mlpRatio,
        boolean qkvBias,
        boolean absolutePositions,
        boolean patchNorm,
        boolean featureNorms,
        int classes,
        double layerNormEps,
        Convention convention) {

    /** Beyond any published network, and small enough that channel counts stay far from overflow. */
    private static final int MAX_STAGES = 8;

    private static final int MAX_EMBED_DIM = 4096;

    public SwinConfig {
        depths = List.copyOf(depths);
        heads = List.copyOf(heads);
        pretrainedWindows = List.copyOf(pretrainedWindows);
        check(!depths.isEmpty(), "a network needs at least one stage");
        check(depths.size() <= MAX_STAGES, "%d stages; at most %d are run".formatted(depths.size(), MAX_STAGES));
        check(
                embedDim > 0 && embedDim <= MAX_EMBED_DIM,
                "embed_dim is %d, expected 1 to %d".formatted(embedDim, MAX_EMBED_DIM));
        check(depths.size() == heads.size(), "depths %s and heads %s differ in length".formatted(depths, heads));
        check(
                depths.size() == pretrainedWindows.size(),
                "depths %s and pretrained windows %s differ in length".formatted(depths, pretrainedWindows));
        check(Collections.min(depths) > 0, "depths %s need at least one block per stage".formatted(depths));
        check(window > 0, "a window needs at least 1 token, found %d".formatted(window));
        check(patchSize > 0, "a patch needs at least 1 pixel, found %d".formatted(patchSize));
        check(classes >= 0, "the number of classes is %d".formatted(classes));
        for (int stage = 0; stage < heads.size(); stage++) {
            int channels = embedDim << stage;
            int count = heads.get(stage);
            check(
                    count > 0 && channels % count == 0,
                    "stage %d: %d channels do not divide into %d heads".formatted(stage, channels, count));
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

    /** The same network, built for another image size. */
    public SwinConfig withImage(ImageSize size) {
        return new SwinConfig(
                version,
                size,
                patchSize,
                embedDim,
                depths,
                heads,
                window,
                pretrainedWindows,
                mlpRatio,
                qkvBias,
                absolutePositions,
                patchNorm,
                featureNorms,
                classes,
                layerNormEps,
                convention);
    }

    /** Swin-T at 224 pixels, 1,000 classes (arXiv:2103.14030, section 3.3). */
    public static SwinConfig tiny() {
        return v1(ImageSize.square(224), 96, List.of(2, 2, 6, 2), List.of(3, 6, 12, 24), 7);
    }

    private static SwinConfig v1(ImageSize image, int embedDim, List<Integer> depths, List<Integer> heads, int window) {
        return new SwinConfig(
                SwinVersion.V1,
                image,
                4,
                embedDim,
                depths,
                heads,
                window,
                Collections.nCopies(depths.size(), 0),
                4.0,
                true,
                false,
                true,
                false,
                1000,
                1e-5,
                Convention.MICROSOFT);
    }
}
