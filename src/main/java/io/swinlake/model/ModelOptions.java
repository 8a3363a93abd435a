package io.swinlake.model;

import io.swinlake.PublicApi;
import io.swinlake.swin.ImageSize;
import java.util.List;
import java.util.Optional;

/**
 * What the person who opens a checkpoint says about it. An option that is given replaces what the files say.
 *
 * @param imageSize size that the network is built for and run at
 * @param recipe {@code microsoft}, {@code timm}, {@code hf} or {@code torchvision}: whose preprocessing to follow
 * @param classNames names in a file of their own
 * @param window side of an attention window, tokens, for V2 checkpoints that do not tell it
 * @param pretrainedWindows V2's windows of the pre-training, tokens: one for every stage, or one alone for all
 * @param weights which of several networks in a file: the keys that lead to it, or what its names begin with
 */
@PublicApi(since = "0.1.0")
public record ModelOptions(
        Optional<ImageSize> imageSize,
        Optional<String> recipe,
        Optional<ClassNames> classNames,
        Optional<Integer> window,
        Optional<List<Integer>> pretrainedWindows,
        Optional<String> weights) {
    public ModelOptions {
        pretrainedWindows = pretrainedWindows.map(List::copyOf);
    }

    /**
     * Options for a checkpoint of one network, whose windows before and after fine-tuning its files tell.
     *
     * @param imageSize size that the network is built for and run at
     * @param recipe whose preprocessing to follow
     * @param classNames names in a file of their own
     * @param window side of an attention window, tokens
     */
    public ModelOptions(
            Optional<ImageSize> imageSize,
            Optional<String> recipe,
            Optional<ClassNames> classNames,
            Optional<Integer> window) {
        this(imageSize, recipe, classNames, window, Optional.empty(), Optional.empty());
    }

    /**
     * Options for a checkpoint whose window its files tell.
     *
     * @param imageSize size that the network is built for and run at
     * @param recipe whose preprocessing to follow
     * @param classNames names in a file of their own
     */
    public ModelOptions(Optional<ImageSize> imageSize, Optional<String> recipe, Optional<ClassNames> classNames) {
        this(imageSize, recipe, classNames, Optional.empty());
    }

    /** {@return options of somebody who says nothing} */
    public static ModelOptions none() {
        return new ModelOptions(Optional.empty(), Optional.empty(), Optional.empty());
    }
}
