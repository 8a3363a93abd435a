package io.swinlake.search.product;

/**
 * The pairs of two float32 matrices whose inner product reaches a least one: what of a matrix product a search looks at. A
 * product that keeps its scores in registers need not write them to memory.
 */
public interface ThresholdProduct extends InnerProduct {
    /** Takes one pair, by its row on either side. */
    @FunctionalInterface
    interface PairSink {
        void accept(int left, int right);

        /** Whether pairs of this row of the left side and such rows of the right side need not be given. */
        default boolean isDoneLeft(int left) {
            return false;
        }

        /** Whether pairs of this row of the right side and such rows of the left side need not be given. */
        default boolean isDoneRight(int right) {
            return false;
        }
    }

    /** By a matrix product: itself where it can, else what it writes to memory is looked through. */
    static ThresholdProduct by(MatrixProduct product) {
        return product instanceof ThresholdProduct threshold ? threshold : lookingThrough(product);
    }

    /** By scores that are written to memory, whatever else the product can do. */
    static ThresholdProduct lookingThrough(MatrixProduct product) {
        return new ScannedProduct(product);
    }

    /**
     * Gives every pair whose float32 inner product reaches the least one of its left row, each once and in no order; a NaN
     * reaches nothing.
     *
     * @param right as wide as the left side
     * @param least of every left row, by its number in the left matrix
     */
    void pairs(Side left, Side right, float[] least, PairSink sink);

    /**
     * Some rows of a matrix.
     *
     * @param elements {@code [rows, width]}
     * @param end one more than the last row
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Side(float[] elements, int width, int first, int end) {
        int count() {
            return end - first;
        }

        Side part(int from, int to) {
            return new Side(elements, width, from, to);
        }
    }
}
