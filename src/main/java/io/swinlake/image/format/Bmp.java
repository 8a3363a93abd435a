package io.swinlake.image.format;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import io.swinlake.image.Samples;
import io.swinlake.image.TimeBudget;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Windows and OS/2 bitmaps, as far as Pillow reads them: palettes, packed samples and run lengths. */
final class Bmp implements EncodedImage {
    private static final int FILE_HEADER_BYTES = 14;

    /** Size of the oldest header, of OS/2 1.x, whose sides have 16 bits and whose palette has three bytes a colour. */
    private static final int CORE_HEADER_BYTES = 12;

    private static final int MAX_COLORS = 65_536;

    private static final int RAW = 0;
    private static final int RLE8 = 1;
    private static final int RLE4 = 2;
    private static final int BITFIELDS = 3;

    private final byte[] file;
    private final int width;
    private final int height;
    private final boolean topDown;
    private final int bits;
    private final int compression;
    /** Of red, green and blue, for images without a palette. */
    private final int[] masks;
    /** RGB triples. */
    private final byte[] palette;
    /** Where the pixels begin. */
    private final int start;

    private Bmp(
            byte[] file,
            int width,
            int height,
            boolean topDown,
            int bits,
            int compression,
            int[] masks,
            byte[] palette,
            int start) {
        this.file = file;
        this.width = width;
        this.height = height;
        this.topDown = topDown;
        this.bits = bits;
        this.compression = compression;
        this.masks = masks;
        this.palette = palette;
        this.start = start < 0 ? file.length : start; // 2 GB and more: behind the end
    }

    static Bmp open(byte[] file) throws ImageException {
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        return open(file, FILE_HEADER_BYTES, in.getInt(10), 1);
    }

    /** A bitmap inside an icon: without file header, and with a mask of the same height above its pixels. */
    static Bmp inIcon(byte[] file, int header) throws ImageException {
        return open(file, header, 0, 2);
    }

