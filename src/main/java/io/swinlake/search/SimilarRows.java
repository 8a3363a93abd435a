package io.swinlake.search;

/**
 * All pairs of embeddings whose similarity reaches a threshold, exactly as float64 sees it: a float32 matrix product
 * rules out what certainly does not, and the rest is computed again.
 *
 * @param threshold least cosine of a pair, above -1 and at most 1
 */
public record SimilarRows(double threshold, MatrixProduct product) {
    /** Takes one pair. */
    @FunctionalInterface
    public interface PairConsumer<I> {
        void accept(I left, I right, double similarity);
    }

    public SimilarRows {
        if (!(threshold > -1 && threshold <= 1)) {
            throw new IllegalArgumentException(
                    "a cosine threshold is above -1 and at most 1, found %s".formatted(threshold));
        }
    }

    /** With the matrix product in plain Java. */
    public SimilarRows(double threshold) {
        this(threshold, new JavaProduct());
    }

    /** Finds the pairs of one embedding of each side. */
    public <I extends Comparable<? super I>> void between(
            EmbeddingMatrix<I> left, EmbeddingMatrix<I> right, PairConsumer<? super I> pairs) {
        float[] scores = scores(left, right);
        for (int i = 0; i < left.size(); i++) {
            findFrom(0, i, left, right, scores, pairs);
        }
    }

    /** Finds the pairs among embeddings, each pair once. */
    public <I extends Comparable<? super I>> void among(EmbeddingMatrix<I> embeddings, PairConsumer<? super I> pairs) {
        float[] scores = scores(embeddings, embeddings);
        for (int i = 0; i < embeddings.size(); i++) {
            findFrom(i + 1, i, embeddings, embeddings, scores, pairs);
        }
    }

    private float[] scores(EmbeddingMatrix<?> left, EmbeddingMatrix<?> right) {
        float[] scores = new float[Math.multiplyExact(left.size(), right.size())];
        product.multiply(left.unitRows(), left.size(), right.unitRows(), right.size(), left.dimension(), scores);
        return scores;
    }

    private <I extends Comparable<? super I>> void findFrom(
            int firstRight,
            int i,
            EmbeddingMatrix<I> left,
            EmbeddingMatrix<I> right,
            float[] scores,
            PairConsumer<? super I> pairs) {
        float least = Float32Error.below(threshold - Float32Error.bound(left.dimension()));
        for (int j = firstRight; j < right.size(); j++) {
            if (scores[i * right.size() + j] >= least) {
                double similarity = left.similarity(i, right, j, Similarity.COSINE);
                if (similarity >= threshold) { // false for the NaN of a zero row
                    pairs.accept(left.id(i), right.id(j), similarity);
                }
            }
        }
    }
}
