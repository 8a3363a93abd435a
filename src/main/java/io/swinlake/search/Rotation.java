package io.swinlake.search;

import io.swinlake.search.product.MatrixProduct;
import java.util.Arrays;
import java.util.Random;
import org.netlib.lapack.Dsyevr;
import org.netlib.util.intW;

/**
 * The first coordinates of embeddings along the axes in which a sample of them is longest: nearly the eigenvectors of its
 * second-moment matrix, those of the greatest eigenvalues first. Any axes give a right bound, these a tight one.
 */
final class Rotation {
    /** Rounds of subspace iteration, and axes more than are wanted, of which the last are the least true. */
    private static final int ROUNDS = 3;

    private static final int SPARE = 16;

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
        float[] columns = transposed(units, rows, dimension);
        float[] moments = new float[dimension * dimension];
        product.multiply(columns, dimension, columns, dimension, rows, moments);
        return new Rotation(
                dimension,
                count,
                count + SPARE < dimension / 2
                        ? nearlyEigenvectors(moments, dimension, count, product)
                        : eigenvectors(moments, dimension, count));
    }

    private static float[] transposed(float[] matrix, int rows, int columns) {
        float[] transposed = new float[rows * columns];
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < columns; i++) {
                transposed[i * rows + row] = matrix[row * columns + i];
            }
        }
        return transposed;
    }

    /**
     * {@code [count, dimension]}, by subspace iteration: any axes that are multiplied with a matrix turn towards its longest
     * ones, and LAPACK is left with what a few of them see of it, which takes a tenth of the time.
     */
    private static float[] nearlyEigenvectors(float[] symmetric, int dimension, int count, MatrixProduct product) {
        int tried = count + SPARE;
        Random random = new Random(1);
        float[] axes = new float[tried * dimension];
        for (int i = 0; i < axes.length; i++) {
            axes[i] = (float) random.nextGaussian();
        }
        float[] turned = new float[tried * dimension];
        for (int round = 0; round < ROUNDS; round++) {
            product.multiply(axes, tried, symmetric, dimension, dimension, turned);
            axes = orthonormal(turned, tried, dimension, random);
        }
        product.multiply(axes, tried, symmetric, dimension, dimension, turned);
        float[] seen = new float[tried * tried];
        product.multiply(turned, tried, axes, tried, dimension, seen);
        float[] longest = new float[count * dimension];
        product.multiply(
                eigenvectors(seen, tried, count), count, transposed(axes, tried, dimension), dimension, tried, longest);
        return orthonormal(longest, count, dimension, random);
    }

    /** {@code [rows, dimension]}, by Gram and Schmidt in float64; a row that the earlier ones leave nothing of is another one. */
    private static float[] orthonormal(float[] matrix, int rows, int dimension, Random random) {
        double[][] units = new double[rows][dimension];
        float[] rounded = new float[rows * dimension];
        for (int row = 0; row < rows; row++) {
            double[] unit = units[row];
            for (int i = 0; i < dimension; i++) {
                unit[i] = matrix[row * dimension + i];
            }
            while (!isMadeOrthonormal(units, row)) {
                Arrays.setAll(unit, i -> random.nextGaussian());
            }
            for (int i = 0; i < dimension; i++) {
                rounded[row * dimension + i] = (float) unit[i];
            }
        }
        return rounded;
    }

    /** Takes from a row what the earlier ones see of it and makes the rest one long; false if they leave nothing. */
    private static boolean isMadeOrthonormal(double[][] units, int row) {
        double[] left = units[row];
        double before = Math.sqrt(dot(left, left));
        for (int earlier = 0; earlier < row; earlier++) {
            double[] unit = units[earlier];
            double seen = dot(unit, left);
            for (int i = 0; i < left.length; i++) {
                left[i] -= seen * unit[i];
            }
        }
        double length = Math.sqrt(dot(left, left));
        if (!(length > 1e-5 * before)) {
            return false;
        }
        for (int i = 0; i < left.length; i++) {
            left[i] /= length;
        }
        return true;
    }

    private static double dot(double[] v, double[] w) {
        double even = 0;
        double odd = 0;
        int i = 0;
        for (; i < v.length - 1; i += 2) {
            even += v[i] * w[i];
            odd += v[i + 1] * w[i + 1];
        }
        return i < v.length ? even + odd + v[i] * w[i] : even + odd;
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
