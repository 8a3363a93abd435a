package io.swinlake.swin;

import io.swinlake.graph.Scope;
import io.swinlake.graph.Value;

/** Normalises the channels of every token to mean 0 and variance 1, then scales and shifts them. arXiv:1607.06450. */
final class LayerNorm {
    /** PyTorch's default; all but the blocks and the final norm keep it, whatever the config says. */
    static final double DEFAULT_EPSILON = 1e-5;

    private final Value weight;
    private final Value bias;
    private final double epsilon;

    LayerNorm(Scope scope, int channels, double epsilon) {
        this.weight = scope.weight("weight", channels);
        this.bias = scope.weight("bias", channels);
        this.epsilon = epsilon;
    }

    Value apply(Value x) {
        return x.layerNorm(weight, bias, epsilon);
    }
}
