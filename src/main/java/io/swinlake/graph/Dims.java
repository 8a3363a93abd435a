package io.swinlake.graph;

import java.util.Arrays;
import java.util.StringJoiner;

/**
 * Shape of a {@link Value}: constant sizes, but for at most one axis that is a multiple of the batch, whose size is known
 * only when the network runs.
 */
public final class Dims {
    private static final int NO_BATCH = -1;

    private final long[] sizes;
    private final int batchAxis;

    private Dims(long[] sizes, int batchAxis) {
        this.sizes = sizes;
        this.batchAxis = batchAxis;
    }

    /** Sizes without a batch: a constant's shape. */
    static Dims constant(long... sizes) {
        return new Dims(sizes.clone(), NO_BATCH);
    }

    /** One {@code [sizes]} per image: {@code [batch, sizes...]}. */
    static Dims perImage(long... sizes) {
        long[] all = new long[sizes.length + 1];
        all[0] = 1;
        System.arraycopy(sizes, 0, all, 1, sizes.length);
        return new Dims(all, 0);
    }

    public int rank() {
        return sizes.length;
    }

    /** Whether {@code axis} grows with the batch. */
    public boolean isBatch(int axis) {
        return axis(axis) == batchAxis;
    }

    /** Size of an axis; of the batch axis, its factor: 64 stands for 64 x batch. Negative axes count from the end. */
    public long size(int axis) {
        return sizes[axis(axis)];
    }

    /** The sizes, with -1 for the batch axis: what a reshape is told at run time. */
    public long[] runtimeSizes() {
        long[] runtime = sizes.clone();
        if (batchAxis != NO_BATCH) {
            runtime[batchAxis] = -1;
        }
        return runtime;
    }

    int axis(int axis) {
        int positive = axis < 0 ? axis + sizes.length : axis;
        if (positive < 0 || positive >= sizes.length) {
            throw new GraphException("axis %d is outside %s", axis, this);
        }
        return positive;
    }

    Dims permute(int... axes) {
        if (axes.length != sizes.length) {
            throw new GraphException("permute%s needs all %d axes of %s", Arrays.toString(axes), sizes.length, this);
        }
        boolean[] seen = new boolean[sizes.length];
        long[] moved = new long[axes.length];
        int batch = NO_BATCH;
        for (int i = 0; i < axes.length; i++) {
            int axis = axis(axes[i]);
            if (seen[axis]) {
                throw new GraphException("permute%s names axis %d of %s twice", Arrays.toString(axes), axis, this);
            }
            seen[axis] = true;
            moved[i] = sizes[axis];
            if (axis == batchAxis) {
                batch = i;
            }
        }
        return new Dims(moved, batch);
    }

    /** Axis {@code axis} split into {@code parts}; the first part keeps the batch. */
    Dims unflatten(int axis, long... parts) {
        int at = axis(axis);
        long product = 1;
        for (long part : parts) {
            product *= part;
        }
        if (product != sizes[at]) {
            throw new GraphException(
                    "axis %d of %s does not split into %s: that takes %d", at, this, Arrays.toString(parts), product);
        }
        long[] split = new long[sizes.length - 1 + parts.length];
        System.arraycopy(sizes, 0, split, 0, at);
        System.arraycopy(parts, 0, split, at, parts.length);
        System.arraycopy(sizes, at + 1, split, at + parts.length, sizes.length - at - 1);
        return new Dims(split, batchAxis > at ? batchAxis + parts.length - 1 : batchAxis);
    }

    /** Axes {@code first} to {@code last}, inclusive, as one. */
    Dims flatten(int first, int last) {
        int from = axis(first);
        int to = axis(last);
        if (from > to || (batchAxis > from && batchAxis <= to)) {
            throw new GraphException(
                    "axes %d to %d of %s cannot become one: the batch must come first", from, to, this);
        }
        long[] merged = new long[sizes.length - (to - from)];
        System.arraycopy(sizes, 0, merged, 0, from);
        merged[from] = 1;
        for (int i = from; i <= to; i++) {
            merged[from] *= sizes[i];
        }
        System.arraycopy(sizes, to + 1, merged, from + 1, sizes.length - to - 1);
        return new Dims(merged, batchAxis > to ? batchAxis - (to - from) : batchAxis);
    }

    Dims without(int axis) {
        int at = constantAxis(axis);
        long[] rest = new long[sizes.length - 1];
        System.arraycopy(sizes, 0, rest, 0, at);
        System.arraycopy(sizes, at + 1, rest, at, rest.length - at);
        return new Dims(rest, batchAxis > at ? batchAxis - 1 : batchAxis);
    }

    Dims resize(int axis, long size) {
        int at = constantAxis(axis);
        long[] resized = sizes.clone();
        resized[at] = size;
        return new Dims(resized, batchAxis);
    }

    /** The position of an axis that must not be the batch. */
    int constantAxis(int axis) {
        int at = axis(axis);
        if (at == batchAxis) {
            throw new GraphException("axis %d of %s is the batch: its size is not known here", at, this);
        }
        return at;
    }

    /** The shape of an elementwise operation on both, by NumPy's rules of broadcasting. */
    Dims broadcast(Dims other) {
        Dims longer = rank() >= other.rank() ? this : other;
        Dims shorter = rank() >= other.rank() ? other : this;
        long[] result = longer.sizes.clone();
        int batch = longer.batchAxis;
        int offset = longer.rank() - shorter.rank();
        for (int i = 0; i < shorter.rank(); i++) {
            int at = i + offset;
            boolean leftBatch = longer.isBatch(at);
            boolean rightBatch = shorter.isBatch(i);
            boolean leftOne = !leftBatch && longer.sizes[at] == 1;
            boolean rightOne = !rightBatch && shorter.sizes[i] == 1;
            boolean same = leftBatch == rightBatch && longer.sizes[at] == shorter.sizes[i];
            if (!same && !leftOne && !rightOne) {
                throw new GraphException("%s and %s do not broadcast", this, other);
            }
            if (leftOne && !same) {
                result[at] = shorter.sizes[i];
                batch = rightBatch ? at : batch;
            }
        }
        return new Dims(result, batch);
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof Dims that && batchAxis == that.batchAxis && Arrays.equals(sizes, that.sizes);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(sizes) + batchAxis;
    }

    /** {@code [batch, 56, 56, 96]}, or {@code [64*batch, 49, 96]}. */
    @Override
    public String toString() {
        StringJoiner text = new StringJoiner(", ", "[", "]");
        for (int i = 0; i < sizes.length; i++) {
            if (i != batchAxis) {
                text.add(Long.toString(sizes[i]));
            } else {
                text.add(sizes[i] == 1 ? "batch" : sizes[i] + "*batch");
            }
        }
        return text.toString();
    }
}
