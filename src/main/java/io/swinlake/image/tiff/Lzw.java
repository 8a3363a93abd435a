package io.swinlake.image.tiff;

/**
 * The variable-length LZW code of TIFF 6.0, section 13: codes of 9 to 12 bits, the highest bit first, whose length grows one
 * code early. Files of the old kind, the lowest bit first and on time, are told by their first code.
 */
final class Lzw {
    private static final int CLEAR = 256;
    private static final int END = 257;
    private static final int FIRST = 258;
    private static final int MAX_BITS = 12;
    private static final int MAX_CODES = 1 << MAX_BITS;

    private final byte[] in;
    private final int from;
    private final int to;
    private final boolean old;
    /** For each code the code of all but its last byte, its last and first byte, and how many bytes it stands for. */
    private final short[] prefix = new short[MAX_CODES];

    private final byte[] last = new byte[MAX_CODES];
    private final byte[] first = new byte[MAX_CODES];
    private final int[] length = new int[MAX_CODES];
    private long bitPosition;

    Lzw(byte[] in, int from, int to) {
        this.in = in;
        this.from = from;
        this.to = to;
        this.old = to - from >= 2 && in[from] == 0 && (in[from + 1] & 1) != 0;
        for (int code = 0; code < CLEAR; code++) {
            last[code] = (byte) code;
            first[code] = (byte) code;
            length[code] = 1;
        }
    }

    /** Decodes until {@code out} is full or the data ends, and says how many bytes were written. */
    int decode(byte[] out) {
        int bits = 9;
        int next = FIRST;
        int previous = -1;
        int filled = 0;
        while (filled < out.length) {
            int code = code(bits);
            if (code < 0 || code == END) {
                return filled;
            }
            if (code == CLEAR) {
                bits = 9;
                next = FIRST;
                previous = -1;
                continue;
            }
            if (code > next || (code == next && previous < 0) || (code >= FIRST && previous < 0)) {
                return filled;
            }
            if (previous >= 0 && next < MAX_CODES) {
                prefix[next] = (short) previous;
                first[next] = first[previous];
                length[next] = length[previous] + 1;
                last[next] = code == next ? first[previous] : first[code];
                next++;
                if (next + (old ? 0 : 1) >= 1 << bits && bits < MAX_BITS) {
                    bits++;
                }
            }
            int end = filled + length[code];
            int rest = code;
            for (int i = end - 1; i >= filled; i--) {
                if (i < out.length) {
                    out[i] = last[rest];
                }
                rest = prefix[rest];
            }
            filled = Math.min(end, out.length);
            previous = code;
        }
        return filled;
    }

    /** The next code, -1 at the end. */
    private int code(int bits) {
        if (bitPosition + bits > (to - from) * 8L) {
            return -1;
        }
        int at = from + (int) (bitPosition >> 3);
        int shift = (int) (bitPosition & 7);
        int value = 0;
        for (int i = 0; i < 3; i++) {
            int next = at + i < to ? in[at + i] & 0xFF : 0;
            value |= old ? next << (8 * i) : next << (16 - 8 * i);
        }
        bitPosition += bits;
        return (old ? value >> shift : value >> (24 - bits - shift)) & ((1 << bits) - 1);
    }
}
