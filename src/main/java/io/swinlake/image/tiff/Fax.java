package io.swinlake.image.tiff;

import java.util.Arrays;

/** The codes of fax machines: T.4 in one and two dimensions, T.6, and TIFF's kind without end-of-line codes. */
final class Fax {
    /** Runs of 0 to 63, then of 64, 128 and so on. */
    private static final String WHITE =
            "00110101 000111 0111 1000 1011 1100 1110 1111 10011 10100 00111 01000 001000 000011 110100 110101 101010"
                    + " 101011 0100111 0001100 0001000 0010111 0000011 0000100 0101000 0101011 0010011 0100100 0011000"
                    + " 00000010 00000011 00011010 00011011 00010010 00010011 00010100 00010101 00010110 00010111 00101000"
                    + " 00101001 00101010 00101011 00101100 00101101 00000100 00000101 00001010 00001011 01010010 01010011"
                    + " 01010100 01010101 00100100 00100101 01011000 01011001 01011010 01011011 01001010 01001011 00110010"
                    + " 00110011 00110100 11011 10010 010111 0110111 00110110 00110111 01100100 01100101 01101000 01100111"
                    + " 011001100 011001101 011010010 011010011 011010100 011010101 011010110 011010111 011011000"
                    + " 011011001 011011010 011011011 010011000 010011001 010011010 011000 010011011";

    private static final String BLACK = "0000110111 010 11 10 011 0011 0010 00011 000101 000100 0000100 0000101"
            + " 0000111 00000100 00000111 000011000 0000010111 0000011000 0000001000 00001100111 00001101000 00001101100"
            + " 00000110111 00000101000 00000010111 00000011000 000011001010 000011001011 000011001100 000011001101"
            + " 000001101000 000001101001 000001101010 000001101011 000011010010 000011010011 000011010100 000011010101"
            + " 000011010110 000011010111 000001101100 000001101101 000011011010 000011011011 000001010100 000001010101"
            + " 000001010110 000001010111 000001100100 000001100101 000001010010 000001010011 000000100100 000000110111"
            + " 000000111000 000000100111 000000101000 000001011000 000001011001 000000101011 000000101100 000001011010"
            + " 000001100110 000001100111 0000001111 000011001000 000011001001 000001011011 000000110011 000000110100"
            + " 000000110101 0000001101100 0000001101101 0000001001010 0000001001011 0000001001100 0000001001101"
            + " 0000001110010 0000001110011 0000001110100 0000001110101 0000001110110 0000001110111 0000001010010"
            + " 0000001010011 0000001010100 0000001010101 0000001011010 0000001011011 0000001100100 0000001100101";

    /** Runs of 1792, 1856 and so on, of either colour. */
    private static final String LONG = "00000001000 00000001100 00000001101 000000010010 000000010011 000000010100"
            + " 000000010101 000000010110 000000010111 000000011100 000000011101 000000011110 000000011111";

    private static final int MAX_BITS = 13;
    private static final int[] WHITE_CODES = table(WHITE);
    private static final int[] BLACK_CODES = table(BLACK);

    private static final int BAD = -1;
    private static final int EOL_BITS = 12;

    private final byte[] in;
    private final int width;
    private long bit;
    private final long end;
    /** Columns at which the colour changes, the first to black. */
    private int[] line = new int[64];

    private int count;
    /** The same of the row above. */
    private int[] above = new int[64];

    private int aboveCount;
    /** Number of the change above that was last looked for: the next one is hardly farther left. */
    private int lastAbove;

    Fax(byte[] in, int from, int to, int width) {
        this.in = in;
        this.width = width;
        this.bit = from * 8L;
        this.end = to * 8L;
    }

    /** How rows are coded. */
    enum Kind {
        /** TIFF's compression 2: one dimension, each row begins at a byte. */
        BYTES,
        /** TIFF's compression 32771: each row begins at two bytes. */
        WORDS,
        /** T.4, one dimension. */
        T4,
        /** T.4, in which a bit behind each end-of-line code says how the next row is coded. */
        T4_TWO_DIMENSIONS,
        T6
    }

    private static int[] table(String codes) {
        int[] table = new int[1 << MAX_BITS];
        int run = 0;
        for (String code : codes.split(" ", -1)) {
            put(table, code, run);
            run += run < 64 ? 1 : 64;
            run = run == 65 ? 128 : run;
        }
        run = 1792;
        for (String code : LONG.split(" ", -1)) {
            put(table, code, run);
            run += 64;
        }
        return table;
    }

    /** Every number of 13 bits that begins with the code means the run, plus one; 0 is no code. */
    private static void put(int[] table, String code, int run) {
        int free = MAX_BITS - code.length();
        int first = Integer.parseInt(code, 2) << free;
        Arrays.fill(table, first, first + (1 << free), (run + 1) << 4 | code.length());
    }

    /**
     * Decodes rows of one bit a pixel, 1 for black.
     *
     * @param out whole bytes for each row
     * @return how many rows were whole
     */
    int decode(Kind kind, byte[] out, int rows) {
        int rowBytes = (width + 7) / 8;
        for (int y = 0; y < rows; y++) {
            if (!row(kind)) {
                return y;
            }
            paint(out, y * rowBytes);
            int[] free = above;
            above = line;
            aboveCount = count;
            line = free;
        }
        return rows;
    }

