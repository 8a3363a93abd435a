package io.swinlake.image;

import java.util.List;

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
        List<Double> std) {

    /** How the image meets its resized size. */
    public enum Resize {
        /** Both sides to the given size, whatever the aspect ratio. */
        SQUASH,
        /** The shorter side to the given length, the longer one in proportion, rounded down. */
        SHORT_SIDE
    }

    /** Pillow's antialiasing filters. */
    public enum Filter {
        BILINEAR,
        BICUBIC
    }

    public Recipe {
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        if (mean.size() != 3 || std.size() != 3) {
            throw new IllegalArgumentException(
                    "mean %s and std %s need one value for each of red, green and blue".formatted(mean, std));
        }
        if (resizeHeight < 1 || resizeWidth < 1 || cropHeight < 1 || cropWidth < 1) {
            throw new IllegalArgumentException("recipe %s: resize to %dx%d and crop to %dx%d need at least 1 pixel"
                    .formatted(name, resizeHeight, resizeWidth, cropHeight, cropWidth));
        }
    }
}
