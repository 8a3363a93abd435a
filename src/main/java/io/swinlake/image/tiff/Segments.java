package io.swinlake.image.tiff;

import static io.swinlake.image.tiff.TiffDirectory.BITS_PER_SAMPLE;
import static io.swinlake.image.tiff.TiffDirectory.FILL_ORDER;
import static io.swinlake.image.tiff.TiffDirectory.IMAGE_LENGTH;
import static io.swinlake.image.tiff.TiffDirectory.IMAGE_WIDTH;
import static io.swinlake.image.tiff.TiffDirectory.JPEG_TABLES;
import static io.swinlake.image.tiff.TiffDirectory.PLANAR_CONFIGURATION;
import static io.swinlake.image.tiff.TiffDirectory.PREDICTOR;
import static io.swinlake.image.tiff.TiffDirectory.ROWS_PER_STRIP;
import static io.swinlake.image.tiff.TiffDirectory.STRIP_BYTE_COUNTS;
import static io.swinlake.image.tiff.TiffDirectory.STRIP_OFFSETS;
import static io.swinlake.image.tiff.TiffDirectory.T4_OPTIONS;
import static io.swinlake.image.tiff.TiffDirectory.TILE_BYTE_COUNTS;
import static io.swinlake.image.tiff.TiffDirectory.TILE_LENGTH;
import static io.swinlake.image.tiff.TiffDirectory.TILE_OFFSETS;
import static io.swinlake.image.tiff.TiffDirectory.TILE_WIDTH;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import java.nio.ByteOrder;
import java.util.Arrays;

/** The strips or tiles of a page: where they lie in the picture and in the file, and their unpacked samples. */
public final class Segments {
    private static final int SEPARATE = 2;

    private final byte[] file;
    private final TiffDirectory directory;
    private final Compression compression;
    private final int width;
    private final int height;
    private final int samples;
    private final int bits;
    /** Of a tile; a strip is as wide as the picture. */
    private final int segmentWidth;

    private final int segmentHeight;
    private final boolean tiled;
    private final boolean separate;
    private final long[] offsets;
    private final long[] counts;

    /** Reads whole images, of which a strip or tile may be one. */
    public interface ImageReader {
        /**
         * Decodes an image.
         *
         * @return samples of 8 bits, pixel by pixel
         */
        byte[] samples(byte[] image, int width, int height, int samples) throws ImageException;
    }

    /**
     * A part of the picture.
     *
     * @param rows of unpacked samples, of {@code rowBytes} each, pixel by pixel
     */
    @SuppressWarnings("ArrayRecordComponent") // megabytes: copied never, compared never
    public record Part(int left, int top, int width, int height, int rowBytes, byte[] rows) {}

    private Segments(byte[] file, TiffDirectory directory, Compression compression, int samples) throws ImageException {
        this.file = file;
        this.directory = directory;
        this.compression = compression;
        this.samples = samples;
        this.width = directory.getInt(IMAGE_WIDTH, 0);
        this.height = directory.getInt(IMAGE_LENGTH, 0);
        this.bits = directory.getInt(BITS_PER_SAMPLE, 1);
        this.tiled = directory.has(TILE_OFFSETS) && !directory.has(STRIP_OFFSETS);
        this.separate = directory.getInt(PLANAR_CONFIGURATION, 1) == SEPARATE && samples > 1;
        int rows = directory.getInt(ROWS_PER_STRIP, Integer.MAX_VALUE);
        this.segmentWidth = tiled ? directory.getInt(TILE_WIDTH, 0) : width;
        this.segmentHeight = tiled ? directory.getInt(TILE_LENGTH, 0) : rows < 1 ? height : Math.min(rows, height);
        this.offsets = directory.longs(tiled ? TILE_OFFSETS : STRIP_OFFSETS);
        this.counts = directory.longs(tiled ? TILE_BYTE_COUNTS : STRIP_BYTE_COUNTS);
    }

    /**
     * The strips or tiles of a page, whose sizes must be positive.
     *
     * @param samples of a pixel, those that are left out included
     */
    public static Segments of(byte[] file, TiffDirectory directory, Compression compression, int samples)
            throws ImageException {
        Segments segments = new Segments(file, directory, compression, samples);
        if (segments.segmentWidth < 1 || segments.segmentHeight < 1) {
            throw new ImageException(
                    ErrorCode.CORRUPT,
                    "the TIFF's tiles have %dx%d pixels, at least 1x1 was expected",
                    segments.segmentWidth,
                    segments.segmentHeight);
        }
        segments.checkSize();
        return segments;
    }

    /** What is unpacked at once grows with these, not with the picture alone. */
    private void checkSize() throws ImageException {
        long bytes = rowBytes(tiled ? segmentWidth : width) * segmentHeight;
        long pixels = (long) segmentWidth * segmentHeight;
        boolean smallTile = pixels <= 1 << 20;
        if (bytes > Integer.MAX_VALUE - 16 || (!smallTile && pixels > 4L * width * height)) {
            throw new ImageException(
                    ErrorCode.CORRUPT,
                    "the TIFF's tiles have %d pixels, its image %dx%d: write it with smaller ones",
                    pixels,
                    width,
                    height);
        }
    }

    private int samplesTogether() {
        return separate ? 1 : samples;
    }

    private long rowBytes(int pixels) {
        return ((long) pixels * samplesTogether() * bits + 7) / 8;
    }

