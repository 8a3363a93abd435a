package io.swinlake.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Windows bitmap, by the JDK's reader. */
final class Bmp implements EncodedImage {
    private static final int FILE_HEADER_BYTES = 14;

    /** Size of the oldest header, of OS/2 1.x, whose sides have 16 bits. */
    private static final int CORE_HEADER_BYTES = 12;

    /** Size of the newest header, version 5, with room for extensions. */
    private static final int MAX_HEADER_BYTES = 1024;

    private final byte[] file;
    private final int width;
    private final int height;

    private Bmp(byte[] file, int width, int height) {
        this.file = file;
        this.width = width;
        this.height = height;
    }

    static Bmp open(byte[] file) throws ImageException {
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).position(FILE_HEADER_BYTES);
        int headerBytes = in.getInt();
        if (headerBytes == CORE_HEADER_BYTES) {
            return new Bmp(file, in.getShort() & 0xFFFF, in.getShort() & 0xFFFF);
        }
        if (headerBytes < CORE_HEADER_BYTES || headerBytes > MAX_HEADER_BYTES) {
            throw new ImageException(
                    ErrorCode.CORRUPT,
                    "the BMP header claims %d bytes, 12 to 124 were expected",
                    headerBytes & 0xFFFFFFFFL);
        }
        int width = in.getInt();
        int height = in.getInt();
        int bits = in.getInt() >>> 16;
        int compression = in.getInt();
        // A negative height means that rows are stored from the top.
        Bmp bmp = new Bmp(file, width, Math.abs(height));
        long pixelBytes = ((long) width * bits + 31) / 32 * 4 * Math.abs((long) height);
        boolean plain = compression == 0 || compression == 3;
        if (width > 0 && plain && pixelBytes > file.length) {
            throw new ImageException(
                    ErrorCode.TRUNCATED,
                    "%dx%d pixels of %d bits take %d bytes, the BMP has %d: write it again",
                    width,
                    bmp.height,
                    bits,
                    pixelBytes,
                    file.length);
        }
        return bmp;
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
        return Samples.toRgb(Codecs.bmp(file, reader -> reader.read(0)));
    }
}
