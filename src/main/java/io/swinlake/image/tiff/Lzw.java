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
    private final int to;
    private final boolean old;
    /** For each code where the bytes that it stands for were written last, and how many they are. */
    private final int[] position = new int[MAX_CODES];

    private final int[] length = new int[MAX_CODES];
    private int at;
    private int buffer;
    private int available;

    Lzw(byte[] in, int from, int to) {
        this.in = in;
        this.at = from;
        this.to = to;
        this.old = to - from >= 2 && in[from] == 0 && (in[from + 1] & 1) != 0;
    }

    /** Decodes until {@code out} is full or the data ends, and says how many bytes were written. */
    int decode(byte[] out) {
        int bits = 9;
        int next = FIRST;
        int previous = -1;
        int previousLength = 0;
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
            if (code > next || (code >= FIRST && previous < 0)) {
                return filled;
            }
            if (previous >= 0 && next < MAX_CODES) { // the bytes of the code before, and the one that follows them
                position[next] = previous;
                length[next] = previousLength + 1;
                next++;
                if (next + (old ? 0 : 1) >= 1 << bits && bits < MAX_BITS) {
                    bits++;
                }
            }
            previous = filled;
            if (code < CLEAR) {
                out[filled++] = (byte) code;
                previousLength = 1;
            } else {
                previousLength = length[code];
                int end = Math.min(filled + previousLength, out.length);
                for (int from = position[code]; filled < end; from++) { // may read what it has just written
                    out[filled++] = out[from];
                }
            }
        }
        return filled;
    }

    /** The next code, -1 at the end. */
    private int code(int bits) {
        while (available < bits) {
            if (at == to) {
                return -1;
            }
            int next = in[at++] & 0xFF;
            buffer = old ? buffer | next << available : buffer << 8 | next;
            available += 8;
        }
        available -= bits;
        int mask = (1 << bits) - 1;
        if (!old) {
            return buffer >>> available & mask;
        }
        int code = buffer & mask;
        buffer >>>= bits;
        return code;
    }
}
