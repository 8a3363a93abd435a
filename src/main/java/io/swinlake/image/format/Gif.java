package io.swinlake.image.format;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import io.swinlake.image.Samples;
import io.swinlake.image.TimeBudget;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * First frame of a GIF (GIF89a specification), on the logical screen as Pillow puts it: around the frame lies the
 * transparent colour, or colour 0. Later frames are not looked at, however many there are.
 */
final class Gif implements EncodedImage {
    private static final int SIGNATURE_BYTES = 6;
    private static final int EXTENSION = 0x21;
    private static final int GRAPHIC_CONTROL = 0xF9;
    private static final int IMAGE = 0x2C;
    private static final int TRAILER = 0x3B;
    private static final int INTERLACED = 0x40;

    /** First row and distance of rows of the four passes of an interlaced frame; the plain order is the last alone. */
    private static final int[][] PASSES = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};

    private final int width;
    private final int height;
    private final int background;
    private final byte[] palette;
    private final Frame frame;
    /** Positioned at the minimum code size, in front of the sub-blocks. */
    private final ByteBuffer data;

    private record Frame(int left, int top, int width, int height, boolean interlaced) {}

    private Gif(int width, int height, int background, byte[] palette, Frame frame, ByteBuffer data) {
        this.width = width;
        this.height = height;
        this.background = background;
        this.palette = palette;
        this.frame = frame;
        this.data = data;
    }

    static Gif open(byte[] file) throws ImageException {
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).position(SIGNATURE_BYTES);
        int width = in.getShort() & 0xFFFF;
        int height = in.getShort() & 0xFFFF;
        int flags = in.get();
        in.getShort(); // background colour, which viewers ignore, and pixel aspect ratio
        byte[] palette = palette(in, flags);
        int background = 0;
        int block = in.get() & 0xFF;
        while (block != IMAGE) {
            if (block == TRAILER) {
                throw new ImageException(
                        ErrorCode.CORRUPT, "the GIF has no image: block 0x%02X stands where one was expected", block);
            }
            if (block == EXTENSION) { // what else stands between blocks is stepped over, as in Pillow
                if ((in.get() & 0xFF) == GRAPHIC_CONTROL && (in.get(in.position() + 1) & 1) != 0) {
                    background = in.get(in.position() + 4) & 0xFF;
                }
                skipSubBlocks(in);
            }
            block = in.get() & 0xFF;
        }
        int left = in.getShort() & 0xFFFF;
        int top = in.getShort() & 0xFFFF;
        int frameWidth = in.getShort() & 0xFFFF;
        int frameHeight = in.getShort() & 0xFFFF;
        int frameFlags = in.get();
        byte[] own = palette(in, frameFlags);
        return new Gif(
                Math.max(width, left + frameWidth),
                Math.max(height, top + frameHeight),
                background,
                own.length > 0 ? own : palette,
                new Frame(left, top, frameWidth, frameHeight, (frameFlags & INTERLACED) != 0),
                in);
    }

    private static byte[] palette(ByteBuffer in, int flags) {
        boolean present = (flags & 0x80) != 0;
        byte[] palette = new byte[present ? 3 * (2 << (flags & 7)) : 0];
        in.get(palette);
        return palette;
    }

    private static void skipSubBlocks(ByteBuffer in) {
        for (int length = in.get() & 0xFF; length > 0; length = in.get() & 0xFF) {
            skip(in, length);
        }
    }

    private static void skip(ByteBuffer in, int length) {
        in.get(new byte[length]);
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
        boolean onScreen = frame.width != width || frame.height != height;
        return onScreen ? Long.MAX_VALUE : Lzw.mostIndices(data.remaining());
    }

    /** Frame, screen and result. */
    @Override
    public long heapBytes() {
        return (1 + 1 + 3) * pixels();
    }

    @Override
    public byte[] rgb(TimeBudget time) throws ImageException {
        byte[] indices = indices();
        time.check();
        byte[] screen = new byte[width * height];
        Arrays.fill(screen, (byte) background);
        int row = 0;
        for (int[] pass : frame.interlaced ? PASSES : new int[][] {{0, 1}}) {
            for (int y = pass[0]; y < frame.height; y += pass[1]) {
                System.arraycopy(indices, row * frame.width, screen, (frame.top + y) * width + frame.left, frame.width);
                row++;
            }
        }
        return Samples.paletteToRgb(screen, palette);
    }

    /** The frame's colour indices in stored order: variable-length LZW. */
    private byte[] indices() throws ImageException {
        ByteBuffer in = data.duplicate();
        int minimumBits = in.get() & 0xFF;
        if (minimumBits < 1 || minimumBits > Lzw.MAX_BITS) {
            throw new ImageException(
                    ErrorCode.CORRUPT,
                    "the GIF's code size is %d bits, 1 to %d were expected",
                    minimumBits,
                    Lzw.MAX_BITS - 1);
        }
        return new Lzw(minimumBits, joinSubBlocks(in)).decode(frame.width * frame.height);
    }

    /** The bytes of all sub-blocks; the empty one at the end may be missing. */
    private static byte[] joinSubBlocks(ByteBuffer in) throws ImageException {
        ByteArrayOutputStream joined = new ByteArrayOutputStream(in.remaining());
        int length = in.get() & 0xFF;
        while (length > 0) {
            if (length > in.remaining()) {
                throw new ImageException(
                        ErrorCode.TRUNCATED,
                        "the GIF ends after %d bytes, inside its pixels: write it again",
                        in.limit());
            }
            byte[] block = new byte[length];
            in.get(block);
            joined.writeBytes(block);
            length = in.hasRemaining() ? in.get() & 0xFF : 0;
        }
        return joined.toByteArray();
    }

    /** The variable-length LZW code of GIF: codes of up to 12 bits, least significant bit first. */
    private static final class Lzw {
        private static final int MAX_BITS = 12;
        private static final int MAX_CODES = 1 << MAX_BITS;

        private final byte[] in;
        private final int minimumBits;
        /** For each code the code of all but its last index, its last index, and how many indices it stands for. */
        private final short[] prefix = new short[MAX_CODES];

        private final byte[] last = new byte[MAX_CODES];
        private final int[] length = new int[MAX_CODES];
        private int bitPosition;

        Lzw(int minimumBits, byte[] in) {
            this.minimumBits = minimumBits;
            this.in = in;
            for (int code = 0; code < 1 << minimumBits; code++) {
                last[code] = (byte) code;
                length[code] = 1;
            }
        }

        /** Each code is at most one index longer than the one before it, and takes two bits. */
        static long mostIndices(int bytes) {
            long codes = bytes * 4L;
            return Math.min(codes * MAX_CODES, codes * (codes + 1) / 2);
        }

        byte[] decode(int count) throws ImageException {
            if (count > mostIndices(in.length)) {
                throw truncated(0, count);
            }
            byte[] out = new byte[count];
            int clear = 1 << minimumBits;
            int end = clear + 1;
            int bits = minimumBits + 1;
            int next = end + 1;
            int previous = -1;
            int filled = 0;
            while (filled < count) {
                int code = code(bits);
                if (code == end) {
                    throw truncated(filled, count);
                } else if (code == clear) {
                    bits = minimumBits + 1;
                    next = end + 1;
                    previous = -1;
                    continue;
                } else if (code > next || (code == next && previous < 0)) {
                    throw new ImageException(
                            ErrorCode.CORRUPT, "the GIF data has code %d where at most %d is known", code, next);
                }
                if (previous >= 0 && next < MAX_CODES) {
                    prefix[next] = (short) previous;
                    length[next] = length[previous] + 1;
                    last[next] = first(code == next ? previous : code);
                    next++;
                    if (next == 1 << bits && bits < MAX_BITS) {
                        bits++;
                    }
                }
                filled = write(code, out, filled);
                previous = code;
            }
            return out;
        }

        private int code(int bits) throws ImageException {
            if (bitPosition + bits > in.length * 8L) {
                throw new ImageException(
                        ErrorCode.TRUNCATED, "the GIF data ends after %d bytes: write it again", in.length);
            }
            int at = bitPosition >> 3;
            int value = 0;
            for (int i = 0; i < 3 && at + i < in.length; i++) {
                value |= (in[at + i] & 0xFF) << (8 * i);
            }
            value >>= bitPosition & 7;
            bitPosition += bits;
            return value & ((1 << bits) - 1);
        }

        private byte first(int code) {
            int first = code;
            while (length[first] > 1) {
                first = prefix[first];
            }
            return last[first];
        }

        /** Writes what a code stands for, from its end; what would lie behind the last pixel is dropped. */
        private int write(int code, byte[] out, int from) {
            int end = from + length[code];
            int rest = code;
            for (int i = end - 1; i >= from; i--) {
                if (i < out.length) {
                    out[i] = last[rest];
                }
                rest = prefix[rest];
            }
            return Math.min(end, out.length);
        }

        private static ImageException truncated(int filled, int count) {
            return new ImageException(
                    ErrorCode.TRUNCATED, "the GIF data ends after %d of %d pixels: write it again", filled, count);
        }
    }
}
