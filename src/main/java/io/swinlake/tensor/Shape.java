package io.swinlake.tensor;

import java.util.Arrays;

/** Sizes of a tensor, outermost first; {@code []} is a scalar. */
public final class Shape {
    private final long[] dims;

    private Shape(long[] dims) {
        this.dims = dims;
    }

    /**
     * A shape of these sizes.
     *
     * @throws IllegalArgumentException if a size is negative
     */
    public static Shape of(long... dims) {
        for (long dim : dims) {
            if (dim < 0) {
                throw new IllegalArgumentException("a shape needs sizes of at least 0, found " + Arrays.toString(dims));
            }
        }
        return new Shape(dims.clone());
    }

    public int rank() {
        return dims.length;
    }

    /** Size of axis {@code axis}; negative axes count from the end, as in NumPy. */
    public long dim(int axis) {
        return dims[axis < 0 ? axis + dims.length : axis];
    }

    public long[] dims() {
        return dims.clone();
    }

    /**
     * Number of elements.
     *
     * @throws ArithmeticException if the product does not fit 64 bits
     */
    public long elements() {
        long product = 1;
        for (long dim : dims) {
            product = Math.multiplyExact(product, dim);
        }
        return product;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape that && Arrays.equals(dims, that.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    /** As Python prints it: {@code [529, 24]}. */
    @Override
    public String toString() {
        return Arrays.toString(dims);
    }
}
