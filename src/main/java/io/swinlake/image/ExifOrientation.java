package io.swinlake.image;

/** How stored pixels are turned for viewing: tag 0x0112 of EXIF 2.3. */
public enum ExifOrientation {
    NORMAL(1),
    MIRRORED(2),
    ROTATED_180(3),
    FLIPPED(4),
    TRANSPOSED(5),
    ROTATED_90(6),
    TRANSVERSED(7),
    ROTATED_270(8);

    private final int tag;

    ExifOrientation(int tag) {
        this.tag = tag;
    }

    /** The orientation of a tag's value: normal for those that mean nothing. */
    public static ExifOrientation ofTag(int tag) {
        for (ExifOrientation orientation : values()) {
            if (orientation.tag == tag) {
                return orientation;
            }
        }
        return NORMAL;
    }

    /** The pixels as they are to be seen. */
    public Pixels apply(Pixels stored) {
        if (this == NORMAL) {
            return stored;
        }
        int width = swapsSides() ? stored.height() : stored.width();
        int height = swapsSides() ? stored.width() : stored.height();
        byte[] rgb = new byte[stored.rgb().length];
        int target = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int source = source(stored, x, y) * 3;
                rgb[target++] = stored.rgb()[source];
                rgb[target++] = stored.rgb()[source + 1];
                rgb[target++] = stored.rgb()[source + 2];
            }
        }
        return new Pixels(width, height, rgb);
    }

    /** Whether width and height change places. */
    public boolean swapsSides() {
        return tag >= TRANSPOSED.tag;
    }

    /** Number of the stored pixel that is seen at (x, y). */
    private int source(Pixels stored, int x, int y) {
        int right = stored.width() - 1;
        int bottom = stored.height() - 1;
        return switch (this) {
            case NORMAL -> y * stored.width() + x;
            case MIRRORED -> y * stored.width() + right - x;
            case ROTATED_180 -> (bottom - y) * stored.width() + right - x;
            case FLIPPED -> (bottom - y) * stored.width() + x;
            case TRANSPOSED -> x * stored.width() + y;
            case ROTATED_90 -> (bottom - x) * stored.width() + y;
            case TRANSVERSED -> (bottom - x) * stored.width() + right - y;
            case ROTATED_270 -> x * stored.width() + right - y;
        };
    }
}
