package io.swinlake.swin;

import io.swinlake.graph.Scope;
import io.swinlake.graph.Value;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.util.List;

/**
 * Self-attention inside each window of a {@link WindowGrid}: every token reads every other token of its window. V1:
 * {@code softmax(QKᵀ/√d + B) V}, d = channels / heads (arXiv:2103.14030, eq. 4). V2: {@code softmax(cos(Q, K)/τ + B) V}
 * (arXiv:2111.09883, eq. 2), and keys have no bias.
 */
final class WindowAttention {
    /** V2's clamp of 1/τ. */
    private static final double MAX_SCALE = 100;

    private static final double NORM_EPSILON = 1e-12;

    private final SwinVersion version;
    private final int heads;
    private final int headDim;
    private final WindowGrid grid;
    private final Linear qkv;
    private final Linear proj;
    private final Value bias;
    private final Scope scope;

    WindowAttention(Scope scope, SwinConfig config, int stage, WindowGrid grid) {
        int channels = config.channels(stage);
        this.version = config.version();
        this.heads = config.heads().get(stage);
        this.headDim = channels / heads;
        this.grid = grid;
        this.scope = scope;
        Scope qkvScope = scope.child("qkv");
        this.qkv = config.qkvBias()
                ? Linear.of(qkvScope, channels, 3 * channels)
                : Linear.withoutBias(qkvScope, channels, 3 * channels);
        this.proj = Linear.of(scope.child("proj"), channels, channels);
        float[] positions = version == SwinVersion.V1
                ? PositionBias.table(scope, grid.window(), heads)
                : PositionBias.continuous(
                        scope, grid.window(), config.pretrainedWindows().get(stage), heads);
        this.bias = scope.constant("bias", maskedBias(positions, config));
    }

    /** Position bias plus shift mask, {@code [windows or 1, heads, tokens, tokens]}. */
    private Tensor maskedBias(float[] positions, SwinConfig config) {
        int pairs = grid.tokens() * grid.tokens();
        if (!grid.shifts()) {
            return Tensor.of(Shape.of(1, heads, grid.tokens(), grid.tokens()), positions);
        }
        // transformers adds V2's mask twice; it shows where a masked pair would win against -100.
        int times = version == SwinVersion.V2 && config.convention() == Convention.HUGGINGFACE ? 2 : 1;
        float[] mask = grid.shiftMask();
        float[] masked = new float[grid.windows() * positions.length];
        for (int i = 0; i < masked.length; i++) {
            int window = i / positions.length;
            masked[i] = positions[i % positions.length] + times * mask[window * pairs + i % pairs];
        }
        return Tensor.of(Shape.of(grid.windows(), heads, grid.tokens(), grid.tokens()), masked);
    }

    /**
     * Lets every token of a window read every other token of it.
     *
     * @param x {@code [batch, height * width, channels]}, in the order of the grid
     * @return the same shape and order
     */
    Value apply(Value x) {
        List<Value> parts = qkv.apply(grid.partition(x)) // [batch, windows * tokens, 3 * channels]
                .unflatten(1, grid.windows(), grid.tokens())
                .flatten(0, 1) // [windows * batch, tokens, 3 * channels]
                .unflatten(-1, 3, heads, headDim)
                .permute(2, 0, 3, 1, 4) // [3, windows * batch, heads, tokens, headDim]
                .unbind(0);
        Value q = parts.get(0);
        Value k = parts.get(1);
        Value v = parts.get(2);

        Value mixed = version == SwinVersion.V1
                ? q.attention(k, v, bias, 1 / Math.sqrt(headDim))
                : q.normalize(NORM_EPSILON)
                        .times(inverseTemperature())
                        .attention(k.normalize(NORM_EPSILON), v, bias, 1);
        Value tokens = mixed.transpose(1, 2) // [windows * batch, tokens, heads, headDim]
                .flatten(2, 3)
                .unflatten(0, 1, grid.windows())
                .flatten(1, 2); // [batch, windows * tokens, channels]
        return proj.apply(grid.merge(tokens)); // token by token, so after the merge: it fuses with the residual
    }

    /** V2's 1/τ per head, {@code [heads, 1, 1]}: the exponential of the learned logit, at most 100. */
    private Value inverseTemperature() {
        float[] logits = scope.tensor("logit_scale", heads, 1, 1).toFloats();
        float[] scales = new float[heads];
        for (int head = 0; head < heads; head++) {
            scales[head] = (float) Math.min(Math.exp(logits[head]), MAX_SCALE);
        }
        return scope.constant("inverse_temperature", Tensor.of(Shape.of(heads, 1, 1), scales));
    }
}
