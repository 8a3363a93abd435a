package io.swinlake.image;

/** Stored samples to RGB, by the rules of Pillow's {@code convert('RGB')}. */
public final class Samples {
    private Samples() {}

    /** To 0..255. */
    public static byte clamp(int sample) {
        return (byte) Math.max(0, Math.min(255, sample));
    }

    /** Every sample three times. */
    public static byte[] grayToRgb(byte[] gray) {
        byte[] rgb = new byte[gray.length * 3];
        for (int i = 0; i < gray.length; i++) {
            rgb[i * 3] = gray[i];
            rgb[i * 3 + 1] = gray[i];
            rgb[i * 3 + 2] = gray[i];
        }
        return rgb;
    }

    /** CMYK, 255 being full ink, without a colour profile. */
    public static byte[] cmykToRgb(byte[] cmyk) {
        byte[] rgb = new byte[cmyk.length / 4 * 3];
        for (int i = 0, to = 0; i < cmyk.length; i += 4, to += 3) {
            cmykToRgb(cmyk[i] & 0xFF, cmyk[i + 1] & 0xFF, cmyk[i + 2] & 0xFF, cmyk[i + 3] & 0xFF, rgb, to);
        }
        return rgb;
    }

    /** One pixel of it. */
    public static void cmykToRgb(int cyan, int magenta, int yellow, int black, byte[] rgb, int target) {
        int white = 255 - black;
        rgb[target] = clamp(white - product255(cyan, white));
        rgb[target + 1] = clamp(white - product255(magenta, white));
        rgb[target + 2] = clamp(white - product255(yellow, white));
    }

    /** {@code a * b / 255}, rounded. */
    private static int product255(int a, int b) {
        int product = a * b + 128;
        return ((product >> 8) + product) >> 8;
    }

    /**
     * Looks colours up.
     *
     * @param palette RGB triples
     */
    public static byte[] paletteToRgb(byte[] indices, byte[] palette) {
        byte[] rgb = new byte[indices.length * 3];
        for (int i = 0; i < indices.length; i++) {
            paletteToRgb(indices[i] & 0xFF, palette, rgb, i * 3);
        }
        return rgb;
    }

    /** Looks one colour up; those that the palette lacks are black, as in Pillow, and without a palette all are grey. */
    public static void paletteToRgb(int index, byte[] palette, byte[] rgb, int target) {
        for (int c = 0; c < 3; c++) {
            int at = index * 3 + c;
            rgb[target + c] = at < palette.length ? palette[at] : (byte) (palette.length == 0 ? index : 0);
        }
    }

    /** One pixel of it. */
    public static void grayToRgb(byte gray, byte[] rgb, int target) {
        rgb[target] = gray;
        rgb[target + 1] = gray;
        rgb[target + 2] = gray;
    }
}
