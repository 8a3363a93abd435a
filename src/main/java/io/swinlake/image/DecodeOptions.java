package io.swinlake.image;

import java.io.Serializable;
import java.time.Duration;
import java.util.Locale;

/**
 * What a decoder accepts and how it turns images.
 *
 * @param maxPixels images whose header announces more are refused before anything is decoded
 * @param orientation what becomes of the EXIF orientation
 * @param timeout processor time that an image of up to 10 megapixels may take; a larger one may take more in proportion
 */
public record DecodeOptions(long maxPixels, Orientation orientation, Duration timeout) implements Serializable {
    /** Above this Pillow raises {@code DecompressionBombError}: twice its {@code MAX_IMAGE_PIXELS}. */
    public static final long PILLOW_MAX_PIXELS = 2 * 89_478_485L;

    /** RGB samples of one image stand in one array. */
    public static final long MOST_PIXELS = (Integer.MAX_VALUE - 8) / 3;

    /** Some fifty times what a common image of 10 megapixels takes. */
    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(5);

    /** What becomes of the EXIF orientation, which says how to turn the stored pixels for viewing. */
    public enum Orientation {
        /** The pixels stay as stored: what Pillow's {@code Image.open} and every published Swin evaluation does. */
        IGNORE,
        /** The pixels are turned and mirrored as the tag says, like Pillow's {@code ImageOps.exif_transpose}. */
        APPLY;

        /** As options name it. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        @Override
        public String toString() {
            return word();
        }
    }

    public DecodeOptions {
        if (maxPixels < 1 || maxPixels > MOST_PIXELS) {
            throw new IllegalArgumentException(
                    "maxPixels is %s, it must lie in 1..%s".formatted(maxPixels, MOST_PIXELS));
        }
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("the timeout is %s, it must be positive".formatted(timeout));
        }
    }

    /** With {@link #DEFAULT_TIMEOUT}. */
    public DecodeOptions(long maxPixels, Orientation orientation) {
        this(maxPixels, orientation, DEFAULT_TIMEOUT);
    }

    /** As Pillow and the published evaluations: its pixel limit, orientation ignored. */
    public static DecodeOptions defaults() {
        return new DecodeOptions(PILLOW_MAX_PIXELS, Orientation.IGNORE);
    }
}
