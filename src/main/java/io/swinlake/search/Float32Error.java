package io.swinlake.search;

import java.util.Locale;

/** How wrong a float32 matrix product of embeddings no longer than 1 can be. */
final class Float32Error {
    /** Unit roundoff of float32. */
    private static final double UNIT = 0x1p-24;

    /** What vanishes when a product is too small for a normal float32. */
    private static final double UNDERFLOW = 0x1p-125;

    private Float32Error() {}

    /**
     * A bound that holds for any order of summation, with or without fused operations: {@code γₙ = nu / (1 - nu)} times
     * {@code |v| |w| <= 1} (Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, section 3.1). n counts
     * the products and sums, two roundings of each factor (its length's inverse, and its product with that), and one to spare
     * for lengths a hair above 1.
     */
    static double bound(int dimension) {
        double n = dimension + 5;
        if (n * UNIT > 0.5) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "embeddings of %,d elements are too long for float32 to say anything about their similarity",
                    dimension));
        }
        return n * UNIT / (1 - n * UNIT) + dimension * UNDERFLOW;
    }

    /** The greatest float32 that is certainly below a float64. */
    static float below(double value) {
        return Math.nextDown((float) value);
    }
}
