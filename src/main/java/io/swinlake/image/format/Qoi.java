package io.swinlake.image.format;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import io.swinlake.image.TimeBudget;
import java.nio.ByteBuffer;

/** The Quite OK Image format, version 1.0. */
final class Qoi implements EncodedImage {
    private static final int HEADER_BYTES = 14;
    private static final int MAX_RUN = 62;

    private final byte[] file;
    private final int width;
    private final int height;

    private Qoi(byte[] file, int width, int height) {
        this.file = file;
        this.width = width;
        this.height = height;
    }

    static Qoi open(byte[] file) {
        ByteBuffer in = ByteBuffer.wrap(file);
        in.get(HEADER_BYTES - 1); // is there as a whole
        return new Qoi(file, in.getInt(4), in.getInt(8));
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
        return (long) MAX_RUN * (file.length - HEADER_BYTES);
    }

    @Override
    public long heapBytes() {
        return 3 * pixels();
    }

    @Override
    public byte[] rgb(TimeBudget time) throws ImageException {
        byte[] rgb = new byte[width * height * 3];
        ByteBuffer in = ByteBuffer.wrap(file).position(HEADER_BYTES);
        int[] seen = new int[64];
        int pixel = 0xFF; // red, green, blue, alpha
        int run = 0;
        for (int i = 0; i < width * height; i++) {
            if (i % width == 0) {
                time.check();
            }
            if (run > 0) {
                run--;
            } else if (!in.hasRemaining()) {
                throw truncated(i);
            } else {
                int op = in.get() & 0xFF;
                if (op < 0xFE && op >= 0xC0) {
                    run = op & 0x3F;
                } else {
                    if (in.remaining() < (op == 0xFF ? 4 : op == 0xFE ? 3 : op >> 6 == 2 ? 1 : 0)) {
                        throw truncated(i);
                    }
                    pixel = pixel(op, in, pixel, seen);
                    seen[hash(pixel)] = pixel;
                }
            }
            rgb[i * 3] = (byte) (pixel >> 24);
            rgb[i * 3 + 1] = (byte) (pixel >> 16);
            rgb[i * 3 + 2] = (byte) (pixel >> 8);
        }
        return rgb;
    }

    private static int pixel(int op, ByteBuffer in, int previous, int[] seen) {
        return switch (op) {
            case 0xFE -> (in.get() & 0xFF) << 24 | (in.get() & 0xFF) << 16 | (in.get() & 0xFF) << 8 | (previous & 0xFF);
            case 0xFF -> in.getInt();
            default ->
                switch (op >> 6) {
                    case 0 -> seen[op];
                    case 1 -> plus(previous, (op >> 4 & 3) - 2, (op >> 2 & 3) - 2, (op & 3) - 2);
                    default -> {
                        int green = (op & 0x3F) - 32;
                        int others = in.get() & 0xFF;
                        yield plus(previous, green + (others >> 4) - 8, green, green + (others & 15) - 8);
                    }
                };
        };
    }

    private static int plus(int pixel, int red, int green, int blue) {
        return ((pixel >> 24) + red & 0xFF) << 24
                | ((pixel >> 16) + green & 0xFF) << 16
                | ((pixel >> 8) + blue & 0xFF) << 8
                | (pixel & 0xFF);
    }

    private static int hash(int pixel) {
        return ((pixel >>> 24) * 3 + (pixel >> 16 & 0xFF) * 5 + (pixel >> 8 & 0xFF) * 7 + (pixel & 0xFF) * 11) % 64;
    }

    private ImageException truncated(int pixels) {
        return new ImageException(
                ErrorCode.TRUNCATED, "the QOI data ends after %d of %d pixels: write it again", pixels, width * height);
    }
}
