package io.swinlake.image.format;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import io.swinlake.image.Samples;
import io.swinlake.image.TimeBudget;
import java.nio.ByteBuffer;

/** Silicon Graphics' image file: planes from the bottom up, plain and in run lengths. Of 16 bits the high byte counts. */
final class Sgi implements EncodedImage {
    private static final int HEADER_BYTES = 512;

    private final ByteBuffer in;
    private final boolean runs;
    private final int bytes;
    private final int width;
    private final int height;
    private final int channels;

    private Sgi(byte[] file) throws ImageException {
        this.in = ByteBuffer.wrap(file);
        this.runs = file[2] == 1;
        this.bytes = file[3];
        int dimensions = in.getShort(4);
        this.width = in.getShort(6) & 0xFFFF;
        this.height = in.getShort(8) & 0xFFFF;
        this.channels = in.getShort(10);
        boolean gray = (dimensions == 1 || dimensions == 2) && channels == 1;
        boolean colors = dimensions == 3 && (channels == 3 || channels == 4);
        if (file[2] < 0 || file[2] > 1 || bytes < 1 || bytes > 2 || !(gray || colors)) {
            throw new ImageException(
                    ErrorCode.UNSUPPORTED_FORMAT,
                    "the SGI image has %d dimensions, %d channels of %d bytes and compression %d,"
                            + " grey and RGB of 1 or 2 bytes are read: convert it",
                    dimensions,
                    channels,
                    bytes,
                    file[2]);
        }
        in.get(HEADER_BYTES - 1); // is there as a whole
    }

    static Sgi open(byte[] file) throws ImageException {
        return new Sgi(file);
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public int height() {
        return height;
    }

    /** Rows may share their run lengths, but each has its place and length in a table. */
    @Override
    public long mostPixels() {
        long data = (long) in.capacity() - HEADER_BYTES;
        return runs ? data / (8L * channels) * width : data / ((long) channels * bytes);
    }

    @Override
    public long heapBytes() {
        return 3 * pixels();
    }

    @Override
    public byte[] rgb(TimeBudget time) throws ImageException {
        byte[] rgb = new byte[width * height * 3];
        byte[] row = new byte[width];
        for (int c = 0; c < Math.min(3, channels); c++) {
            for (int y = 0; y < height; y++) {
                time.check();
                if (runs) {
                    unpack(c * height + y, row);
                } else {
                    plain(HEADER_BYTES + (c * height + y) * width * bytes, row);
                }
                int target = (height - 1 - y) * width * 3 + c;
                for (int x = 0; x < width; x++) {
                    rgb[target + x * 3] = row[x];
                    if (channels == 1) {
                        Samples.grayToRgb(row[x], rgb, target + x * 3);
                    }
                }
            }
        }
        return rgb;
    }

    private void plain(int from, byte[] row) {
        for (int x = 0; x < width; x++) {
            row[x] = in.get(from + x * bytes);
        }
    }

    private void unpack(int number, byte[] row) throws ImageException {
        int at = in.getInt(HEADER_BYTES + 4 * number);
        int length = in.getInt(HEADER_BYTES + 4 * (channels * height + number));
        if (at < 0 || length < 0 || length > in.capacity() - at) {
            throw damaged(number);
        }
        int end = at + length;
        int filled = 0;
        while (filled < width) {
            if (at + bytes > end) {
                throw damaged(number);
            }
            int head = in.get(at + bytes - 1);
            at += bytes;
            int count = head & 0x7F;
            boolean copies = head < 0;
            if (count == 0 || count > width - filled || at + (copies ? count : 1) * bytes > end) {
                throw damaged(number);
            }
            for (int i = 0; i < count; i++) {
                row[filled++] = in.get(at + (copies ? i * bytes : 0));
            }
            at += (copies ? count : 1) * bytes;
        }
    }

    private ImageException damaged(int number) {
        return new ImageException(
                ErrorCode.TRUNCATED,
                "row %d of %d of the SGI image is not whole: write it again",
                number + 1,
                height * channels);
    }
}
