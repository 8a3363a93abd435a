package io.swinlake.image.format;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import io.swinlake.image.Samples;
import io.swinlake.image.TimeBudget;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * PNG (ISO 15948). Header, palette and data are read: text, profiles, gamma and transparency, some of them compressed
 * without a limit, are stepped over. Like Pillow it asks for no checksum behind the pixels.
 */
final class Png implements EncodedImage {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    private static final int CHUNK_HEADER_BYTES = 8;
    private static final int CHECKSUM_BYTES = 4;
    private static final int HEADER_BYTES = 13;

    /** Deflate expands at most this many times: 258 bytes from 2 bits. */
    private static final int MAX_EXPANSION = 1032;

    private static final int RGB = 2;
    private static final int PALETTE = 3;
    private static final int GRAY_ALPHA = 4;
    private static final int RGB_ALPHA = 6;

    /** First column and row, and their distances, of the passes of an interlaced image; the plain order is one pass. */
    private static final int[][] PASSES = {
        {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}
    };

    private static final int[][] ONE_PASS = {{0, 0, 1, 1}};

    private final int width;
    private final int height;
    private final int bits;
    private final int colorType;
    private final boolean interlaced;
    /** RGB triples. */
    private final byte[] palette;
    /** The compressed pixels, as far as they are there. */
    private final byte[] data;

    private Png(byte[] header, byte[] palette, byte[] data) throws ImageException {
        this.palette = palette.length > 0 ? palette : new byte[3]; // Pillow shows black without one
        this.data = data;
        ByteBuffer fields = ByteBuffer.wrap(header);
        this.width = fields.getInt();
        this.height = fields.getInt();
        this.bits = fields.get() & 0xFF;
        this.colorType = fields.get() & 0xFF;
        int compression = fields.get();
        int filters = fields.get();
        this.interlaced = fields.get() != 0;
        boolean known =
                switch (colorType) {
                    case 0 -> bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16;
                    case PALETTE -> bits == 1 || bits == 2 || bits == 4 || bits == 8;
                    case RGB, GRAY_ALPHA, RGB_ALPHA -> bits == 8 || bits == 16;
                    default -> false;
                };
        if (!known || compression != 0 || filters != 0) {
            throw new ImageException(
                    ErrorCode.CORRUPT,
                    "the PNG header says colour type %d of %d bits, compression %d and filter %d, which PNG has not:"
                            + " write it again",
                    colorType,
                    bits,
                    compression,
                    filters);
        }
    }

    static Png open(byte[] file) throws ImageException {
        ByteBuffer in = ByteBuffer.wrap(file).position(SIGNATURE.length);
        byte[] header = {};
        byte[] palette = {};
        ByteArrayOutputStream data = new ByteArrayOutputStream(file.length);
        boolean complete = false;
        while (!complete && in.remaining() >= CHUNK_HEADER_BYTES) {
            int start = in.position();
            int length = in.getInt();
            String type = new String(file, start + 4, 4, StandardCharsets.ISO_8859_1);
            if (header.length == 0 && !type.equals("IHDR")) {
                throw new ImageException(
                        ErrorCode.CORRUPT, "the PNG starts with chunk '%s', IHDR was expected", printable(type));
            }
            int from = start + CHUNK_HEADER_BYTES;
            boolean cut = length < 0 || length > file.length - from - CHECKSUM_BYTES;
            switch (type) {
                case "IHDR" -> header = checked(file, from, length, type);
                case "PLTE" -> palette = checked(file, from, length, type);
                case "IDAT" -> data.write(file, from, cut ? file.length - from : length);
                case "IEND" -> complete = true;
                default -> {}
            }
            if (cut) {
                break; // the pixels may be complete nevertheless
            }
            in.position(from + length + CHECKSUM_BYTES);
        }
        return new Png(Arrays.copyOf(header, Math.max(header.length, HEADER_BYTES)), palette, data.toByteArray());
    }

    /** The bytes of a chunk, whose checksum Pillow verifies before it reads pixels. */
    private static byte[] checked(byte[] file, int from, int length, String type) throws ImageException {
        int stored = ByteBuffer.wrap(file).getInt(from + length);
        CRC32 crc = new CRC32();
        crc.update(file, from - 4, length + 4);
        if ((int) crc.getValue() != stored) {
            throw new ImageException(
                    ErrorCode.CORRUPT,
                    "the PNG's chunk '%s' has checksum %08X, its bytes give %08X: write it again",
                    type,
                    stored,
                    crc.getValue());
        }
        return Arrays.copyOfRange(file, from, from + length);
    }

    private static String printable(String type) {
        StringBuilder text = new StringBuilder();
        type.chars().forEach(c -> text.append(c > ' ' && c < 127 ? (char) c : '?'));
        return text.toString();
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
        return data.length * 8L * MAX_EXPANSION / bitsPerPixel();
    }

    @Override
    public long heapBytes() {
        return 3 * pixels();
    }

    private int bitsPerPixel() {
        return bits
                * switch (colorType) {
                    case RGB -> 3;
                    case GRAY_ALPHA -> 2;
                    case RGB_ALPHA -> 4;
                    default -> 1;
                };
    }

