package io.swinlake.graph;

import io.swinlake.tensor.DType;
import io.swinlake.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** A network under construction. Every operation is checked when it is added, so a graph that exists is sound. */
public final class Graph {
    private final List<Value> values = new ArrayList<>();

    /** An input {@code [batch, sizes...]}. */
    public Value input(String name, DType dtype, long... sizes) {
        return add(new Op.Input(name, dtype), Dims.perImage(sizes), List.of());
    }

    /** A constant of any shape; {@code name} must be unique and is what the compiled network calls it. */
    public Value constant(String name, Tensor tensor) {
        return add(new Op.Constant(name, tensor), Dims.constant(tensor.shape().dims()), List.of());
    }

    Value add(Op op, Dims dims, List<Value> inputs) {
        Value value = new Value(this, values.size(), op, dims, inputs);
        values.add(value);
        return value;
    }

    /** Everything that was built, each value after the ones that it is computed from. */
    public List<Value> values() {
        return List.copyOf(values);
    }
}
