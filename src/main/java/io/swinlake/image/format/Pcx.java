package io.swinlake.image.format;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import io.swinlake.image.Samples;
import io.swinlake.image.TimeBudget;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Paintbrush's PCX: rows of planes, in run lengths. */
final class Pcx implements EncodedImage {
    private static final int HEADER_BYTES = 128;
    private static final int PALETTE_AT_END = 769;
    private static final int RUN = 0xC0;

    private final byte[] file;
    private final int width;
    private final int height;
    private final int bits;
    private final int planes;
    private final int stride;
    /** RGB triples; empty for bits and for grey. */
    private final byte[] palette;

    private Pcx(byte[] file) throws ImageException {
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        this.file = file;
        this.width = (in.getShort(8) & 0xFFFF) + 1 - (in.getShort(4) & 0xFFFF);
        this.height = (in.getShort(10) & 0xFFFF) + 1 - (in.getShort(6) & 0xFFFF);
        this.bits = file[3] & 0xFF;
        this.planes = file[65] & 0xFF;
        boolean known = bits == 1
                ? planes == 1 || planes == 2 || planes == 4
                : bits == 8 && (planes == 1 || planes == 3) && file[1] == 5;
        if (!known) {
            throw new ImageException(
                    ErrorCode.UNSUPPORTED_FORMAT,
                    "the PCX of version %d has %d planes of %d bits, 1, 2 or 4 of 1 and 1 or 3 of 8 are read: convert"
                            + " it",
                    file[1],
                    planes,
                    bits);
        }
        int bytes = (width * bits + 7) / 8;
        int stated = in.getShort(66) & 0xFFFF;
        this.stride = stated == bytes ? bytes : bytes + (bytes & 1); // what the header says is not trusted
        int last = file.length - PALETTE_AT_END;
        if (bits == 1 && planes > 1) {
            palette = Arrays.copyOfRange(file, 16, 64);
        } else if (bits == 8 && planes == 1 && last >= 0 && file[last] == 12) {
            palette = Arrays.copyOfRange(file, last + 1, file.length);
        } else {
            palette = new byte[0];
        }
    }

    static Pcx open(byte[] file) throws ImageException {
        return new Pcx(file);
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
        return Math.max(0, file.length - HEADER_BYTES) * 32L * 8 / bits / planes;
    }

    @Override
    public long heapBytes() {
        return 3 * pixels();
    }

    @Override
    public byte[] rgb(TimeBudget time) throws ImageException {
        byte[] rgb = new byte[width * height * 3];
        byte[] row = new byte[stride * planes];
        int at = HEADER_BYTES;
        for (int y = 0; y < height; y++) {
            time.check();
            int filled = 0;
            while (filled < row.length) {
                if (at >= file.length) {
                    throw truncated();
                }
                int value = file[at++] & 0xFF;
                if (value < RUN) {
                    row[filled++] = (byte) value;
                    continue;
                }
                int end = filled + (value & 0x3F);
                if (at >= file.length || end > row.length) {
                    throw truncated();
                }
                Arrays.fill(row, filled, end, file[at++]);
                filled = end;
            }
            for (int x = 0; x < width; x++) {
                put(row, x, rgb, (y * width + x) * 3);
            }
        }
        return rgb;
    }

    private ImageException truncated() {
        return new ImageException(
                ErrorCode.TRUNCATED,
                "the PCX's %d bytes do not end with the last of %d rows: write it again",
                file.length,
                height);
    }

    private void put(byte[] row, int x, byte[] rgb, int target) {
        if (planes == 3) {
            for (int c = 0; c < 3; c++) {
                rgb[target + c] = row[c * stride + x];
            }
        } else if (bits == 8) {
            Samples.paletteToRgb(row[x] & 0xFF, palette, rgb, target);
        } else {
            int index = 0;
            for (int p = planes - 1; p >= 0; p--) {
                index = index << 1 | (row[p * stride + (x >> 3)] >> (7 - (x & 7)) & 1);
            }
            Samples.paletteToRgb(planes == 1 ? -index & 0xFF : index, palette, rgb, target);
        }
    }
}
