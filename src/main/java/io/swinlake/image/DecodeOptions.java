package io.swinlake.image;

import java.io.Serializable;
import java.util.Locale;

/**
 * What an {@link ImageDecoder} accepts and how it turns images.
 *
 * @param maxPixels images whose header announces more are refused before anything is decoded
 * @param orientation what becomes of the EXIF orientation
 */
public record DecodeOptions(long maxPixels, Orientation orientation) implements Serializable {
    /** Above this Pillow raises {@code DecompressionBombError}: twice its {@code MAX_IMAGE_PIXELS}. */
    public static final long PILLOW_MAX_PIXELS = 2 * 89_478_485L;

    /** RGB samples of one image stand in one array. */
    public static final long MOST_PIXELS = (Integer.MAX_VALUE - 8) / 3;

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
    }

    /** As Pillow and the published evaluations: its pixel limit, orientation ignored. */
    public static DecodeOptions defaults() {
        return new DecodeOptions(PILLOW_MAX_PIXELS, Orientation.IGNORE);
    }
}
