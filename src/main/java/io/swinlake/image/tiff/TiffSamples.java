package io.swinlake.image.tiff;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import io.swinlake.image.Samples;
import java.nio.ByteOrder;

/** What the samples of a TIFF mean, and their colours, for the kinds that Pillow knows. */
public final class TiffSamples {
    private static final int WHITE_IS_ZERO = 0;
    private static final int BLACK_IS_ZERO = 1;
    private static final int RGB = 2;
    private static final int PALETTE = 3;
    private static final int CMYK = 5;
    private static final int YCBCR = 6;

    private static final int UNSIGNED = 1;
    private static final int SIGNED = 2;
    private static final int FLOAT = 3;

    private static final int ASSOCIATED_ALPHA = 1;

    private final int photometric;
    private final int count;
    private final int bits;
    private final int format;
    private final boolean associated;
    private final byte[] palette;
    private final boolean little;

    private TiffSamples(
            int photometric, int count, int bits, int format, boolean associated, byte[] palette, boolean little) {
        this.photometric = photometric;
        this.count = count;
        this.bits = bits;
        this.format = format;
        this.associated = associated;
        this.palette = palette;
        this.little = little;
    }

    /**
     * The samples of a page.
     *
     * @param format unsigned, signed or float
     * @param extra what the samples behind the colours are
     * @param colorMap all reds, then all greens, then all blues, of 16 bits
     */
    public static TiffSamples of(
            int photometric,
            int count,
            int bits,
            int format,
            long[] extra,
            long[] colorMap,
            ByteOrder order,
            Compression compression)
            throws ImageException {
        int colors =
                switch (photometric) {
                    case RGB, YCBCR -> 3;
                    case CMYK -> 4;
                    default -> 1;
                };
        boolean depth =
                switch (photometric) {
                    case WHITE_IS_ZERO, BLACK_IS_ZERO -> isGrayDepth(bits, format);
                    case PALETTE -> format == UNSIGNED && bits <= 8;
                    case RGB, CMYK -> format == UNSIGNED && (bits == 8 || bits == 16);
                    case YCBCR -> format == UNSIGNED && bits == 8 && (count == 1 || compression == Compression.JPEG);
                    default -> false;
                };
        boolean packed = bits % 8 == 0 || count == 1;
        if (!depth || !packed || (count < colors && !(photometric == YCBCR && count == 1))) {
            throw new ImageException(
                    ErrorCode.UNSUPPORTED_FORMAT,
                    "the TIFF has %d %s samples of %d bits of photometric interpretation %d%s, %s: convert it",
                    count,
                    format == FLOAT ? "float" : format == SIGNED ? "signed" : "whole",
                    bits,
                    photometric,
                    name(photometric),
                    "grey, palette, RGB, CMYK and YCbCr in JPEG are read");
        }
        boolean associated = extra.length > 0 && extra[0] == ASSOCIATED_ALPHA && count > colors;
        if (associated && photometric != RGB) {
            throw new ImageException(
                    ErrorCode.UNSUPPORTED_FORMAT,
                    "the TIFF's colours are multiplied with its alpha, which is read for RGB alone: convert it");
        }
        return new TiffSamples(
                photometric, count, bits, format, associated, palette(colorMap), order == ByteOrder.LITTLE_ENDIAN);
    }

    private static boolean isGrayDepth(int bits, int format) {
        return switch (format) {
            case UNSIGNED -> bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 12 || bits == 16 || bits == 32;
            case SIGNED -> bits == 8 || bits == 16 || bits == 32;
            case FLOAT -> bits == 32;
            default -> false;
        };
    }

    private static String name(int photometric) {
        return switch (photometric) {
            case YCBCR -> " (YCbCr)";
            case 4 -> " (a mask)";
            case 8, 9, 10 -> " (CIELab)";
            case 32803 -> " (a camera's raw colour filters)";
            case 34892 -> " (a camera's linear raw)";
            case 32844, 32845 -> " (LogLuv)";
            default -> "";
        };
    }

