package io.swinlake.image.tiff;

import java.nio.ByteOrder;

/** Samples stored as differences to those at their left: TIFF 6.0, section 14, and its supplement 3 for floats. */
final class Predictor {
    static final int HORIZONTAL = 2;
    static final int FLOATING_POINT = 3;

    private Predictor() {}

    /**
     * Undoes the horizontal one in place.
     *
     * @param samples of a pixel, each of 8, 16 or 32 bits
     */
    static void horizontal(byte[] rows, int rowBytes, int samples, int bits, ByteOrder order) {
        int bytes = bits / 8;
        int step = samples * bytes;
        for (int row = 0; row + rowBytes <= rows.length; row += rowBytes) {
            for (int i = step; i + bytes <= rowBytes; i += bytes) {
                add(rows, row + i, row + i - step, bytes, order == ByteOrder.LITTLE_ENDIAN);
            }
        }
    }

    /** Adds a whole number to another, from its lowest byte on. */
    private static void add(byte[] rows, int to, int from, int bytes, boolean little) {
        int carry = 0;
        for (int b = 0; b < bytes; b++) {
            int at = little ? b : bytes - 1 - b;
            int sum = (rows[to + at] & 0xFF) + (rows[from + at] & 0xFF) + carry;
            rows[to + at] = (byte) sum;
            carry = sum >> 8;
        }
    }

    /** Undoes the one for floats: all highest bytes of a row come first, and each byte is a difference. */
    static void floatingPoint(byte[] rows, int rowBytes, int samples, int bits, ByteOrder order) {
        int bytes = bits / 8;
        int values = rowBytes / bytes;
        byte[] planes = new byte[rowBytes];
        for (int row = 0; row + rowBytes <= rows.length; row += rowBytes) {
            for (int i = samples; i < rowBytes; i++) {
                rows[row + i] += rows[row + i - samples];
            }
            System.arraycopy(rows, row, planes, 0, rowBytes);
            for (int i = 0; i < values; i++) {
                for (int b = 0; b < bytes; b++) {
                    int at = order == ByteOrder.BIG_ENDIAN ? b : bytes - 1 - b;
                    rows[row + i * bytes + at] = planes[b * values + i];
                }
            }
        }
    }
}
