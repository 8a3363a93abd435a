package io.swinlake.search;

import io.swinlake.search.product.MatrixProduct;
import java.util.Arrays;
import org.netlib.lapack.Dsyevr;
import org.netlib.util.intW;

/**
 * The first coordinates of embeddings along the axes in which a sample of them is longest: the eigenvectors of its
 * second-moment matrix, those of the greatest eigenvalues first. Any axes give a right bound, these a tight one.
 */
final class Rotation {
    private final int dimension;
    private final int count;
    private final float[] axes;
    private final double departure;

    /** @param axes {@code [count, dimension]}, as nearly orthonormal as float32 can be */
    Rotation(int dimension, int count, float[] axes) {
        this.dimension = dimension;
        this.count = count;
        this.axes = axes;
        this.departure = departure(dimension, count, axes);
    }

    /**
     * The axes of a sample.
     *
     * @param units {@code [rows, dimension]}: vectors of length 1, or 0
     * @param count axes wanted, at most {@code dimension}
     */
    static Rotation of(float[] units, int rows, int dimension, int count, MatrixProduct product) {
        float[] columns = new float[units.length];
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < dimension; i++) {
                columns[i * rows + row] = units[row * dimension + i];
            }
        }
        float[] moments = new float[dimension * dimension];
        product.multiply(columns, dimension, columns, dimension, rows, moments);
        return new Rotation(dimension, count, eigenvectors(moments, dimension, count));
    }

    /** {@code [count, dimension]}, by LAPACK's dsyevr in Java, which gives the eigenvalues in ascending order. */
    private static float[] eigenvectors(float[] symmetric, int dimension, int count) {
        double[] matrix = new double[symmetric.length];
        Arrays.setAll(matrix, i -> symmetric[i]);
        double[] values = new double[dimension];
        double[] vectors = new double[dimension * count];
        double[] work = new double[40 * dimension];
        int[] whole = new int[20 * dimension];
        intW found = new intW(0);
        intW info = new intW(0);
        Dsyevr.dsyevr(
                "V",
                "I",
                "L",
                dimension,
                matrix,
                0,
                dimension,
                0,
                0,
                dimension - count + 1,
                dimension,
                0,
                found,
                values,
                0,
                vectors,
                0,
                dimension,
                new int[2 * dimension],
                0,
                work,
                0,
                work.length,
                whole,
                0,
                whole.length,
                info);
        if (info.val != 0 || found.val != count) {
            throw new IllegalStateException("dsyevr found %s of %s eigenvectors of a [%s, %s] matrix and reported %s"
                    .formatted(found.val, count, dimension, dimension, info.val));
        }
        float[] axes = new float[count * dimension];
        for (int axis = 0; axis < count; axis++) {
            for (int i = 0; i < dimension; i++) {
                axes[axis * dimension + i] = (float) vectors[(count - 1 - axis) * dimension + i];
            }
        }
        return axes;
    }

    /** The norm of {@code VᵀV - I}, at most: how far the axes, once they are float32, are from orthonormal. */
    private static double departure(int dimension, int count, float[] axes) {
        double sum = 0;
        for (int a = 0; a < count; a++) {
            for (int b = 0; b <= a; b++) {
                double dot = a == b ? -1 : 0;
                for (int i = 0; i < dimension; i++) {
                    dot += (double) axes[a * dimension + i] * axes[b * dimension + i];
                }
                sum += (a == b ? 1 : 2) * dot * dot;
            }
        }
        return Math.sqrt(sum) + 1e-12; // what this sum itself is wrong by, and more
    }

    /** The first of these axes alone. */
    Rotation first(int some) {
        return new Rotation(dimension, some, Arrays.copyOf(axes, some * dimension));
    }

    int dimension() {
        return dimension;
    }

    int count() {
        return count;
    }

    /** {@code [count, dimension]}; not to be written to. */
    float[] axes() {
        return axes;
    }

    double departure() {
        return departure;
    }

    /** {@code [rows, count]}: the coordinates of unit vectors along the axes. */
    float[] coordinates(float[] units, int rows, MatrixProduct product) {
        float[] coordinates = new float[Math.multiplyExact(rows, count)];
        product.multiply(units, rows, axes, count, dimension, coordinates);
        return coordinates;
    }
}
