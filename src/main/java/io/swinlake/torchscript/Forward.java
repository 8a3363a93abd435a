package io.swinlake.torchscript;

import io.swinlake.graph.Op;
import io.swinlake.graph.Value;
import io.swinlake.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Writes the values that some outputs need as straight-line TorchScript: one line per operation, after the lines of what it is
 * computed from.
 */
final class Forward {
    private static final String FLOAT_SUFFIX = "_f32";
    /** Smallest normal number of float16: a smaller epsilon would be 0 there, and 0 / 0 of a padding token NaN. */
    private static final double SMALLEST_F16 = 0x1p-14;

    private final Lowering lowering;
    private final Fusion fusion;
    private final ModuleState state;
    private final LinearLines linearLines;
    private final AttentionLines attentionLines;
    private final StringBuilder lines = new StringBuilder();
    private final Map<Value, String> variables = new HashMap<>();
    private final List<String> inputs = new ArrayList<>();

    Forward(Lowering lowering, Fusion fusion, ModuleState state) {
        this.lowering = lowering;
        this.fusion = fusion;
        this.state = state;
        this.linearLines = new LinearLines(lowering, fusion, state, this);
        this.attentionLines = new AttentionLines(lowering, fusion, state, this, linearLines);
    }

    /** A value as an output: float32, whatever the network computes in. */
    String output(Value value) {
        String name = variable(value);
        if (lowering.compute() == DType.F32) {
            return name;
        }
        return value.op() instanceof Op.Mean ? name + FLOAT_SUFFIX : Syntax.cast(name, DType.F32);
    }

    /** The inputs that were asked for, as parameters. */
    String parameters() {
        return inputs.stream().map(input -> ", " + input + ": Tensor").collect(Collectors.joining());
    }

    String lines() {
        return lines.toString();
    }

    /** The variable or attribute that holds a value, written first if it is not yet. */
    String variable(Value value) {
        if (isWritten(value)) {
            return variables.get(value);
        }
        if (value.op() instanceof Op.Input input) {
            return declareInput(value, input);
        }
        if (value.op() instanceof Op.Constant) {
            return state.constant(value, lowering.compute());
        }
        String expression = expression(value);
        if (value.op() instanceof Op.Mean && lowering.compute() != DType.F32) {
            // Averages thousands of numbers: kept in float32 for whoever asks for this output.
            String exact = name(value) + FLOAT_SUFFIX;
            line(exact + " = " + expression);
            return assign(value, Syntax.cast(exact, lowering.compute()));
        }
        return assign(value, expression);
    }

    boolean isWritten(Value value) {
        return variables.containsKey(value);
    }

    /** Writes the line that computes a value. */
    String assign(Value value, String expression) {
        String name = name(value);
        variables.put(value, name);
        line(name + " = " + expression);
        return name;
    }

    /** The variable that is a value's own: whoever writes it in several lines may assign it in each. */
    static String name(Value value) {
        return "v" + value.id();
    }

    void line(String text) {
        lines.append("    ").append(text).append('\n');
    }

    private String declareInput(Value value, Op.Input input) {
        inputs.add(input.name());
        variables.put(value, input.name());
        if (input.dtype() == DType.F32 && lowering.compute() != DType.F32) {
            line(input.name() + " = " + Syntax.cast(input.name(), lowering.compute()));
        }
        return input.name();
    }

    private String expression(Value value) {
        List<Value> in = value.inputs();
        Op op = value.op();
        if (op instanceof Op.Linear) {
            return linearLines.alone(value);
        } else if (op instanceof Op.Gelu) {
            return fusion.layerWithGelu(value)
                    .map(linearLines::withGelu)
                    .orElseGet(() -> "torch.gelu(" + variable(in.get(0)) + ")");
        } else if (op instanceof Op.Add) {
            return fusion.layerWithAdd(value)
                    .map(layer -> linearLines.plus(layer, in.get(0)))
                    .orElseGet(() -> "torch.add(%s, %s)".formatted(variable(in.get(0)), variable(in.get(1))));
        } else if (op instanceof Op.LayerNorm norm) {
            return "torch.layer_norm(%s, [%s], %s, %s, %s)"
                    .formatted(
                            variable(in.get(0)),
                            value.dims().size(-1),
                            state.constant(in.get(1), lowering.normWeights()),
                            state.constant(in.get(2), lowering.normWeights()),
                            norm.epsilon());
        } else if (op instanceof Op.Attention attention) {
            return attentionLines.attention(value, attention.scale());
        } else if (op instanceof Op.Multiply) {
            return "torch.mul(%s, %s)".formatted(variable(in.get(0)), state.constant(in.get(1), attentionType()));
        } else if (op instanceof Op.Normalize normalize) {
            String x = variable(in.get(0));
            return "torch.div(%s, torch.clamp_min(torch.linalg_vector_norm(%s, 2, [-1], True), %s))"
                    .formatted(x, x, Math.max(normalize.epsilon(), lowering.compute() == DType.F16 ? SMALLEST_F16 : 0));
        } else if (op instanceof Op.Permute permute) {
            return "torch.permute(" + variable(in.get(0)) + ", " + permute.axes() + ")";
        } else if (op instanceof Op.Reshape) {
            return Syntax.reshape(
                    variable(fusion.beforeReshapes(value)), value.dims().runtimeSizes());
        } else if (op instanceof Op.IndexSelect select) {
            return "torch.index_select(%s, %s, %s)"
                    .formatted(variable(in.get(0)), select.axis(), state.constant(in.get(1), DType.I64));
        } else if (op instanceof Op.Select select) {
            return "torch.select(" + variable(in.get(0)) + ", " + select.axis() + ", " + select.index() + ")";
        } else if (op instanceof Op.Slice slice) {
            return "torch.slice(%s, %s, %s, %s)".formatted(variable(in.get(0)), slice.axis(), slice.from(), slice.to());
        } else if (op instanceof Op.PadEnd pad) {
            // Counted from the last axis: a pair (before, after) for each.
            long[] counts = new long[2 * (value.dims().rank() - pad.axis())];
            counts[counts.length - 1] = pad.count();
            return "torch.constant_pad_nd(" + variable(in.get(0)) + ", " + Syntax.list(counts) + ")";
        } else if (op instanceof Op.Mean mean) {
            String type = lowering.compute() == DType.F32 ? "" : ", False, dtype=" + Syntax.scalarType(DType.F32);
            return "torch.mean(" + variable(in.get(0)) + ", " + mean.axes() + type + ")";
        } else if (op instanceof Op.PixelsToReal) {
            String real = "torch.add(torch.mul(%s, %s), %s)"
                    .formatted(
                            Syntax.cast(variable(in.get(0)), DType.F32),
                            state.constant(in.get(1), DType.F32),
                            state.constant(in.get(2), DType.F32));
            return lowering.compute() == DType.F32 ? real : Syntax.cast(real, lowering.compute());
        }
        throw new AssertionError("inputs and constants are declared, not computed: " + value);
    }

    /** The type of attention's queries, keys and values. */
    private DType attentionType() {
        return lowering.attention() == Lowering.Attention.EXPONENTIALS ? DType.BF16 : lowering.compute();
    }
}
