package io.swinlake.image.format;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import io.swinlake.image.Samples;
import io.swinlake.image.TimeBudget;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** The picture of all layers together that a Photoshop document ends with, plane by plane. */
final class Psd implements EncodedImage {
    private static final int MODE_DATA = 26;
    private static final int BITMAP = 0;
    private static final int INDEXED = 2;
    private static final int RGB = 3;
    private static final int CMYK = 4;
    private static final int COLORS_OF_A_TABLE = 768;

    private final byte[] file;
    private final int width;
    private final int height;
    private final int mode;
    private final int bits;
    private final int channels;
    /** Those that are left out, such as alpha, included. */
    private final int stored;

    private final byte[] palette;
    private final boolean packed;
    private final int start;

    private Psd(byte[] file) throws ImageException {
        ByteBuffer in = ByteBuffer.wrap(file);
        this.file = file;
        this.stored = in.getShort(12) & 0xFFFF;
        this.height = in.getInt(14);
        this.width = in.getInt(18);
        this.bits = in.getShort(22);
        this.mode = in.getShort(24);
        this.channels = switch (mode) {
            case RGB -> 3;
            case CMYK -> 4;
            default -> 1;
        };
        boolean known = (bits == 8 && (mode <= CMYK || mode == 7 || mode == 8)) || (bits == 1 && mode == BITMAP);
        if (in.getShort(4) != 1 || mode < 0 || !known || stored < channels) {
            throw new ImageException(
                    ErrorCode.UNSUPPORTED_FORMAT,
                    "the Photoshop document of version %d has %d channels of %d bits in mode %d,"
                            + " grey, palette, RGB and CMYK of 8 bits in version 1 are read: convert it",
                    in.getShort(4),
                    stored,
                    bits,
                    mode);
        }
        int colors = in.getInt(MODE_DATA);
        this.palette = mode == INDEXED && colors == COLORS_OF_A_TABLE ? table(file) : new byte[0];
        int at = MODE_DATA;
        for (int section = 0; section < 3; section++) { // colours, resources, layers
            at = Math.addExact(at + 4, Math.max(0, in.getInt(at)));
        }
        int compression = in.getShort(at);
        if (compression != 0 && compression != 1) {
            throw new ImageException(
                    ErrorCode.UNSUPPORTED_FORMAT,
                    "the Photoshop document's picture has compression %d, 0 and 1 are read: convert it",
                    compression);
        }
        this.packed = compression == 1;
        this.start = at + 2;
    }

    static Psd open(byte[] file) throws ImageException {
        try {
            return new Psd(file);
        } catch (ArithmeticException e) {
            throw new IndexOutOfBoundsException("a section of 2 GB");
        }
    }

    private static byte[] table(byte[] file) {
        byte[] palette = new byte[COLORS_OF_A_TABLE];
        for (int i = 0; i < COLORS_OF_A_TABLE; i++) {
            palette[i] = file[MODE_DATA + 4 + i % 3 * 256 + i / 3];
        }
        return palette;
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public int height() {
        return height;
    }

    @Override
    public long mostPixels() {
        return (file.length - (long) start) * (packed ? 64 : 1) * 8 / bits / channels;
    }

    @Override
    public long heapBytes() {
        return (3L + channels) * pixels();
    }

    @Override
    public byte[] rgb(TimeBudget time) throws ImageException {
        int rowBytes = (width * bits + 7) / 8;
        byte[][] planes = new byte[channels][];
        int at = packed ? start + 2 * stored * height : start;
        for (int c = 0; c < channels; c++) {
            time.check();
            planes[c] = new byte[rowBytes * height];
            if (packed) {
                unpack(at, planes[c]);
                at += packedBytes(c);
            } else {
                if (planes[c].length > file.length - at) {
                    throw truncated();
                }
                System.arraycopy(file, at, planes[c], 0, planes[c].length);
                at += planes[c].length;
            }
        }
        time.check();
        return toRgb(planes, rowBytes);
    }

    /** Of all rows of a channel, as the table in front of them says. */
    private int packedBytes(int channel) {
        ByteBuffer in = ByteBuffer.wrap(file);
        int bytes = 0;
        for (int y = 0; y < height; y++) {
            bytes += in.getShort(start + 2 * (channel * height + y)) & 0xFFFF;
        }
        return bytes;
    }

    private void unpack(int from, byte[] plane) throws ImageException {
        int at = from;
        int filled = 0;
        while (filled < plane.length) {
            if (at + 1 >= file.length) {
                throw truncated();
            }
            int head = file[at++];
            if (head >= 0) {
                int count = Math.min(head + 1, plane.length - filled);
                if (count > file.length - at) {
                    throw truncated();
                }
                System.arraycopy(file, at, plane, filled, count);
                at += head + 1;
                filled += count;
            } else if (head > -128) {
                int end = Math.min(plane.length, filled + 1 - head);
                Arrays.fill(plane, filled, end, file[at++]);
                filled = end;
            }
        }
    }

    private byte[] toRgb(byte[][] planes, int rowBytes) {
        byte[] rgb = new byte[width * height * 3];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int i = y * rowBytes + x;
                int target = (y * width + x) * 3;
                switch (mode) {
                    case RGB -> {
                        for (int c = 0; c < 3; c++) {
                            rgb[target + c] = planes[c][i];
                        }
                    }
                    case CMYK -> // 255 is no ink
                        Samples.cmykToRgb(
                                ~planes[0][i] & 0xFF,
                                ~planes[1][i] & 0xFF,
                                ~planes[2][i] & 0xFF,
                                ~planes[3][i] & 0xFF,
                                rgb,
                                target);
                    default -> {
                        int value = bits == 8
                                ? planes[0][i] & 0xFF
                                : -(planes[0][y * rowBytes + (x >> 3)] >> (7 - (x & 7)) & 1) & 0xFF;
                        Samples.paletteToRgb(value, palette, rgb, target);
                    }
                }
            }
        }
        return rgb;
    }

    private ImageException truncated() {
        return new ImageException(
                ErrorCode.TRUNCATED,
                "the Photoshop document ends after %d bytes, inside its picture: write it again",
                file.length);
    }
}
