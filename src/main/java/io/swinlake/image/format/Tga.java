package io.swinlake.image.format;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import io.swinlake.image.Samples;
import io.swinlake.image.TimeBudget;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Truevision TGA: palette, grey and colours, plain and in run lengths. It has no magic: its header must make sense. */
final class Tga implements EncodedImage {
    private static final int HEADER_BYTES = 18;
    private static final int RUN_LENGTHS = 8;
    private static final int PALETTE = 1;
    private static final int COLORS = 2;
    private static final int GRAY = 3;

    private final byte[] file;
    private final int kind;
    private final boolean runs;
    private final int width;
    private final int height;
    private final int bits;
    private final boolean fromTop;
    private final boolean fromRight;
    private final byte[] palette;
    private final int start;

    private Tga(byte[] file) throws ImageException {
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        this.file = file;
        this.kind = file[2] & 7;
        this.runs = (file[2] & RUN_LENGTHS) != 0;
        this.width = in.getShort(12) & 0xFFFF;
        this.height = in.getShort(14) & 0xFFFF;
        this.bits = file[16];
        this.fromRight = (file[17] & 0x10) != 0;
        this.fromTop = (file[17] & 0x20) != 0;
        int behindId = HEADER_BYTES + (file[0] & 0xFF);
        boolean hasPalette = file[1] == 1;
        int colors = hasPalette ? in.getShort(5) & 0xFFFF : 0;
        int entry = hasPalette ? (file[7] & 0xFF) / 8 : 0;
        if (hasPalette && file[7] != 16 && file[7] != 24 && file[7] != 32) {
            throw new ImageException(
                    ErrorCode.UNSUPPORTED_FORMAT,
                    "the TGA's palette has %d bits a colour, 16, 24 and 32 are read",
                    file[7]);
        }
        this.palette = palette(file, behindId, in.getShort(3) & 0xFFFF, colors, entry);
        this.start = behindId + colors * entry;
    }

    /** Whether a header of a TGA is there, and of a kind that is read. */
    static boolean accepts(byte[] file) {
        if (file.length < HEADER_BYTES || file[1] < 0 || file[1] > 1 || (file[17] & 0xC0) != 0 || (file[17] & 15) > 8) {
            return false;
        }
        boolean sides = (file[12] != 0 || file[13] != 0) && (file[14] != 0 || file[15] != 0);
        boolean depth =
                switch (file[2]) {
                    case PALETTE, PALETTE | RUN_LENGTHS -> file[16] == 8 && file[1] == 1;
                    case COLORS, COLORS | RUN_LENGTHS -> file[16] == 16 || file[16] == 24 || file[16] == 32;
                    case GRAY, GRAY | RUN_LENGTHS -> file[16] == 8 || file[16] == 16;
                    default -> false;
                };
        return sides && depth;
    }

    static Tga open(byte[] file) throws ImageException {
        return new Tga(file);
    }

    /** RGB triples, of which the first may be left out. */
    private static byte[] palette(byte[] file, int from, int first, int colors, int entry) {
        byte[] palette = new byte[(first + colors) * 3];
        for (int i = 0; i < colors; i++) {
            color(file, from + i * entry, entry, palette, (first + i) * 3);
        }
        return palette;
    }

    /** Blue comes first; of two bytes each colour has five bits. */
    private static void color(byte[] in, int at, int bytes, byte[] rgb, int target) {
        if (bytes == 2) {
            int value = (in[at] & 0xFF) | (in[at + 1] & 0xFF) << 8;
            for (int c = 0; c < 3; c++) {
                rgb[target + c] = (byte) ((value >> (10 - 5 * c) & 31) * 255 / 31);
            }
        } else {
            for (int c = 0; c < 3; c++) {
                rgb[target + c] = in[at + 2 - c];
            }
        }
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
        long bytes = file.length - (long) start;
        return runs ? (bytes + bits / 8) / (1 + bits / 8) * 128 : bytes / (bits / 8);
    }

    @Override
    public long heapBytes() {
        return 3 * pixels();
    }

    @Override
    public byte[] rgb(TimeBudget time) throws ImageException {
        byte[] rgb = new byte[width * height * 3];
        int bytes = bits / 8;
        int at = start;
        int left = 0; // pixels of the packet
        boolean repeats = false;
        for (int y = 0; y < height; y++) {
            time.check();
            int row = (fromTop ? y : height - 1 - y) * width;
            for (int x = 0; x < width; x++) {
                if (runs && left == 0) {
                    require(at + 1 + bytes);
                    repeats = file[at] < 0;
                    left = (file[at++] & 0x7F) + 1;
                }
                require(at + bytes);
                put(at, rgb, (row + (fromRight ? width - 1 - x : x)) * 3);
                left--;
                at += runs && repeats && left > 0 ? 0 : bytes;
            }
        }
        return rgb;
    }

    private void require(int end) throws ImageException {
        if (end > file.length) {
            throw new ImageException(
                    ErrorCode.TRUNCATED, "the TGA ends after %d bytes, inside its pixels: write it again", file.length);
        }
    }

    private void put(int at, byte[] rgb, int target) {
        switch (kind) {
            case PALETTE -> Samples.paletteToRgb(file[at] & 0xFF, palette, rgb, target);
            case GRAY -> Samples.grayToRgb(file[at], rgb, target);
            default -> color(file, at, bits / 8, rgb, target);
        }
    }
}
