package io.swinlake.search.product;

/**
 * Multiplies two float32 matrices of embeddings, one embedding a row: {@code scores = queries · rowsᵀ}. The order in
 * which an implementation sums is free, a precision below float32 is not: the searches are exact because they know by
 * how much float32 can be wrong.
 */
@FunctionalInterface
public interface MatrixProduct extends InnerProduct {
    /** The product in plain Java, which runs everywhere; for any number of threads. */
    static MatrixProduct inJava() {
        return new JavaProduct();
    }

    /**
     * Writes the inner product of every query and every row.
     *
     * @param queries {@code [queryCount, dimension]}
     * @param rows {@code [rowCount, dimension]}
     * @param scores {@code [queryCount, rowCount]}; filled by this call
     */
    void multiply(float[] queries, int queryCount, float[] rows, int rowCount, int dimension, float[] scores);
}
