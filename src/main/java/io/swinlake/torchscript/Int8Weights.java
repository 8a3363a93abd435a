package io.swinlake.torchscript;

import io.swinlake.graph.Value;
import io.swinlake.tensor.DType;

/** Weights of int8 layers, quantized when the module is loaded, in the two forms that its libraries want. */
final class Int8Weights {
    /** Number of quantized int8, {@code c10::ScalarType}. */
    private static final int QINT8 = 12;

    /** Weight and bias of a layer of FBGEMM's. */
    private static final String PACKED_TYPE = "__torch__.torch.classes.quantized.LinearPackedParamsBase";

    private static final String PACKED_PLACEHOLDER =
            "ops.quantized.linear_prepack(torch.quantize_per_tensor(torch.zeros([1, 1]), 1., 0, %s), None)"
                    .formatted(QINT8);

    private final ModuleState state;

    Int8Weights(ModuleState state) {
        this.state = state;
    }

    /** Makes weight and bias of a layer of FBGEMM's one attribute. */
    String forFbgemm(Value weight, String bias) {
        return state.constantBy(weight, name -> {
            String attribute = state.declare(name, PACKED_TYPE, PACKED_PLACEHOLDER);
            addSetter(weight, "    %s = ops.quantized.linear_prepack(q, %s)\n".formatted(attribute, bias));
            return attribute;
        });
    }

    /** Makes the weight of a layer of oneDNN's an attribute, and another, {@code _scale}, of its channels' scales. */
    String forOneDnn(Value weight) {
        return state.constantBy(weight, name -> {
            String attribute = state.declare(name);
            String scale = state.declare(name + "_scale");
            addSetter(weight, """
                        %s = ops.onednn.qlinear_prepack(torch.int_repr(q), None)
                        %s = scale
                    """.formatted(attribute, scale));
            return attribute;
        });
    }

    /**
     * Quantizes symmetrically, as the int8 kernels want it; a channel of zeros needs a scale that is not zero.
     *
     * @param rest lines that make attributes of the quantized tensor {@code q} and its channels' {@code scale}
     */
    private void addSetter(Value weight, String rest) {
        state.addSetter(
                weight,
                x -> """
                    w = torch.to(%s, %s)
                    scale = torch.div(torch.clamp_min(torch.amax(torch.abs(w), [1]), 1.0E-12), 127)
                    q = torch.quantize_per_channel(w, scale, torch.to(torch.zeros_like(scale), %s), 0, %s)
                """.formatted(x, Syntax.scalarType(DType.F32), Syntax.scalarType(DType.I64), QINT8) + rest);
    }
}
