package io.swinlake.search.product;

import java.util.Arrays;

/** The scores of a matrix product, written to memory a tile at a time and looked through there. */
record ScannedProduct(MatrixProduct product) implements ThresholdProduct {
    /** With {@link #RIGHT}, scores of 2 MiB. */
    private static final int LEFT = 512;

    private static final int RIGHT = 1024;

    /** Rows whose greatest score in each column is taken before anything is compared, which HotSpot vectorises. */
    private static final int TOGETHER = 16;

    @Override
    public void pairs(Side left, Side right, float[] least, PairSink sink) {
        float[] scores = new float[Math.min(LEFT, left.count()) * Math.min(RIGHT, right.count())];
        for (int i = left.first(); i < left.end(); i += LEFT) {
            Side leftTile = left.part(i, Math.min(left.end(), i + LEFT));
            float[] leftRows = rows(leftTile);
            for (int j = right.first(); j < right.end(); j += RIGHT) {
                Side rightTile = right.part(j, Math.min(right.end(), j + RIGHT));
                product.multiply(leftRows, leftTile.count(), rows(rightTile), rightTile.count(), left.width(), scores);
                scan(scores, leftTile, rightTile, least, sink);
            }
        }
    }

    @Override
    public float dot(float[] v, int vAt, float[] w, int wAt, int count) {
        return product.dot(v, vAt, w, wAt, count);
    }

    private static float[] rows(Side side) {
        return side.first() == 0
                ? side.elements()
                : Arrays.copyOfRange(side.elements(), side.first() * side.width(), side.end() * side.width());
    }

    private static void scan(float[] scores, Side left, Side right, float[] least, PairSink sink) {
        int columns = right.count();
        float[] greatest = new float[columns];
        boolean[] done = new boolean[columns];
        for (int j = 0; j < columns; j++) {
            done[j] = sink.isDoneRight(right.first() + j);
        }
        for (int i = left.first(); i < left.end(); i += TOGETHER) {
            int end = Math.min(left.end(), i + TOGETHER);
            Arrays.fill(greatest, Float.NEGATIVE_INFINITY);
            float lowest = Float.POSITIVE_INFINITY;
            for (int row = i; row < end; row++) {
                raise(greatest, scores, (row - left.first()) * columns);
                lowest = Math.min(lowest, least[row]);
            }
            for (int j = 0; j < columns; j++) {
                if (greatest[j] < lowest) { // false for a NaN, which hides the scores of other rows
                    continue;
                }
                for (int row = i; row < end; row++) {
                    if (scores[(row - left.first()) * columns + j] >= least[row]
                            && !(done[j] && sink.isDoneLeft(row))) {
                        sink.accept(row, right.first() + j);
                    }
                }
            }
        }
    }

    private static void raise(float[] greatest, float[] scores, int first) {
        for (int j = 0; j < greatest.length; j++) {
            greatest[j] = Math.max(greatest[j], scores[first + j]);
        }
    }
}
