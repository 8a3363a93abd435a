package io.swinlake.swin;

import io.swinlake.graph.Scope;
import io.swinlake.graph.Value;

/**
 * Window attention and a two-layer MLP, each with a residual connection. V1 normalises what enters them
 * (arXiv:2103.14030, eq. 3), V2 what leaves them (arXiv:2111.09883, section 3.2).
 */
final class SwinBlock {
    private final SwinVersion version;
    private final TokenOrder order;
    private final LayerNorm norm1;
    private final WindowAttention attention;
    private final LayerNorm norm2;
    private final Linear fc1;
    private final Linear fc2;

    SwinBlock(Scope scope, SwinConfig config, int stage, WindowGrid grid) {
        int channels = config.channels(stage);
        int hidden = (int) (channels * config.mlpRatio());
        this.version = config.version();
        this.order = grid.order();
        this.norm1 = new LayerNorm(scope.child("norm1"), channels, config.layerNormEps());
        this.attention = new WindowAttention(scope.child("attn"), config, stage, grid);
        this.norm2 = new LayerNorm(scope.child("norm2"), channels, config.layerNormEps());
        this.fc1 = Linear.of(scope.child("mlp").child("fc1"), channels, hidden);
        this.fc2 = Linear.of(scope.child("mlp").child("fc2"), hidden, channels);
    }

    /** A map to one of the same size, in the order of this block's windows. */
    TokenMap apply(TokenMap map) {
        TokenMap ordered = map.inOrder(order);
        return ordered.with(apply(ordered.tokens()));
    }

    private Value apply(Value x) {
        if (version == SwinVersion.V1) {
            Value attended = x.plus(attention.apply(norm1.apply(x)));
            return attended.plus(mlp(norm2.apply(attended)));
        }
        Value attended = x.plus(norm1.apply(attention.apply(x)));
        return attended.plus(norm2.apply(mlp(attended)));
    }

    private Value mlp(Value x) {
        return fc2.apply(fc1.apply(x).gelu());
    }
}
