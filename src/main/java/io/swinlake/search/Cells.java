package io.swinlake.search;

import io.swinlake.search.product.MatrixProduct;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * Cells of an inverted file (IVF): a part of the sphere for each of some centers, of all directions that are nearer to it than to another. By
 * spherical k-means (Dhillon and Modha, Machine Learning 42, 2001), so that most neighbours of a direction lie in the few cells nearest to it.
 */
public final class Cells {
    /** As many as FAISS takes for an inverted file. */
    private static final int ROUNDS = 10;

    /** Rows multiplied at a time: with 1,024 cells, scores of 4 MiB. */
    private static final int BLOCK = 1024;

    private final int dimension;
    private final int count;
    private final float[] centers;

    /** @param centers see {@link #centers} */
    public Cells(int dimension, float[] centers) {
        this.dimension = dimension;
        this.count = centers.length / dimension;
        this.centers = centers;
    }

    /**
     * Cells of a sample, the same for the same sample and product.
     *
     * @param sample in no order: the first rows are the first centers
     * @param most cells wanted; fewer where the sample has fewer different rows, none where it has only zeros
     */
    public static Cells of(EmbeddingMatrix<?> sample, int most, MatrixProduct product) {
        int dimension = sample.dimension();
        float[] units = sample.unitRows();
        Cells cells = new Cells(dimension, firstRows(sample, units, most));
        int[] before = {};
        for (int round = 0; round < ROUNDS && cells.count > 0; round++) {
            int[] nearest = cells.nearest(units, sample.size(), 1, product);
            if (Arrays.equals(nearest, before)) {
                break;
            }
            cells = cells.moved(units, nearest);
            before = nearest;
        }
        return cells;
    }

    private static float[] firstRows(EmbeddingMatrix<?> sample, float[] units, int most) {
        int dimension = sample.dimension();
        float[] first = new float[Math.multiplyExact(Math.min(most, sample.size()), dimension)];
        Set<FloatBuffer> different = new HashSet<>();
        for (int row = 0; row < sample.size() && different.size() < most; row++) {
            if (sample.length(row) > 0 && different.add(FloatBuffer.wrap(units, row * dimension, dimension))) {
                System.arraycopy(units, row * dimension, first, (different.size() - 1) * dimension, dimension);
            }
        }
        return Arrays.copyOf(first, different.size() * dimension);
    }

    /** Every center in the mean direction of its rows; where it has none, or they cancel out, it stays. */
    private Cells moved(float[] units, int[] cellOfRow) {
        double[] sums = new double[centers.length];
        for (int row = 0; row < cellOfRow.length; row++) {
            for (int i = 0; i < dimension; i++) {
                sums[cellOfRow[row] * dimension + i] += units[row * dimension + i];
            }
        }
        float[] moved = centers.clone();
        for (int cell = 0; cell < count; cell++) {
            int at = cell * dimension;
            double square = 0;
            for (int i = at; i < at + dimension; i++) {
                square += sums[i] * sums[i];
            }
            for (int i = at; i < at + dimension && square > 0; i++) {
                moved[i] = (float) (sums[i] / Math.sqrt(square));
            }
        }
        return new Cells(dimension, moved);
    }

    /** {@code [rows, wanted]}: the cells nearest to each embedding, the nearest first. A zero one is as near to all. */
    public int[] nearest(EmbeddingMatrix<?> embeddings, int wanted, MatrixProduct product) {
        return nearest(embeddings.unitRows(), embeddings.size(), wanted, product);
    }

    private int[] nearest(float[] units, int rows, int wanted, MatrixProduct product) {
        int[] nearest = new int[Math.multiplyExact(rows, wanted)];
        float[] scores = new float[Math.min(BLOCK, rows) * count];
        float[] best = new float[wanted];
        for (int first = 0; first < rows; first += BLOCK) {
            int end = Math.min(rows, first + BLOCK);
            float[] block = first == 0 ? units : Arrays.copyOfRange(units, first * dimension, end * dimension);
            product.multiply(block, end - first, centers, count, dimension, scores);
            for (int row = first; row < end; row++) {
                Arrays.fill(best, Float.NEGATIVE_INFINITY);
                for (int cell = 0; cell < count; cell++) {
                    float score = scores[(row - first) * count + cell];
                    if (score > best[wanted - 1]) {
                        int place = wanted - 1;
                        for (; place > 0 && best[place - 1] < score; place--) {
                            best[place] = best[place - 1];
                            nearest[row * wanted + place] = nearest[row * wanted + place - 1];
                        }
                        best[place] = score;
                        nearest[row * wanted + place] = cell;
                    }
                }
            }
        }
        return nearest;
    }

    public int count() {
        return count;
    }

    public int dimension() {
        return dimension;
    }

    /** {@code [count, dimension]}, of length 1; not to be written to. */
    public float[] centers() {
        return centers;
    }
}
