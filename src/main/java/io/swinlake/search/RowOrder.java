package io.swinlake.search;

import java.util.Arrays;
import java.util.Comparator;

/**
 * An order of rows in which like stands beside like: halves along the axis in which they spread most, and halves of those. Pairs
 * that a bound leaves then lie together in few tiles of the product, and most tiles have none.
 */
final class RowOrder {
    /** Rows that are not cut further: half a tile. */
    private static final int LEAF = 32;

    private final float[] coordinates;
    private final int width;
    private final int used;
    private final Integer[] order;

    private RowOrder(float[] coordinates, int rows, int width, int used) {
        this.coordinates = coordinates;
        this.width = width;
        this.used = used;
        this.order = new Integer[rows];
        Arrays.setAll(order, row -> row);
    }

    /**
     * The rows in that order.
     *
     * @param coordinates {@code [rows, width]}
     * @param used how many coordinates of a row are looked at
     */
    static int[] of(float[] coordinates, int rows, int width, int used) {
        RowOrder made = new RowOrder(coordinates, rows, width, used);
        made.cut(0, rows);
        return Arrays.stream(made.order).mapToInt(row -> row).toArray();
    }

    private void cut(int from, int to) {
        if (to - from <= LEAF) {
            return;
        }
        int axis = widest(from, to);
        Arrays.sort(order, from, to, Comparator.comparingDouble(row -> coordinates[row * width + axis]));
        int middle = (from + to) / 2;
        cut(from, middle);
        cut(middle, to);
    }

    private int widest(int from, int to) {
        int widest = 0;
        double most = -1;
        for (int axis = 0; axis < used; axis++) {
            double sum = 0;
            double square = 0;
            for (int i = from; i < to; i++) {
                double at = coordinates[order[i] * width + axis];
                sum += at;
                square += at * at;
            }
            double variance = square - sum * sum / (to - from);
            if (variance > most) {
                most = variance;
                widest = axis;
            }
        }
        return widest;
    }
}
