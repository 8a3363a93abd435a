package io.swinlake.torchscript;

import io.swinlake.graph.Dims;
import io.swinlake.graph.Op;
import io.swinlake.graph.Value;
import io.swinlake.tensor.DType;
import java.util.Optional;

/** Writes {@code softmax(scale Q Kᵀ + B) V} in each way that a {@link Lowering.Attention} names. */
final class AttentionLines {
    /** Elements that a row of an attention mask must be a multiple of, lest PyTorch copies the mask on every call. */
    private static final int CUDA_MASK_ALIGNMENT = 8;
    /** Greatest score of V2 whose exponential is taken: e^50 is well within the bound of {@code exponentials}. */
    private static final float GREATEST_SCORE = 50;

    private static final double LOG2_E = 1 / Math.log(2);

    private final Lowering lowering;
    private final Fusion fusion;
    private final ModuleState state;
    private final Forward forward;
    private final LinearLines linearLines;

    AttentionLines(Lowering lowering, Fusion fusion, ModuleState state, Forward forward, LinearLines linearLines) {
        this.lowering = lowering;
        this.fusion = fusion;
        this.state = state;
        this.forward = forward;
        this.linearLines = linearLines;
    }

    /** Variables of queries, keys and values {@code [n * batch, heads, tokens, headDim]}. */
    private record Parts(String q, String k, String v) {}

    /** Writes an attention up to its last step, which it returns. */
    String attention(Value attention, double scale) {
        fusion.copiedFor(attention).ifPresent(this::writeCopy);
        Parts parts = new Parts(
                forward.variable(attention.inputs().get(0)),
                forward.variable(attention.inputs().get(1)),
                forward.variable(attention.inputs().get(2)));
        return switch (lowering.attention()) {
            case STEPS -> steps(attention, parts, scale);
            case EXPONENTIALS -> exponentials(attention, parts, scale);
            case CPU_FLASH -> cpuFlash(attention, parts, scale);
            case CUDA_FUSED -> cudaFused(attention, parts, scale);
        };
    }

    private static Value bias(Value attention) {
        return attention.inputs().get(3);
    }

    private String steps(Value attention, Parts parts, double scale) {
        String name = Forward.name(attention);
        Dims dims = bias(attention).dims();
        String bias = state.constant(bias(attention), lowering.compute());
        forward.line("%s = torch.matmul(torch.mul(%s, %s), torch.transpose(%s, -2, -1))"
                .formatted(name, parts.q, scale, parts.k));
        // With an axis of their own for the windows of an image, as the bias has.
        String perWindow = Syntax.reshape(name, -1, dims.size(0), dims.size(1), dims.size(2), dims.size(3));
        forward.line("%s = torch.softmax(torch.add(%s, %s), -1)".formatted(name, perWindow, bias));
        return "torch.matmul(%s, %s)".formatted(reshapedToScores(name, dims), parts.v);
    }

    private String cpuFlash(Value attention, Parts parts, double scale) {
        String name = Forward.name(attention);
        String mask = perImage(bias(attention), state.constant(bias(attention), lowering.compute()), parts.q);
        forward.line(
                "%s, logsumexp = torch._scaled_dot_product_flash_attention_for_cpu(%s, %s, %s, 0., False, attn_mask=%s, scale=%s)"
                        .formatted(name, parts.q, parts.k, parts.v, mask, scale));
        return name;
    }

    private String cudaFused(Value attention, Parts parts, double scale) {
        Value bias = bias(attention);
        long tokens = bias.dims().size(3);
        int padding = Math.floorMod(-tokens, CUDA_MASK_ALIGNMENT);
        int type = Syntax.scalarType(lowering.compute());
        String padded = state.constant(
                bias, x -> "torch.to(torch.constant_pad_nd(%s, [0, %s]), %s)".formatted(x, padding, type));
        return "torch.scaled_dot_product_attention(%s, %s, %s, torch.slice(%s, 3, 0, %s), 0., False, scale=%s)"
                .formatted(parts.q, parts.k, parts.v, perImage(bias, padded, parts.q), tokens, scale);
    }

    /** A bias that differs between the windows, once for each image of the batch. */
    private static String perImage(Value bias, String variable, String q) {
        long windows = bias.dims().size(0);
        return windows == 1
                ? variable
                : "torch.repeat(%s, [torch.floordiv(torch.size(%s, 0), %s), 1, 1, 1])".formatted(variable, q, windows);
    }

    private String exponentials(Value attention, Parts parts, double scale) {
        Value bias = bias(attention);
        String b = state.constant(bias, DType.F32);
        String scores = scores(attention, parts, scale);
        // At most 1: softmax does not see what is added to a whole row.
        String exponential = "torch.exp(torch.sub(%s, torch.amax(%s, [-1], True)))".formatted(b, b);
        String bExp = state.derived(bias, "_exp", Syntax.cast(exponential, DType.BF16));
        return "(self).exponentials(%s, %s, %s, %s, %s, %s, %s)"
                .formatted(scores, parts.q, parts.k, parts.v, b, bExp, scale);
    }

    /**
     * Scores times log2 e, for exponentials with base 2, which are faster. V2's, at most 100, less what puts the greatest that a
     * head can have at 50.
     */
    private String scores(Value attention, Parts parts, double scale) {
        String scores =
                "torch.baddbmm(torch.zeros([1], dtype=%s), torch.flatten(%s, 0, 1), torch.transpose(torch.flatten(%s, 0, 1), 1, 2), beta=0, alpha=%s)"
                        .formatted(Syntax.scalarType(DType.BF16), parts.q, parts.k, scale * LOG2_E);
        Value query = attention.inputs().get(0);
        if (scale != 1 || !(query.op() instanceof Op.Multiply)) {
            return scores;
        }
        Value factors = query.inputs().get(1);
        String excess = state.derived(
                factors,
                "_excess",
                "torch.mul(torch.clamp_min(torch.sub(%s, %s), 0), %s)"
                        .formatted(forward.variable(factors), GREATEST_SCORE, LOG2_E));
        return "torch.sub_(%s, %s)"
                .formatted(reshapedToScores(scores, bias(attention).dims()), excess);
    }

    /** {@code [windows * batch, heads, tokens, tokens]}. */
    private static String reshapedToScores(String expression, Dims bias) {
        return Syntax.reshape(expression, -1, bias.size(1), bias.size(2), bias.size(3));
    }

    /** Puts what queries, keys and values are parts of into the order in which they are read. */
    private void writeCopy(Value whole) {
        Optional<Value> layer = fusion.layerInOrderOf(whole);
        if (layer.isPresent() && !forward.isWritten(whole)) {
            linearLines.writeInOrder(layer.get(), whole);
            return;
        }
        String all = forward.variable(whole);
        forward.line("%s = torch.contiguous(%s)"
                .formatted(all, lowering.compute() == DType.BF16 ? all : Syntax.cast(all, DType.BF16)));
    }
}
