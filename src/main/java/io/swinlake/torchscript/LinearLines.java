package io.swinlake.torchscript;

import io.swinlake.graph.Dims;
import io.swinlake.graph.Op;
import io.swinlake.graph.Value;
import io.swinlake.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Writes linear layers, each with what {@link Fusion} puts into it. */
final class LinearLines {
    private final Lowering lowering;
    private final Fusion fusion;
    private final ModuleState state;
    private final Int8Weights int8Weights;
    private final Forward forward;

    LinearLines(Lowering lowering, Fusion fusion, ModuleState state, Forward forward) {
        this.lowering = lowering;
        this.fusion = fusion;
        this.state = state;
        this.int8Weights = new Int8Weights(state);
        this.forward = forward;
    }

    /** A layer, and no more. */
    String alone(Value layer) {
        return layer(layer, "\"none\"", "None");
    }

    /** A layer with GELU in the same kernel. */
    String withGelu(Value layer) {
        return layer(layer, "\"gelu\"", "\"none\"");
    }

    private String layer(Value layer, String function, String algorithm) {
        List<Value> in = layer.inputs();
        return switch (LinearKernel.of(layer, lowering)) {
            case ATEN ->
                "torch.linear(%s, %s, %s)"
                        .formatted(forward.variable(in.get(0)), forward.variable(in.get(1)), bias(layer));
            case ONEDNN ->
                "ops.mkldnn._linear_pointwise(%s, %s, %s, %s, annotate(List[Optional[number]], []), %s)"
                        .formatted(forward.variable(in.get(0)), reordered(in.get(1)), bias(layer), function, algorithm);
            case ONEDNN_INT8 -> widen(layer, empty(layer.dims(), in.get(0), DType.F32), DType.F32, function);
            case FBGEMM_INT8 -> narrow(layer, "None");
        };
    }

    /** A layer with a residual added in the same kernel, in int8 as soon as an image is done. */
    String plus(Value layer, Value residual) {
        String added = forward.variable(residual);
        if (LinearKernel.of(layer, lowering) == LinearKernel.FBGEMM_INT8) {
            return narrow(layer, added);
        }
        List<Value> in = layer.inputs();
        return "ops.mkldnn._linear_pointwise(%s, %s, %s, %s, \"add\")"
                .formatted(forward.variable(in.get(0)), added, reordered(in.get(1)), bias(layer));
    }

    private String reordered(Value weight) {
        int type = Syntax.scalarType(lowering.compute());
        return state.constant(
                weight, x -> "ops.mkldnn._reorder_linear_weight(torch.to(%s, %s), None)".formatted(x, type));
    }

    private String bias(Value layer) {
        return layer.inputs().size() == 3 ? forward.variable(layer.inputs().get(2)) : "None";
    }

    private String biasInF32(Value layer) {
        return layer.inputs().size() == 3 ? state.constant(layer.inputs().get(2), DType.F32) : "None";
    }

    /** Computes, in bfloat16, what a layer's result is when it is split into more axes and permuted: at once in its place. */
    void writeInOrder(Value layer, Value permuted) {
        String name =
                forward.assign(permuted, empty(permuted.dims(), layer.inputs().get(0), DType.BF16));
        List<Integer> axes = ((Op.Permute) permuted.op()).axes();
        Dims split = permuted.inputs().get(0).dims(); // [parts * batch, ...], here as [batch, parts, ...]
        List<Long> perImage = new ArrayList<>(List.of(-1L));
        IntStream.range(0, split.rank()).forEach(axis -> perImage.add(split.size(axis)));
        List<Integer> back =
                IntStream.range(0, axes.size()).mapToObj(axes::indexOf).toList();
        String y = "torch.view(torch.permute(%s, %s), %s)".formatted(name, back, perImage);
        forward.line("%s_filled = %s".formatted(name, widen(layer, y, DType.BF16, "\"none\"")));
    }

    /** A layer in int8 by oneDNN, into the memory {@code y}. */
    private String widen(Value layer, String y, DType type, String function) {
        return "(self).widen(%s, %s, %s, %s)".formatted(y, widenedArguments(layer), Syntax.scalarType(type), function);
    }

    /** Input, weight, scale and bias of a layer that widens. */
    private String widenedArguments(Value layer) {
        String x = forward.variable(layer.inputs().get(0));
        String weight = int8Weights.forOneDnn(layer.inputs().get(1));
        return "%s, %s, %s_scale, %s".formatted(x, weight, weight, biasInF32(layer));
    }

    /** A layer in int8 by FBGEMM, and with it the first layer of its MLP. */
    private String narrow(Value layer, String residual) {
        Optional<Value> firstOfMlp = fusion.firstOfMlp(layer);
        Value x = firstOfMlp.orElse(layer).inputs().get(0);
        String arguments = firstOfMlp.map(this::widenedArguments).orElseGet(() -> forward.variable(x));
        String y = empty(layer.dims(), x, DType.F32);
        String weight = int8Weights.forFbgemm(layer.inputs().get(1), biasInF32(layer));
        return "(self).%s(%s, %s, %s, %s)"
                .formatted(firstOfMlp.isPresent() ? "mlp" : "narrow", y, arguments, weight, residual);
    }

    /** Memory for a result of as many images as {@code x [batch, ...]} has. */
    private String empty(Dims dims, Value x, DType type) {
        String batch = "torch.size(%s, 0)".formatted(forward.variable(x));
        String sizes = IntStream.range(0, dims.rank())
                .mapToObj(axis -> !dims.isBatch(axis)
                        ? Long.toString(dims.size(axis))
                        : dims.size(axis) == 1 ? batch : "torch.mul(%s, %s)".formatted(batch, dims.size(axis)))
                .collect(Collectors.joining(", "));
        return "torch.empty([%s], dtype=%s)".formatted(sizes, Syntax.scalarType(type));
    }
}
