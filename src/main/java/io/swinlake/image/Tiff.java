package io.swinlake.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/** TIFF, first page, by TwelveMonkeys' reader; the header is checked here. */
final class Tiff implements EncodedImage {
    private static final int IMAGE_WIDTH = 256;
    private static final int IMAGE_LENGTH = 257;
    private static final int SAMPLES_PER_PIXEL = 277;
    private static final int TILE_WIDTH = 322;
    private static final int TILE_LENGTH = 323;
    private static final int SHORT = 3;

    /** CMYK and alpha. */
    private static final int MAX_SAMPLES_PER_PIXEL = 5;

    /** Tiles up to this size may be larger than the image that they hold. */
    private static final int SMALL_TILE_PIXELS = 1 << 20;

    private final byte[] file;
    private final int width;
    private final int height;

    private Tiff(byte[] file, int width, int height) {
        this.file = file;
        this.width = width;
        this.height = height;
    }

    static Tiff open(byte[] file) throws ImageException {
        ByteBuffer in = ByteBuffer.wrap(file).order(file[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        in.position(4);
        long directory = in.getInt() & 0xFFFFFFFFL;
        if (directory > file.length - 2) {
            throw new ImageException(
                    ErrorCode.TRUNCATED,
                    "the TIFF ends after %d bytes, its directory is at byte %d: write it again",
                    file.length,
                    directory);
        }
        in.position((int) directory);
        int entries = in.getShort() & 0xFFFF;
        Map<Integer, Integer> values = new HashMap<>();
        for (int i = 0; i < entries; i++) {
            int tag = in.getShort() & 0xFFFF;
            int type = in.getShort() & 0xFFFF;
            long count = in.getInt() & 0xFFFFFFFFL;
            int at = in.position();
            int value = in.getInt();
            long bytes = count * bytes(type);
            if (bytes > 4 && (value & 0xFFFFFFFFL) + bytes > file.length) {
                throw new ImageException(
                        ErrorCode.TRUNCATED,
                        "the TIFF ends after %d bytes, tag %d has %d bytes at %d: write it again",
                        file.length,
                        tag,
                        bytes,
                        value & 0xFFFFFFFFL);
            }
            values.put(tag, type == SHORT ? in.getShort(at) & 0xFFFF : value);
        }
        Tiff tiff = new Tiff(file, values.getOrDefault(IMAGE_WIDTH, 0), values.getOrDefault(IMAGE_LENGTH, 0));
        tiff.checkBuffers(
                values.getOrDefault(SAMPLES_PER_PIXEL, 1),
                (long) values.getOrDefault(TILE_WIDTH, 0) * values.getOrDefault(TILE_LENGTH, 0));
        return tiff;
    }

    /** Bytes of one value of a type; 0 for the types that no reader knows. */
    private static int bytes(int type) {
        return switch (type) {
            case 1, 2, 6, 7 -> 1;
            case SHORT, 8 -> 2;
            case 4, 9, 11 -> 4;
            case 5, 10, 12 -> 8;
            default -> 0;
        };
    }

    /** What the codec allocates grows with these, not with the pixels alone. */
    private void checkBuffers(int samplesPerPixel, long tilePixels) throws ImageException {
        if (samplesPerPixel < 1 || samplesPerPixel > MAX_SAMPLES_PER_PIXEL) {
            throw new ImageException(
                    ErrorCode.UNSUPPORTED_FORMAT,
                    "the TIFF has %d samples per pixel, 1 to %d are read: convert it",
                    samplesPerPixel,
                    MAX_SAMPLES_PER_PIXEL);
        }
        if (tilePixels < 0 || (tilePixels > SMALL_TILE_PIXELS && tilePixels > 4L * width * height)) {
            throw new ImageException(
                    ErrorCode.CORRUPT, "the TIFF's tiles have %d pixels, its image %dx%d", tilePixels, width, height);
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
    public byte[] rgb() throws ImageException, IOException {
        return Samples.toRgb(Codecs.tiff(file, reader -> reader.read(0)));
    }
}
