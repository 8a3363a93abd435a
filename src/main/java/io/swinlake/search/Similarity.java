package io.swinlake.search;

import io.swinlake.PublicApi;

/** How alike two embeddings are, as a float64 number: the more, the nearer. */
@PublicApi(since = "0.1.0")
public enum Similarity {
    /** {@code v·w / (|v| |w|)}; not defined for a zero vector, which is therefore nobody's neighbour. */
    COSINE {
        @Override
        double of(double dot, double lengths) {
            return dot / lengths;
        }
    },
    /** {@code v·w}. */
    INNER_PRODUCT {
        @Override
        double of(double dot, double lengths) {
            return dot;
        }
    };

    /**
     * The similarity of two vectors.
     *
     * @param dot their inner product
     * @param lengths the product of their lengths
     */
    abstract double of(double dot, double lengths);
}
