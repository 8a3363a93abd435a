package io.swinlake.graph;

import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.util.Map;

/** A prefix of weight names: finds a layer's weights and checks their shapes when the network is built. */
public final class Scope {
    private final Graph graph;
    private final Map<String, Tensor> weights;
    private final String prefix;

    private Scope(Graph graph, Map<String, Tensor> weights, String prefix) {
        this.graph = graph;
        this.weights = weights;
        this.prefix = prefix;
    }

    /** All weights of a network. */
    public static Scope root(Graph graph, Map<String, Tensor> weights) {
        return new Scope(graph, weights, "");
    }

    /** The weights below {@code name.}. */
    public Scope child(String name) {
        return new Scope(graph, weights, prefix + name + ".");
    }

    public boolean has(String name) {
        return weights.containsKey(prefix + name);
    }

    /** A weight as a constant of the graph. */
    public Value weight(String name, long... sizes) {
        return constant(name, tensor(name, sizes));
    }

    /** A constant that was computed from weights here. */
    public Value constant(String name, Tensor tensor) {
        return graph.constant(prefix + name, tensor);
    }

    /**
     * A weight's numbers, for what is computed from them when the network is built.
     *
     * @throws GraphException if it is missing or has another shape
     */
    public Tensor tensor(String name, long... sizes) {
        Tensor tensor = weights.get(prefix + name);
        if (tensor == null) {
            throw new GraphException("tensor '%s%s' is missing; the config needs %s", prefix, name, Shape.of(sizes));
        }
        if (!tensor.shape().equals(Shape.of(sizes))) {
            throw new GraphException(
                    "tensor '%s%s' is %s, the config needs %s", prefix, name, tensor.shape(), Shape.of(sizes));
        }
        return tensor;
    }
}
