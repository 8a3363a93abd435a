package io.swinlake.search;

import io.swinlake.search.product.VectorApi;
import io.swinlake.search.product.VectorSums;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Embeddings side by side in one array, each with its id.
 *
 * @param <I> type of an id
 */
public final class EmbeddingMatrix<I extends Comparable<? super I>> {
    /** Null where there are loops only. */
    private static final VectorSums SUMS = VectorApi.sums().orElse(null);

    private final int dimension;
    private final List<I> ids = new ArrayList<>();
    private float[] elements = {};
    private double[] lengths = {};

    public EmbeddingMatrix(int dimension) {
        if (dimension < 1) {
            throw new IllegalArgumentException(
                    "an embedding needs at least 1 element to be searched for, found %s".formatted(dimension));
        }
        this.dimension = dimension;
    }

    /** With room for some rows, which may become more. */
    public EmbeddingMatrix(int dimension, int rows) {
        this(dimension);
        elements = new float[Math.multiplyExact(dimension, rows)];
        lengths = new double[rows];
    }

    /** Copies one embedding in. */
    public void add(I id, float[] embedding) {
        if (embedding.length != dimension) {
            throw new IllegalArgumentException(
                    "the embedding of %s has %s elements, the first one had %s: embeddings of two models do not compare"
                            .formatted(id, embedding.length, dimension));
        }
        double length = Math.sqrt(dot(embedding, 0, embedding, 0, dimension));
        if (!Double.isFinite(length)) {
            throw new IllegalArgumentException(
                    "the embedding of %s holds a NaN or an infinity, which is near to nothing: filter it out first"
                            .formatted(id));
        }
        add(id, embedding, 0, length);
    }

    private void add(I id, float[] from, int at, double length) {
        int row = ids.size();
        if (row == lengths.length) {
            int capacity = Math.max(16, 2 * row);
            lengths = Arrays.copyOf(lengths, capacity);
            elements = Arrays.copyOf(elements, Math.multiplyExact(capacity, dimension));
        }
        ids.add(id);
        lengths[row] = length;
        System.arraycopy(from, at, elements, row * dimension, dimension);
    }

    /** The same rows in another order. */
    EmbeddingMatrix<I> inOrder(int[] order) {
        EmbeddingMatrix<I> ordered = new EmbeddingMatrix<>(dimension, order.length);
        for (int row : order) {
            ordered.add(ids.get(row), elements, row * dimension, lengths[row]);
        }
        return ordered;
    }

    /** Gives a row another id. */
    public void rename(int row, I id) {
        ids.set(row, id);
    }

    /** Forgets the embeddings and keeps their room. */
    void clear() {
        ids.clear();
    }

    public int size() {
        return ids.size();
    }

    public int dimension() {
        return dimension;
    }

    public I id(int row) {
        return ids.get(row);
    }

    /** {@code [size, dimension]}: a copy of all elements, as they were added. */
    public float[] elements() {
        return Arrays.copyOf(elements, size() * dimension);
    }

    /** Length of an embedding: its L2 norm, in float64. */
    public double length(int row) {
        return lengths[row];
    }

    double greatestLength() {
        double greatest = 0;
        for (int row = 0; row < size(); row++) {
            greatest = Math.max(greatest, lengths[row]);
        }
        return greatest;
    }

    /** The similarity of one embedding here and one there, in float64. */
    double similarity(int row, EmbeddingMatrix<?> others, int other, Similarity similarity) {
        double dot = dot(elements, row * dimension, others.elements, other * dimension, dimension);
        return similarity.of(dot, lengths[row] * others.lengths[other]);
    }

    /** Whether two embeddings have the same elements. */
    boolean isEqual(int row, EmbeddingMatrix<?> others, int other) {
        return Arrays.equals(
                elements,
                row * dimension,
                (row + 1) * dimension,
                others.elements,
                other * dimension,
                (other + 1) * dimension);
    }

    /** The cosine of an embedding and one equal to it: 1, or what float64 makes of that. */
    public double selfSimilarity(int row) {
        return similarity(row, this, row, Similarity.COSINE);
    }

    /** {@code [size, dimension]}: every embedding divided by its own length, a zero one left as it is. */
    float[] unitRows() {
        return unitRows(0, size());
    }

    /** {@code [end - first, dimension]}: some of {@link #unitRows}. */
    float[] unitRows(int first, int end) {
        float[] units = new float[Math.multiplyExact(end - first, dimension)];
        for (int row = first; row < end; row++) {
            divide(row, lengths[row], units, (row - first) * dimension);
        }
        return units;
    }

    /** Writes {@link #unitRows} into an array that may be longer. */
    void writeUnitRows(float[] units) {
        for (int row = 0; row < size(); row++) {
            divide(row, lengths[row], units, row * dimension);
        }
    }

    /** Writes {@code [size, dimension]}, every embedding divided by one length, into an array that may be longer. */
    void writeRowsDividedBy(double length, float[] quotients) {
        for (int row = 0; row < size(); row++) {
            divide(row, length, quotients, row * dimension);
        }
    }

    private void divide(int row, double length, float[] target, int at) {
        double factor = length == 0 ? 1 : 1 / length;
        float rounded = (float) factor;
        int from = row * dimension;
        if (rounded >= Float.MIN_NORMAL
                && rounded <= Float.MAX_VALUE) { // the common case, in float32: four times as fast
            for (int i = 0; i < dimension; i++) {
                target[at + i] = elements[from + i] * rounded;
            }
        } else {
            for (int i = 0; i < dimension; i++) {
                target[at + i] = (float) (elements[from + i] * factor);
            }
        }
    }

    /** Sums in four parts that do not wait for each other. The product of two floats is exact in float64, so that both ways give the same bits. */
    private static double dot(float[] v, int vStart, float[] w, int wStart, int count) {
        return SUMS == null ? dotInJava(v, vStart, w, wStart, count) : SUMS.inFourParts(v, vStart, w, wStart, count);
    }

    static double dotInJava(float[] v, int vStart, float[] w, int wStart, int count) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i < count - 3; i += 4) {
            // All read before the first is used: with AVX, a conversion waits for what was in its register before.
            double v0 = v[vStart + i];
            double v1 = v[vStart + i + 1];
            double v2 = v[vStart + i + 2];
            double v3 = v[vStart + i + 3];
            double w0 = w[wStart + i];
            double w1 = w[wStart + i + 1];
            double w2 = w[wStart + i + 2];
            double w3 = w[wStart + i + 3];
            s0 += v0 * w0;
            s1 += v1 * w1;
            s2 += v2 * w2;
            s3 += v3 * w3;
        }
        for (; i < count; i++) {
            s0 += (double) v[vStart + i] * w[wStart + i];
        }
        return (s0 + s1) + (s2 + s3);
    }
}
