package io.swinlake.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** TIFF, first page, by TwelveMonkeys' reader; the header is checked here. */
final class Tiff implements EncodedImage {
    private static final int IMAGE_WIDTH = 256;
    private static final int IMAGE_LENGTH = 257;
    private static final int SHORT = 3;

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
            throw ImageException.undecodable(
                    "truncated",
                    "the TIFF ends after %d bytes, its directory is at byte %d: write it again",
                    file.length,
                    directory);
        }
        in.position((int) directory);
        int entries = in.getShort() & 0xFFFF;
        int width = 0;
        int height = 0;
        for (int i = 0; i < entries; i++) {
            int tag = in.getShort() & 0xFFFF;
            int type = in.getShort() & 0xFFFF;
            in.getInt(); // number of values
            int at = in.position();
            int value = in.getInt();
            if (type == SHORT) {
                value = in.getShort(at) & 0xFFFF;
            }
            if (tag == IMAGE_WIDTH) {
                width = value;
            } else if (tag == IMAGE_LENGTH) {
                height = value;
            }
        }
        return new Tiff(file, width, height);
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
