package io.swinlake.torchscript;

import io.swinlake.graph.Dims;
import io.swinlake.graph.Value;

/** What computes a linear layer. */
enum LinearKernel {
    /** {@code aten::linear}. */
    ATEN,
    /** oneDNN, in the type that the network computes in. */
    ONEDNN,
    /** oneDNN in int8: a layer that widens, and GELU after it. */
    ONEDNN_INT8,
    /** FBGEMM, PyTorch's other library for int8: a layer that does not widen. */
    FBGEMM_INT8;

    static LinearKernel of(Value layer, Lowering lowering) {
        return switch (lowering.linear()) {
            case PLAIN -> ATEN;
            case ONEDNN -> ONEDNN;
            case DYNAMIC_INT8 -> !actsOnTokens(layer) ? ONEDNN : widens(layer) ? ONEDNN_INT8 : FBGEMM_INT8;
        };
    }

    /** Whether a layer is one over an image's tokens, {@code [batch, tokens, channels]}: these are nearly all of the work. */
    private static boolean actsOnTokens(Value layer) {
        Dims dims = layer.dims();
        return dims.rank() == 3 && dims.isBatch(0) && dims.size(0) == 1;
    }

    /**
     * oneDNN quantizes in a pass of its own and then beats FBGEMM the more the wider the result is beside what is quantized,
     * also because it applies GELU itself.
     */
    private static boolean widens(Value layer) {
        return layer.dims().size(-1) > layer.inputs().get(0).dims().size(-1);
    }
}
