package io.swinlake.search.product;

/**
 * Sums over the elements of float32 vectors, in float64. Of the products of two floats every bit is kept; the order in which
 * they are added is an implementation's own, so that the last bits of two implementations differ.
 */
public interface VectorSums {
    /** {@return the sum of the products of the first elements of two vectors} */
    double products(float[] v, float[] w, int size);

    /** Writes the sums of the products v w, v v and w w of the first elements. */
    void products(float[] v, float[] w, int size, double[] sums);

    /** {@return the sum of the squares of the differences of the first elements} */
    double squaredDifferences(float[] v, float[] w, int size);

    /** Adds the first elements, each to a sum of its own. */
    void addTo(double[] sums, float[] v, int size);

    /** Writes the first elements divided by a number, rounded once. */
    void divide(float[] v, double divisor, float[] quotients, int size);
}