    /**
     * Reads header and palette.
     *
     * @param header where it begins
     * @param pixels where they begin, 0 for behind header and palette
     * @param pictures that share the height
     */
    private static Bmp open(byte[] file, int header, int pixels, int pictures) throws ImageException {
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).position(header);
        int headerBytes = in.getInt();
        boolean core = headerBytes == CORE_HEADER_BYTES;
        switch (headerBytes) {
            case CORE_HEADER_BYTES, 40, 52, 56, 64, 108, 124 -> {}
            default ->
                throw new ImageException(
                        ErrorCode.UNSUPPORTED_FORMAT,
                        "the BMP header has %d bytes, 12, 40, 52, 56, 64, 108 or 124 were expected: convert it",
                        headerBytes & 0xFFFFFFFFL);
        }
        int width = core ? in.getShort() & 0xFFFF : in.getInt();
        int height = core ? in.getShort() & 0xFFFF : in.getInt();
        in.getShort(); // planes
        int bits = in.getShort() & 0xFFFF;
        int compression = core ? RAW : in.getInt();
        in.position(header + headerBytes - 1).get(); // is there as a whole
        // A negative height means that rows are stored from the top; one that no int has the opposite of is no height.
        boolean topDown = height < 0;
        int rows = topDown && height != Integer.MIN_VALUE ? -height : height;
        int[] masks = masks(in, header, headerBytes, bits, compression);
        int behind = in.position();
        byte[] palette = {};
        if (bits <= 8) {
            int colors = core ? 0 : in.getInt(header + 32);
            if (colors < 0 || colors > MAX_COLORS) {
                throw new ImageException(
                        ErrorCode.CORRUPT,
                        "the BMP palette has %d colours, at most %d were expected",
                        colors,
                        MAX_COLORS);
            }
            int known = colors == 0 ? 1 << bits : colors;
            int entry = core ? 3 : 4;
            palette = palette(file, behind, known, entry);
            behind = pixels == 0 || pixels == header + headerBytes ? behind + known * entry : pixels;
        } else if (pixels != 0) {
            behind = pixels;
        }
        return new Bmp(file, width, rows / pictures, topDown, bits, compression, masks, palette, behind);
    }

    /** Red, green and blue of images without a palette; leaves the position behind header and masks. */
    private static int[] masks(ByteBuffer in, int header, int headerBytes, int bits, int compression)
            throws ImageException {
        int[] masks = {};
        switch (bits) {
            case 1, 4, 8 -> {}
            case 16 -> masks = new int[] {0x7C00, 0x3E0, 0x1F};
            case 24, 32 -> masks = new int[] {0xFF0000, 0xFF00, 0xFF};
            default ->
                throw new ImageException(
                        ErrorCode.UNSUPPORTED_FORMAT,
                        "the BMP has %d bits per pixel, 1, 4, 8, 16, 24 and 32 are read: convert it",
                        bits);
        }
        boolean runs = bits <= 8 && (compression == RLE8 || compression == RLE4);
        if (compression == BITFIELDS && bits > 8) {
            in.position(header + 40);
            int[] stated = {in.getInt(), in.getInt(), in.getInt()};
            checkMasks(stated, bits);
            boolean none = Arrays.equals(stated, new int[3]);
            masks = none ? masks : stated;
        } else if (compression != RAW && !runs) {
            throw new ImageException(
                    ErrorCode.UNSUPPORTED_FORMAT,
                    "the BMP has compression %d for %d bits, none, RLE8, RLE4 and bit fields are read: convert it",
                    compression,
                    bits);
        }
        in.position(Math.max(in.position(), header + headerBytes));
        if (compression != BITFIELDS || headerBytes > 40) {
            in.position(header + headerBytes);
        }
        return masks;
    }

    private static void checkMasks(int[] masks, int bits) throws ImageException {
        int[][] known =
                switch (bits) {
                    case 16 -> new int[][] {{0xF800, 0x7E0, 0x1F}, {0x7C00, 0x3E0, 0x1F}};
                    case 24 -> new int[][] {{0xFF0000, 0xFF00, 0xFF}};
                    default ->
                        new int[][] {
                            {0xFF0000, 0xFF00, 0xFF},
                            {0xFF000000, 0xFF0000, 0xFF00},
                            {0xFF000000, 0xFF00, 0xFF},
                            {0xFF, 0xFF00, 0xFF0000},
                            {0, 0, 0}
                        };
                };
        for (int[] each : known) {
            if (Arrays.equals(each, masks)) {
                return;
            }
        }
        throw new ImageException(
                ErrorCode.UNSUPPORTED_FORMAT,
                "the BMP's bit fields %08X, %08X, %08X are none that are read: convert it",
                masks[0],
                masks[1],
                masks[2]);
    }

    private static byte[] palette(byte[] file, int from, int colors, int entry) {
        int there = Math.min(colors, Math.max(0, file.length - from) / entry);
        byte[] palette = new byte[there * 3];
        for (int i = 0; i < there; i++) {
            for (int c = 0; c < 3; c++) {
                palette[i * 3 + c] = file[from + i * entry + 2 - c]; // blue comes first
            }
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

    /** Exactly, for run lengths too: they are walked before anything is allocated. */
    @Override
    public long mostPixels() {
        if (width < 1) {
            return 0;
        }
        if (compression == RLE8 || compression == RLE4) {
            return new Runs(new byte[0]).walk();
        }
        long rowBytes = rowBytes();
        // Pillow wants no padding behind the last row.
        long rows = (Math.max(0, file.length - (long) start) + rowBytes - ((long) width * bits + 7) / 8) / rowBytes;
        return rows * width;
    }

    private long rowBytes() {
        return ((long) width * bits + 31) / 32 * 4;
    }

    @Override
    public long heapBytes() {
        return (bits <= 8 ? 3 + 2 : 3) * pixels();
    }

    @Override
    public byte[] rgb(TimeBudget time) throws ImageException {
        if (bits <= 8) {
            return Samples.paletteToRgb(indices(time), palette);
        }
        byte[] rgb = new byte[width * height * 3];
        int pixelBytes = bits / 8;
        for (int y = 0; y < height; y++) {
            time.check();
            int source = (int) (start + y * rowBytes());
            int target = target(y) * 3;
            for (int x = 0; x < width; x++, source += pixelBytes) {
                int pixel = 0;
                for (int b = pixelBytes - 1; b >= 0; b--) {
                    pixel = pixel << 8 | (file[source + b] & 0xFF);
                }
                for (int mask : masks) {
                    rgb[target++] = sample(pixel, mask);
                }
            }
        }
        return rgb;
    }

    /** The bits of a mask, spread over 0 to 255 as Pillow does it. */
    private byte sample(int pixel, int mask) {
        int top = (1 << Integer.bitCount(mask)) - 1;
        int value = (pixel & mask) >>> Integer.numberOfTrailingZeros(mask);
        return (byte) (value * 255 / Math.max(1, top));
    }

    private byte[] indices(TimeBudget time) throws ImageException {
        byte[] indices = new byte[width * height];
        if (compression == RLE8 || compression == RLE4) {
            time.check();
            byte[] stored = new byte[indices.length];
            new Runs(stored).walk();
            for (int y = 0; y < height; y++) {
                System.arraycopy(stored, y * width, indices, target(y), width);
            }
            return indices;
        }
        for (int y = 0; y < height; y++) {
            time.check();
            int source = (int) (start + y * rowBytes());
            int target = target(y);
            for (int x = 0; x < width; x++) {
                int first = x * bits;
                int shift = 8 - bits - (first & 7);
                indices[target + x] = (byte) ((file[source + (first >> 3)] & 0xFF) >> shift & ((1 << bits) - 1));
            }
        }
        return indices;
    }

    /** Where a stored row begins. */
    private int target(int y) {
        return (topDown ? y : height - 1 - y) * width;
    }

    /** Run lengths; what no run reaches has colour 0. */
    private final class Runs {
        private final byte[] out;
        private final long all = (long) width * height;
        private long filled;

        /** Over an empty array it only counts. */
        Runs(byte[] out) {
            this.out = out;
        }

        /** Says how many indices there are. */
        long walk() {
            boolean nibbles = compression == RLE4;
            int at = start;
            long x = 0;
            while (filled < all && at >= 0 && at + 1 < file.length) {
                int count = file[at++] & 0xFF;
                int value = file[at++] & 0xFF;
                if (count > 0) {
                    int fits = (int) Math.max(0, Math.min(count, width - x)); // Pillow drops what leaves the row
                    run(fits, value, nibbles);
                    x += fits;
                } else if (value == 0) {
                    filled += (width - filled % width) % width;
                    x = 0;
                } else if (value == 1) {
                    return filled;
                } else if (value == 2) {
                    if (at + 1 >= file.length) {
                        return filled;
                    }
                    filled += Math.min(all - filled, (file[at] & 0xFF) + (file[at + 1] & 0xFFL) * width);
                    at += 2;
                    x = filled % width;
                } else {
                    int pixels = (int) Math.min(all - filled, value);
                    int bytes = nibbles ? (pixels + 1) / 2 : pixels;
                    int there = Math.min(bytes, file.length - at);
                    copy(at, Math.min(pixels, nibbles ? there * 2 : there), nibbles);
                    at += bytes;
                    x += value;
                    if (there < bytes || filled == all) {
                        return filled;
                    }
                    at += at & 1; // runs begin at even bytes of the file
                }
            }
            return filled;
        }

        private void run(int count, int value, boolean nibbles) {
            for (int i = 0; i < count; i++) {
                put(!nibbles ? value : i % 2 == 0 ? value >> 4 : value & 15);
            }
        }

        private void copy(int from, int count, boolean nibbles) {
            for (int i = 0; i < count; i++) {
                int value = file[from + (nibbles ? i / 2 : i)] & 0xFF;
                put(!nibbles ? value : i % 2 == 0 ? value >> 4 : value & 15);
            }
        }

        private void put(int index) {
            if (filled < out.length) {
                out[(int) filled] = (byte) index;
            }
            filled++;
        }
    }
}
