package io.swinlake.search.product;

/**
 * Sums over the elements of float32 vectors, in float64. Of the products of two floats every bit is kept; the order in which
 * they are added is an implementation's own, so that the last bits of two implementations differ.
 *
 * <p>A vector lies in an array of bytes, as Spark's rows have it, from a byte on, in the machine's order.
 */
public interface VectorSums {
    /** {@return the sum of the products of some elements of two arrays, in four parts: of every fourth from the first, second, third and fourth} */
    double inFourParts(float[] v, int vAt, float[] w, int wAt, int size);

    /** {@return the sum of the products of the elements of two vectors} */
    double products(byte[] v, int vAt, byte[] w, int wAt, int size);

    /** Writes the sums of the products v w, v v and w w of the elements. */
    void products(byte[] v, int vAt, byte[] w, int wAt, int size, double[] sums);

    /** {@return the sum of the squares of the differences of the elements} */
    double squaredDifferences(byte[] v, int vAt, byte[] w, int wAt, int size);

    /** Adds the elements, each to a sum of its own. */
    void addTo(double[] sums, byte[] v, int vAt, int size);

    /** Writes the elements divided by a number, rounded once. */
    void divide(byte[] v, int vAt, double divisor, float[] quotients, int size);
}