    /** The most pixels that the bytes of the file can hold. */
    public long mostPixels() {
        long packed = 0;
        for (int i = 0; i < offsets.length; i++) {
            packed += Math.max(0, length(i));
        }
        long expansion = compression.mostExpansion(rowBytes(segmentWidth));
        double most = (double) packed * expansion * 8 / ((double) bits * samples);
        return (long) Math.min(Long.MAX_VALUE, most + 8);
    }

    /** Bytes of the largest strip or tile while it is unpacked. */
    public long partBytes() {
        return rowBytes(segmentWidth) * segmentHeight * (separate ? samples + 1 : 1);
    }

    public int count() {
        return across() * down();
    }

    private int across() {
        return (width - 1) / segmentWidth + 1;
    }

    private int down() {
        return (height - 1) / segmentHeight + 1;
    }

    /** Unpacks a part, its planes put together. */
    public Part part(int number, ImageReader images) throws ImageException {
        int left = number % across() * segmentWidth;
        int top = number / across() * segmentHeight;
        int partWidth = Math.min(segmentWidth, width - left);
        int partHeight = Math.min(segmentHeight, height - top);
        int storedHeight = tiled ? segmentHeight : partHeight;
        byte[] rows;
        if (separate) {
            byte[][] planes = new byte[samples][];
            for (int s = 0; s < samples; s++) {
                planes[s] = unpack(number + s * count(), storedHeight, images);
            }
            rows = interleave(planes, storedHeight);
        } else {
            rows = unpack(number, storedHeight, images);
        }
        return new Part(left, top, partWidth, partHeight, rows.length / storedHeight, rows);
    }

    private byte[] interleave(byte[][] planes, int rows) throws ImageException {
        if (bits % 8 != 0) {
            throw new ImageException(
                    ErrorCode.UNSUPPORTED_FORMAT,
                    "the TIFF has planes of %d bits, those of whole bytes are read: convert it",
                    bits);
        }
        int bytes = bits / 8;
        byte[] together = new byte[segmentWidth * rows * samples * bytes];
        for (int s = 0; s < samples; s++) {
            for (int i = 0; i < segmentWidth * rows; i++) {
                for (int b = 0; b < bytes; b++) {
                    together[(i * samples + s) * bytes + b] = planes[s][i * bytes + b];
                }
            }
        }
        return together;
    }

    /** Packed bytes; to the end of the file where no tag says how many. */
    private long length(int number) {
        long there = file.length - offset(number);
        return number < counts.length ? counts[number] : there;
    }

    private long offset(int number) {
        return number < offsets.length ? offsets[number] : file.length;
    }

    private byte[] unpack(int number, int rows, ImageReader images) throws ImageException {
        long from = offset(number);
        long length = length(number);
        int rowBytes = (int) rowBytes(segmentWidth);
        if (compression == Compression.NONE) {
            length = (long) rowBytes * rows; // Pillow asks no tag
        }
        if (number >= offsets.length || from < 0 || length < 0 || from > file.length - length) {
            throw new ImageException(
                    ErrorCode.TRUNCATED,
                    "the TIFF ends after %d bytes, its part %d of %d has %d at %d: write it again",
                    file.length,
                    number + 1,
                    count(),
                    length,
                    from);
        }
        byte[] in = file;
        int start = (int) from;
        if (compression == Compression.JPEG || compression == Compression.WEBP) {
            byte[] image = Arrays.copyOfRange(file, start, start + (int) length);
            return images.samples(withTables(image), segmentWidth, rows, samplesTogether());
        }
        if (directory.getInt(FILL_ORDER, 1) == 2) {
            in = reversed(start, (int) length);
            start = 0;
        }
        byte[] out = new byte[rowBytes * rows];
        boolean twoDimensions = (directory.get(T4_OPTIONS, 0) & 1) != 0;
        compression.unpack(in, start, (int) length, out, segmentWidth, twoDimensions);
        predict(out, rowBytes);
        return out;
    }

    private void predict(byte[] rows, int rowBytes) throws ImageException {
        boolean byteCodes =
                compression != Compression.NONE && !compression.isFax() && compression != Compression.PACK_BITS;
        int predictor = directory.getInt(PREDICTOR, 1);
        if (!byteCodes || predictor == 1) {
            return;
        }
        ByteOrder order = directory.order();
        boolean whole = bits == 8 || bits == 16 || bits == 32;
        if (predictor == Predictor.HORIZONTAL && whole) {
            Predictor.horizontal(rows, rowBytes, samplesTogether(), bits, order);
        } else if (predictor == Predictor.FLOATING_POINT && whole) {
            Predictor.floatingPoint(rows, rowBytes, samplesTogether(), bits, order);
        } else {
            throw new ImageException(
                    ErrorCode.UNSUPPORTED_FORMAT,
                    "the TIFF has predictor %d with samples of %d bits, 2 and 3 with 8, 16 and 32 are read: convert it",
                    predictor,
                    bits);
        }
    }

    /** A JPEG whose tables all strips share, put in front: without their end marker and its start marker. */
    private byte[] withTables(byte[] image) {
        byte[] tables = directory.bytesOf(JPEG_TABLES);
        if (compression != Compression.JPEG || tables.length < 4 || image.length < 2) {
            return image;
        }
        byte[] joined = Arrays.copyOf(tables, tables.length - 2 + image.length - 2);
        System.arraycopy(image, 2, joined, tables.length - 2, image.length - 2);
        return joined;
    }

    private byte[] reversed(int from, int length) {
        byte[] reversed = new byte[length];
        for (int i = 0; i < length; i++) {
            reversed[i] = (byte) (Integer.reverse(file[from + i]) >>> 24);
        }
        return reversed;
    }
}
