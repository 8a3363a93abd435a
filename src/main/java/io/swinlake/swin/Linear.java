package io.swinlake.swin;

import io.swinlake.graph.Scope;
import io.swinlake.graph.Value;
import java.util.Optional;

/** {@code x Wᵀ + b} over the last axis. */
final class Linear {
    private final Value weight;
    private final Optional<Value> bias;

    private Linear(Value weight, Optional<Value> bias) {
        this.weight = weight;
        this.bias = bias;
    }

    static Linear of(Scope scope, int in, int out) {
        return new Linear(scope.weight("weight", out, in), Optional.of(scope.weight("bias", out)));
    }

    static Linear withoutBias(Scope scope, int in, int out) {
        return new Linear(scope.weight("weight", out, in), Optional.empty());
    }

    Value apply(Value x) {
        return bias.map(b -> x.linear(weight, b)).orElseGet(() -> x.linear(weight));
    }
}