    private static byte[] palette(long[] colorMap) {
        int colors = colorMap.length / 3;
        byte[] palette = new byte[colors * 3];
        for (int i = 0; i < colors; i++) {
            for (int c = 0; c < 3; c++) {
                palette[i * 3 + c] = (byte) (colorMap[c * colors + i] >> 8);
            }
        }
        return palette;
    }

    /** Whether a JPEG inside must be converted. */
    public boolean isYcbcr() {
        return photometric == YCBCR;
    }

    /** Converts the pixels of one row. */
    public void toRgb(byte[] in, int from, int pixels, byte[] rgb, int target) {
        int bytes = bits / 8;
        for (int x = 0, to = target; x < pixels; x++, to += 3) {
            int at = from + x * count * bytes;
            switch (photometric) {
                case RGB -> color(in, at, rgb, to);
                case CMYK ->
                    Samples.cmykToRgb(
                            high(in, at),
                            high(in, at + bytes),
                            high(in, at + 2 * bytes),
                            high(in, at + 3 * bytes),
                            rgb,
                            to);
                case PALETTE -> Samples.paletteToRgb(bits == 8 ? in[at] & 0xFF : packed(in, from, x), palette, rgb, to);
                case YCBCR -> {
                    if (count == 1) {
                        Samples.grayToRgb(in[at], rgb, to);
                    } else {
                        color(in, at, rgb, to); // the JPEG decoder has converted it
                    }
                }
                default -> Samples.grayToRgb((byte) gray(in, from, at, x), rgb, to);
            }
        }
    }

    private void color(byte[] in, int at, byte[] rgb, int to) {
        int bytes = bits / 8;
        int alpha = associated ? high(in, at + 3 * bytes) : 255;
        for (int c = 0; c < 3; c++) {
            int value = high(in, at + c * bytes);
            rgb[to + c] = alpha == 255 ? (byte) value : alpha == 0 ? 0 : (byte) Math.min(255, value * 255 / alpha);
        }
    }

    /** The high byte of a sample of 8 or 16 bits. */
    private int high(byte[] in, int at) {
        return in[bits == 16 && little ? at + 1 : at] & 0xFF;
    }

    /** The high byte of up to 16 bits; what has more is taken for 0 to 255 and cut off there, as Pillow does it. */
    private int gray(byte[] in, int from, int at, int x) {
        int value =
                switch (bits) {
                    case 8 -> in[at] & 0xFF;
                    case 12 -> packed12(in, from, x) >> 4;
                    case 16 -> format == SIGNED ? clip((short) word(in, at, 2)) : high(in, at);
                    case 32 -> format == FLOAT ? clip(Float.intBitsToFloat(word(in, at, 4))) : clip(word(in, at, 4));
                    default -> packed(in, from, x) * (255 / ((1 << bits) - 1));
                };
        return photometric == WHITE_IS_ZERO && bits <= 8 ? 255 - value : value;
    }

    private static int clip(float value) {
        return (int) Math.max(0, Math.min(255, value));
    }

    private static int clip(int value) {
        return Math.max(0, Math.min(255, value));
    }

    private int word(byte[] in, int at, int bytes) {
        int value = 0;
        for (int b = 0; b < bytes; b++) {
            value = value << 8 | (in[at + (little ? bytes - 1 - b : b)] & 0xFF);
        }
        return value;
    }

    /** A sample of fewer than 8 bits, the first in the highest ones. */
    private int packed(byte[] in, int from, int x) {
        int first = x * bits;
        return (in[from + (first >> 3)] & 0xFF) >> (8 - bits - (first & 7)) & ((1 << bits) - 1);
    }

    private static int packed12(byte[] in, int from, int x) {
        int at = from + x / 2 * 3;
        return x % 2 == 0
                ? (in[at] & 0xFF) << 4 | (in[at + 1] & 0xFF) >> 4
                : (in[at + 1] & 15) << 8 | (in[at + 2] & 0xFF);
    }
}
