package io.swinlake.preprocess;

import java.io.Serializable;
import java.util.List;
import java.util.Locale;

/**
 * How an image becomes the network's input: resize, centre crop, then {@code (value / 255 - mean) / std} per channel.
 * Resizing and cropping happen here on uint8 pixels; the normalisation is part of the compiled network.
 *
 * @param name {@code microsoft}, {@code timm}, {@code hf}, {@code torchvision}: whose published rule it follows
 * @param resize how the image meets its resized size
 * @param resizeHeight pixels; for {@link Resize#SHORT_SIDE} both are the length of the shorter side
 * @param resizeWidth pixels
 * @param cropHeight height of the network's input, pixels
 * @param cropWidth width of the network's input, pixels
 * @param filter resampling filter, as Pillow defines it
 * @param mean per channel, red first, of values scaled to 0..1
 * @param std per channel
 */
public record Recipe(
        String name,
        Resize resize,
        int resizeHeight,
        int resizeWidth,
        int cropHeight,
        int cropWidth,
        Filter filter,
        List<Double> mean,
        List<Double> std)
        implements Serializable {

    /** How the image meets its resized size. */
    public enum Resize {
        /** Both sides to the given size, whatever the aspect ratio. */
        SQUASH,
        /** The shorter side to the given length, the longer one in proportion, rounded down. */
        SHORT_SIDE,
        /** In proportion, to the smallest size that covers both given sides; rounded to the nearest pixel. */
        COVER,
        /** In proportion, to the largest size within both given sides; the crop fills what is missing with the mean colour. */
        FIT
    }

    /** Pillow's filters; all but nearest take every source pixel into account when shrinking. */
    public enum Filter {
        NEAREST,
        BOX,
        BILINEAR,
        HAMMING,
        BICUBIC,
        LANCZOS
    }

    public Recipe {
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        if (mean.size() != 3 || std.size() != 3) {
            throw new IllegalArgumentException(
                    "mean %s and std %s need one value for each of red, green and blue".formatted(mean, std));
        }
        if (resizeHeight < 1 || resizeWidth < 1 || cropHeight < 1 || cropWidth < 1) {
            throw new IllegalArgumentException("recipe %s: resize to %sx%s and crop to %sx%s need at least 1 pixel"
                    .formatted(name, resizeHeight, resizeWidth, cropHeight, cropWidth));
        }
    }

    /** ImageNet's statistics, which every published Swin was trained with. */
    private static final List<Double> IMAGENET_MEAN = List.of(0.485, 0.456, 0.406);

    private static final List<Double> IMAGENET_STD = List.of(0.229, 0.224, 0.225);

    /** From this side on, the published configurations of the original repository and of timm do not crop. */
    private static final int UNCROPPED = 384;

    /**
     * The original repository's evaluation: shorter side to {@code int(256 / 224 * size)}, then centre crop; its 384-pixel
     * models are squashed ({@code TEST.CROP: False} in their configurations).
     */
    public static Recipe microsoft(int height, int width) {
        int side = Math.max(height, width);
        if (side >= UNCROPPED) {
            return bicubic("microsoft", Resize.SQUASH, height, width, height, width);
        }
        int resized = (int) (256.0 / 224 * side);
        return bicubic("microsoft", Resize.SHORT_SIDE, resized, resized, height, width);
    }

    /** timm's evaluation with the {@code crop_pct} of its Swin models: 0.9, and 1.0 from 384 pixels on. */
    public static Recipe timm(int height, int width) {
        double cropPct = Math.max(height, width) >= UNCROPPED ? 1.0 : 0.9;
        return timm(height, width, Resize.SHORT_SIDE, cropPct, Filter.BICUBIC, IMAGENET_MEAN, IMAGENET_STD);
    }

    /**
     * timm's evaluation: resized to {@code floor(size / crop_pct)}, then centre crop.
     *
     * @param resize {@code SHORT_SIDE} for timm's crop mode {@code center}, which covers a rectangle by {@code COVER};
     *     {@code SQUASH} for {@code squash}, {@code FIT} for {@code border}
     * @param cropPct part of the resized side that is kept, 0..1
     */
    public static Recipe timm(
            int height, int width, Resize resize, double cropPct, Filter filter, List<Double> mean, List<Double> std) {
        int resizedHeight = (int) Math.floor(height / cropPct);
        int resizedWidth = (int) Math.floor(width / cropPct);
        boolean coversRectangle = resize == Resize.SHORT_SIDE && resizedHeight != resizedWidth;
        return new Recipe(
                "timm",
                coversRectangle ? Resize.COVER : resize,
                resizedHeight,
                resizedWidth,
                height,
                width,
                filter,
                mean,
                std);
    }

    /** transformers' image processor for Swin: squashed to the network's size, no crop. */
    public static Recipe huggingFace(int height, int width) {
        return bicubic("hf", Resize.SQUASH, height, width, height, width);
    }

    /**
     * torchvision's evaluation: shorter side to the published resized size, in proportion, then centre crop.
     *
     * @param publishedResize what the published weights resize to, pixels
     * @param publishedCrop what they crop to, pixels
     */
    public static Recipe torchvision(int height, int width, int publishedResize, int publishedCrop) {
        int resized = Math.round((float) publishedResize * Math.max(height, width) / publishedCrop);
        return bicubic("torchvision", Resize.SHORT_SIDE, resized, resized, height, width);
    }

    /** The same rule for a network of another size: what is resized to keeps its proportion to what is cropped. */
    public Recipe at(int height, int width) {
        int resizedHeight = Math.round((float) resizeHeight * height / cropHeight);
        int resizedWidth = Math.round((float) resizeWidth * width / cropWidth);
        if (resize != Resize.SHORT_SIDE) {
            return new Recipe(name, resize, resizedHeight, resizedWidth, height, width, filter, mean, std);
        }
        int shortSide = Math.max(resizedHeight, resizedWidth); // so that both sides reach the crop
        return new Recipe(name, resize, shortSide, shortSide, height, width, filter, mean, std);
    }

    private static Recipe bicubic(
            String name, Resize resize, int resizeHeight, int resizeWidth, int cropHeight, int cropWidth) {
        return new Recipe(
                name,
                resize,
                resizeHeight,
                resizeWidth,
                cropHeight,
                cropWidth,
                Filter.BICUBIC,
                IMAGENET_MEAN,
                IMAGENET_STD);
    }

    /** {@code microsoft: shorter side to 256, crop 224x224, bicubic, mean [...], std [...]}. */
    @Override
    public String toString() {
        String sides = resizeHeight + "x" + resizeWidth;
        String resized =
                switch (resize) {
                    case SQUASH -> sides;
                    case SHORT_SIDE -> "shorter side to " + resizeHeight;
                    case COVER -> "to cover " + sides;
                    case FIT -> "to fit into " + sides + " on the mean colour";
                };
        return "%s: %s, crop %sx%s, %s, mean %s, std %s"
                .formatted(name, resized, cropHeight, cropWidth, filter.name().toLowerCase(Locale.ROOT), mean, std);
    }
}