    @Override
    public byte[] rgb(TimeBudget time) throws ImageException {
        byte[] rgb = new byte[width * height * 3];
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(data);
            for (int[] pass : interlaced ? PASSES : ONE_PASS) {
                decode(pass, inflater, rgb, time);
            }
        } finally {
            inflater.end();
        }
        return rgb;
    }

    /** Every row is one byte that names its filter, and samples that the filter has changed. */
    private void decode(int[] pass, Inflater inflater, byte[] rgb, TimeBudget time) throws ImageException {
        int columns = (width - pass[0] + pass[2] - 1) / pass[2];
        if (columns <= 0) {
            return;
        }
        int rowBytes = (int) (((long) columns * bitsPerPixel() + 7) / 8);
        int pixelBytes = Math.max(1, bitsPerPixel() / 8);
        byte[] row = new byte[1 + rowBytes];
        byte[] above = new byte[1 + rowBytes];
        for (int y = pass[1]; y < height; y += pass[3]) {
            time.check();
            fill(row, inflater, y);
            unfilter(row, above, pixelBytes, y);
            int target = (y * width + pass[0]) * 3;
            if (colorType == RGB && bits == 8 && pass[2] == 1) {
                System.arraycopy(row, 1, rgb, target, rowBytes);
            } else {
                for (int x = 0; x < columns; x++) {
                    put(row, x, rgb, target + x * pass[2] * 3);
                }
            }
            byte[] free = above;
            above = row;
            row = free;
        }
    }

    private void fill(byte[] row, Inflater inflater, int y) throws ImageException {
        int filled = 0;
        while (filled < row.length) {
            long before = inflater.getBytesWritten();
            try {
                int count = inflater.inflate(row, filled, row.length - filled);
                filled += count;
                if (count == 0) {
                    throw new ImageException(
                            inflater.needsInput() && !inflater.finished() ? ErrorCode.TRUNCATED : ErrorCode.CORRUPT,
                            "the PNG data ends in row %d of %d: write the file again",
                            y + 1,
                            height);
                }
            } catch (DataFormatException e) {
                filled += (int) (inflater.getBytesWritten() - before);
                if (filled < row.length) { // else it is the checksum at the end, which Pillow ignores
                    throw new ImageException(
                                    ErrorCode.CORRUPT,
                                    "the PNG data is damaged in row %d of %d: %s: write the file again",
                                    y + 1,
                                    height,
                                    e.getMessage())
                            .because(e);
                }
            }
        }
    }

    /** ISO 15948, section 9. */
    private static void unfilter(byte[] row, byte[] above, int pixelBytes, int y) throws ImageException {
        switch (row[0]) {
            case 0 -> {}
            case 1 -> {
                for (int i = 1 + pixelBytes; i < row.length; i++) {
                    row[i] += row[i - pixelBytes];
                }
            }
            case 2 -> {
                for (int i = 1; i < row.length; i++) {
                    row[i] += above[i];
                }
            }
            case 3 -> {
                for (int i = 1; i < row.length; i++) {
                    int left = i > pixelBytes ? row[i - pixelBytes] & 0xFF : 0;
                    row[i] += (byte) ((left + (above[i] & 0xFF)) >> 1);
                }
            }
            case 4 -> {
                for (int i = 1; i < row.length; i++) {
                    boolean first = i <= pixelBytes;
                    row[i] += (byte) paeth(
                            first ? 0 : row[i - pixelBytes] & 0xFF,
                            above[i] & 0xFF,
                            first ? 0 : above[i - pixelBytes] & 0xFF);
                }
            }
            default ->
                throw new ImageException(
                        ErrorCode.CORRUPT,
                        "row %d of the PNG has filter %d, 0 to 4 were expected: write the file again",
                        y + 1,
                        row[0] & 0xFF);
        }
    }

    private static int paeth(int left, int up, int corner) {
        int toLeft = Math.abs(up - corner);
        int toUp = Math.abs(left - corner);
        int toCorner = Math.abs(left + up - 2 * corner);
        if (toLeft <= toUp && toLeft <= toCorner) {
            return left;
        }
        return toUp <= toCorner ? up : corner;
    }

    /** One pixel of a row, which starts with its filter; of 16 bits the high byte counts. */
    private void put(byte[] row, int x, byte[] rgb, int target) {
        int bytes = bits == 16 ? 2 : 1;
        switch (colorType) {
            case RGB, RGB_ALPHA -> {
                int source = 1 + x * bytes * (colorType == RGB ? 3 : 4);
                rgb[target] = row[source];
                rgb[target + 1] = row[source + bytes];
                rgb[target + 2] = row[source + 2 * bytes];
            }
            case PALETTE -> Samples.paletteToRgb(sample(row, x), palette, rgb, target);
            default -> {
                int gray =
                        colorType == GRAY_ALPHA ? row[1 + x * 2 * bytes] : bits == 16 ? row[1 + x * 2] : gray(row, x);
                Samples.grayToRgb((byte) gray, rgb, target);
            }
        }
    }

    private int gray(byte[] row, int x) {
        return sample(row, x) * (255 / ((1 << bits) - 1));
    }

    /** A sample of up to 8 bits, the first in the highest ones. */
    private int sample(byte[] row, int x) {
        int first = x * bits;
        return (row[1 + (first >> 3)] & 0xFF) >> (8 - bits - (first & 7)) & ((1 << bits) - 1);
    }
}