    private boolean row(Kind kind) {
        count = 0;
        lastAbove = 0;
        boolean twoDimensions = kind == Kind.T6;
        switch (kind) {
            case BYTES -> bit = (bit + 7) / 8 * 8;
            case WORDS -> bit = (bit + 15) / 16 * 16;
            case T4 -> skipEndOfLine();
            case T4_TWO_DIMENSIONS -> {
                skipEndOfLine();
                twoDimensions = peek(1) == 0;
                bit++;
            }
            case T6 -> {}
        }
        boolean good =
                twoDimensions ? twoDimensional() : oneDimensional(kind == Kind.T4 || kind == Kind.T4_TWO_DIMENSIONS);
        return good && bit <= end;
    }

    /** Eleven zeros or more and a one. The first row may go without. */
    private void skipEndOfLine() {
        long at = bit;
        int zeros = 0;
        while (at < end && bitAt(at) == 0) {
            zeros++;
            at++;
        }
        if (zeros >= EOL_BITS - 1 && at < end) {
            bit = at + 1;
        }
    }

    private boolean oneDimensional(boolean endsOfLines) {
        int x = 0;
        boolean black = false;
        while (x < width) {
            int run = run(black);
            if (run == BAD) {
                // Who ends a row early leaves the rest white.
                return endsOfLines && bit + EOL_BITS <= end && peek(EOL_BITS - 1) == 0;
            }
            x += run;
            change(Math.min(x, width));
            black = !black;
        }
        return true;
    }

    /** T.4, 4.2.1.3.2: what the row is, told by the row above it. */
    private boolean twoDimensional() {
        int a0 = 0;
        boolean black = false;
        boolean started = false;
        while (a0 < width) {
            int b1 = changeAbove(a0, black, started);
            int[] mode = mode();
            if (mode == null) {
                return false;
            }
            bit += mode[0];
            switch (mode[1]) {
                case PASS -> {
                    a0 = aboveAt(b1 + 1);
                    started = true;
                }
                case HORIZONTAL -> {
                    int first = run(black);
                    int second = first == BAD ? BAD : run(!black);
                    if (second == BAD) {
                        return false;
                    }
                    change(Math.min(width, a0 + first));
                    a0 = Math.min(width, a0 + first + second);
                    change(a0);
                    started = true;
                }
                default -> {
                    int to = aboveAt(b1) + mode[1];
                    if (to < a0 || to > width) {
                        return false;
                    }
                    a0 = to;
                    change(a0);
                    black = !black;
                    started = true;
                }
            }
        }
        return true;
    }

    private static final int PASS = 100;
    private static final int HORIZONTAL = 101;
    /** Codes, their bits and meanings: so many columns beside the change above, or one of the two other modes. */
    private static final int[][] MODES = {
        {0b1, 1, 0},
        {0b011, 3, 1},
        {0b010, 3, -1},
        {0b001, 3, HORIZONTAL},
        {0b0001, 4, PASS},
        {0b000011, 6, 2},
        {0b000010, 6, -2},
        {0b0000011, 7, 3},
        {0b0000010, 7, -3}
    };

    /** Bits and meaning of the next mode; null when it is none. */
    @SuppressWarnings("ReturnsNullArray")
    private int[] mode() {
        int next = peek(7);
        for (int[] mode : MODES) {
            if (next >> (7 - mode[1]) == mode[0] && bit + mode[1] <= end) {
                return new int[] {mode[1], mode[2]};
            }
        }
        return null;
    }

    /** Number of the first change above that is right of a0 and to the other colour. */
    private int changeAbove(int a0, boolean black, boolean started) {
        int i = Math.max(0, lastAbove - 1);
        i += (i & 1) == (black ? 1 : 0) ? 0 : 1;
        while (aboveAt(i) < width && (started ? aboveAt(i) <= a0 : aboveAt(i) < a0)) {
            i += 2;
        }
        lastAbove = i;
        return i;
    }

    private int aboveAt(int i) {
        return i < aboveCount ? above[i] : width;
    }

    private void change(int x) {
        if (count == line.length) {
            line = Arrays.copyOf(line, 2 * count);
        }
        line[count++] = x;
    }

    /** The next run, of parts of which the last is shorter than 64. */
    private int run(boolean black) {
        int run = 0;
        int part;
        do {
            int entry = (black ? BLACK_CODES : WHITE_CODES)[peek(MAX_BITS)];
            if (entry == 0 || bit + (entry & 15) > end) {
                return BAD;
            }
            bit += entry & 15;
            part = (entry >> 4) - 1;
            run = Math.min(width, run + part);
        } while (part >= 64);
        return run;
    }

    private int peek(int bits) {
        int at = (int) (bit >> 3);
        int value = 0;
        for (int i = 0; i < 3; i++) {
            value = value << 8 | (at + i < end / 8 ? in[at + i] & 0xFF : 0);
        }
        return value >> (24 - bits - (int) (bit & 7)) & ((1 << bits) - 1);
    }

    private int bitAt(long at) {
        return in[(int) (at >> 3)] >> (7 - (at & 7)) & 1;
    }

    private void paint(byte[] out, int row) {
        for (int i = 0; i < count; i += 2) {
            int to = i + 1 < count ? line[i + 1] : width;
            for (int x = line[i]; x < to; x++) {
                out[row + (x >> 3)] |= (byte) (0x80 >> (x & 7));
            }
        }
    }
}
