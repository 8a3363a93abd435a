package io.swinlake.graph;

import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/**
 * The symbolic result of one operation. The methods add further operations to the same graph; negative axes count from the
 * end.
 *
 * <p>Every method throws {@link GraphException} with both shapes if they do not fit.
 */
public final class Value {
    private final Graph graph;
    private final int id;
    private final Op op;
    private final Dims dims;
    private final List<Value> inputs;

    Value(Graph graph, int id, Op op, Dims dims, List<Value> inputs) {
        this.graph = graph;
        this.id = id;
        this.op = op;
        this.dims = dims;
        this.inputs = List.copyOf(inputs);
    }

    /** Position in {@link Graph#values()}. */
    public int id() {
        return id;
    }

    public Op op() {
        return op;
    }

    public Dims dims() {
        return dims;
    }

    public List<Value> inputs() {
        return inputs;
    }

    /** {@code x Wᵀ + b} over the last axis. */
    public Value linear(Value weight, Value bias) {
        checkLinear(weight);
        bias.checkSizes("a linear layer's bias", weight.dims.size(0));
        return then(new Op.Linear(), dims.resize(-1, weight.dims.size(0)), weight, bias);
    }

    /** {@code x Wᵀ} over the last axis. */
    public Value linear(Value weight) {
        checkLinear(weight);
        return then(new Op.Linear(), dims.resize(-1, weight.dims.size(0)), weight);
    }

    private void checkLinear(Value weight) {
        if (weight.dims.rank() != 2 || weight.dims.size(1) != dims.size(-1)) {
            throw new GraphException(
                    "a linear layer of %s needs a weight [out, %d], found %s", dims, dims.size(-1), weight.dims);
        }
    }

    public Value layerNorm(Value weight, Value bias, double epsilon) {
        weight.checkSizes("a LayerNorm's weight", dims.size(-1));
        bias.checkSizes("a LayerNorm's bias", dims.size(-1));
        return then(new Op.LayerNorm(epsilon), dims, weight, bias);
    }

    private void checkSizes(String what, long... expected) {
        if (!dims.equals(Dims.constant(expected))) {
            throw new GraphException("%s must be %s, found %s", what, Arrays.toString(expected), dims);
        }
    }

    public Value gelu() {
        return then(new Op.Gelu(), dims);
    }

    /**
     * {@code softmax(scale Q Kᵀ + B) V}, where this is Q.
     *
     * @param k as this, {@code [n * batch, heads, tokens, size]}
     * @param v as this
     * @param bias {@code [n, heads, tokens, tokens]}, for each of the n in every image, or {@code [1, heads, tokens, tokens]}
     */
    public Value attention(Value k, Value v, Value bias, double scale) {
        if (dims.rank() != 4 || !dims.equals(k.dims) || !dims.equals(v.dims)) {
            throw new GraphException(
                    "attention of %s to keys %s and values %s: all must be equal", dims, k.dims, v.dims);
        }
        long n = bias.dims.size(0) == 1 ? 1 : dims.size(0);
        bias.checkSizes("the bias of attention", n, dims.size(1), dims.size(2), dims.size(2));
        return then(new Op.Attention(scale), dims, k, v, bias);
    }

    public Value plus(Value other) {
        return then(new Op.Add(), dims.broadcast(other.dims), other);
    }

    public Value times(Value other) {
        return then(new Op.Multiply(), dims.broadcast(other.dims), other);
    }

    /** {@code x / max(|x|, epsilon)} over the last axis. */
    public Value normalize(double epsilon) {
        return then(new Op.Normalize(epsilon), dims);
    }

    public Value permute(int... axes) {
        List<Integer> positive = Arrays.stream(axes).map(dims::axis).boxed().toList();
        return then(new Op.Permute(positive), dims.permute(axes));
    }

    public Value transpose(int a, int b) {
        int[] axes = new int[dims.rank()];
        Arrays.setAll(axes, i -> i);
        axes[dims.axis(a)] = dims.axis(b);
        axes[dims.axis(b)] = dims.axis(a);
        return permute(axes);
    }

    /** Splits an axis; the first part keeps the batch, if the axis is it. */
    public Value unflatten(int axis, long... parts) {
        return then(new Op.Reshape(), dims.unflatten(axis, parts));
    }

    /** Joins neighbouring axes, both ends inclusive. */
    public Value flatten(int first, int last) {
        return then(new Op.Reshape(), dims.flatten(first, last));
    }

    /** The slices of an axis, one value each. */
    public List<Value> unbind(int axis) {
        int at = dims.constantAxis(axis);
        return LongStream.range(0, dims.size(at))
                .mapToObj(i -> then(new Op.Select(at, i), dims.without(at)))
                .toList();
    }

    /** The slices of an axis at these places, which may repeat. */
    public Value indexSelect(int axis, long... places) {
        int at = dims.constantAxis(axis);
        for (long place : places) {
            if (place < 0 || place >= dims.size(at)) {
                throw new GraphException("place %d of axis %d is not in %s", place, at, dims);
            }
        }
        Value index = graph.constant("places_" + graph.values().size(), Tensor.of(Shape.of(places.length), places));
        return then(new Op.IndexSelect(at), dims.resize(at, places.length), index);
    }

    /** Elements {@code [from, to)} of an axis; the value itself if that is all of them. */
    public Value slice(int axis, long from, long to) {
        int at = dims.constantAxis(axis);
        if (from < 0 || to > dims.size(at) || from >= to) {
            throw new GraphException("elements %d to %d of axis %d are not in %s", from, to, at, dims);
        }
        return to - from == dims.size(at) ? this : then(new Op.Slice(at, from, to), dims.resize(at, to - from));
    }

    /** Zeros at the end of an axis until it has {@code size} elements; the value itself if it has. */
    public Value padTo(int axis, long size) {
        int at = dims.constantAxis(axis);
        long missing = size - dims.size(at);
        if (missing < 0) {
            throw new GraphException("axis %d of %s is already longer than %d", at, dims, size);
        }
        return missing == 0 ? this : then(new Op.PadEnd(at, missing), dims.resize(at, size));
    }

    /** Mean over neighbouring axes, both ends inclusive. */
    public Value mean(int first, int last) {
        List<Integer> axes = new ArrayList<>();
        Dims result = dims;
        for (int axis = dims.axis(last); axis >= dims.axis(first); axis--) {
            axes.add(0, axis);
            result = result.without(axis);
        }
        return then(new Op.Mean(axes), result);
    }

    /** uint8 samples as real numbers: {@code x * scale + offset}, one of each for every sample of a row (the last two axes). */
    public Value pixelsToReal(Value scale, Value offset) {
        scale.checkSizes("the scale of pixels", dims.size(-2), dims.size(-1));
        offset.checkSizes("the offset of pixels", dims.size(-2), dims.size(-1));
        return then(new Op.PixelsToReal(), dims, scale, offset);
    }

    private Value then(Op next, Dims result, Value... others) {
        List<Value> all = new ArrayList<>();
        all.add(this);
        all.addAll(Arrays.asList(others));
        return graph.add(next, result, all);
    }

    @Override
    public String toString() {
        return "%s: %s %s".formatted(id, op, dims);
    }
}
