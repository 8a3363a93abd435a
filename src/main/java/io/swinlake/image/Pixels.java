package io.swinlake.image;

/**
 * A decoded image.
 *
 * @param rgb {@code [height, width, 3]} samples 0..255, row-major; not copied, so its owner must not change it
 */
@SuppressWarnings("ArrayRecordComponent") // megabytes: copied never, compared never
public record Pixels(int width, int height, byte[] rgb) {
    public Pixels {
        if ((long) width * height * 3 != rgb.length) {
            throw new IllegalArgumentException("%sx%s RGB pixels take %s bytes, found %s"
                    .formatted(width, height, (long) width * height * 3, rgb.length));
        }
    }
}
