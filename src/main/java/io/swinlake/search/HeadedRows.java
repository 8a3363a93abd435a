package io.swinlake.search;

import io.swinlake.search.product.MatrixProduct;
import java.util.Arrays;

/** Embeddings with what a plan compares before them. */
public final class HeadedRows<I extends Comparable<? super I>> {
    /** Rows rotated at a time. */
    private static final int BLOCK = 4096;

    /** Coordinates by which rows are ordered. */
    private static final int ORDERED_BY = 16;

    private final EmbeddingMatrix<I> embeddings;
    private final float[] first;
    private final float[] second;

    /**
     * Rows as they were taken apart.
     *
     * @param first see {@link #first}
     * @param second see {@link #second}
     */
    public HeadedRows(EmbeddingMatrix<I> embeddings, float[] first, float[] second) {
        this.embeddings = embeddings;
        this.first = first;
        this.second = second;
    }

    /** Rotates some embeddings as a plan wants them, and puts like rows beside each other. */
    public static <I extends Comparable<? super I>> HeadedRows<I> of(
            EmbeddingMatrix<I> embeddings, SearchPlan plan, MatrixProduct product) {
        if (plan.isInFull()) {
            return new HeadedRows<>(embeddings, embeddings.unitRows(), new float[0]);
        }
        Rotation rotation = plan.rotation();
        int count = rotation.count();
        float[] coordinates = new float[Math.multiplyExact(embeddings.size(), count)];
        for (int row = 0; row < embeddings.size(); row += BLOCK) {
            int rows = Math.min(BLOCK, embeddings.size() - row);
            float[] part = rotation.coordinates(embeddings.unitRows(row, row + rows), rows, product);
            System.arraycopy(part, 0, coordinates, row * count, part.length);
        }
        int[] stages = plan.stages();
        int[] order = RowOrder.of(coordinates, embeddings.size(), count, Math.min(ORDERED_BY, stages[0]));
        float[] ordered = new float[coordinates.length];
        for (int row = 0; row < order.length; row++) {
            System.arraycopy(coordinates, order[row] * count, ordered, row * count, count);
        }
        return new HeadedRows<>(
                embeddings.inOrder(order),
                new HeadBound(rotation, stages[0]).rows(ordered, order.length, count),
                stages.length == 1
                        ? new float[0]
                        : new HeadBound(rotation, stages[1]).rows(ordered, order.length, count));
    }

    /** {@return bytes of an embedding with its heads} */
    public static long bytes(SearchPlan plan) {
        int heads = plan.isInFull()
                ? plan.dimension()
                : Arrays.stream(plan.stages()).map(stage -> stage + 1).sum();
        return (long) Float.BYTES * (plan.dimension() + heads);
    }

    int size() {
        return embeddings.size();
    }

    public EmbeddingMatrix<I> embeddings() {
        return embeddings;
    }

    /** {@code [size, width]}: of the first stage, or all elements, each embedding at length 1. */
    public float[] first() {
        return first;
    }

    /** {@code [size, width]} of the second stage, empty without one. */
    public float[] second() {
        return second;
    }
}
