package io.swinlake.torchscript;

import io.swinlake.graph.Dims;
import io.swinlake.graph.Op;
import io.swinlake.graph.Value;
import io.swinlake.tensor.DType;
import io.swinlake.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Writes the values that some outputs need as straight-line TorchScript, one line per operation; bfloat16's attention is a method
 * that the lines call.
 */
final class Program {
    static final String CLASS_NAME = "Swin";
    private static final String FLOAT_SUFFIX = "_f32";
    /** Elements that a row of an attention mask must be a multiple of, lest PyTorch copies the mask on every call. */
    private static final int CUDA_MASK_ALIGNMENT = 8;
    /** Smallest normal number of float16: a smaller epsilon would be 0 there, and 0 / 0 of a padding token NaN. */
    private static final double SMALLEST_F16 = 0x1p-14;
    /** Bytes of tensors that one method is given, and hence memory that loading takes besides what is kept. */
    private static final long LIST_BYTES = 16 << 20;

    /** Number of quantized int8 in TorchScript, {@code c10::ScalarType}. */
    private static final int QINT8 = 12;

    /** Greatest score of V2 whose exponential is taken: e^50 is well within the bound below. */
    private static final float GREATEST_SCORE = 50;

    /** Weight and bias of a layer of FBGEMM's, in TorchScript. */
    private static final String PACKED_WEIGHT = "__torch__.torch.classes.quantized.LinearPackedParamsBase";

    private static final double LOG2_E = 1 / Math.log(2);

    /**
     * {@link Lowering.Attention#EXPONENTIALS} in bfloat16, type 15: of the scores {@code [windows * batch, heads, tokens, tokens]},
     * and {@code q, k, v [windows * batch, heads, tokens, headDim]} that they came from; the bias
     * {@code [windows or 1, heads, tokens, tokens]} and its exponential. Within the two bounds exponentials lose less than
     * bfloat16 shows: what falls below 1.2e-38 in one factor weighs at most 1e24 * 1.2e-38, in a sum of at least 1e-8.
     * Beyond them softmax and bias are computed in float32.
     */
    private static final String EXPONENTIALS = """
              def exponentials(self: __torch__.CLASS, scores: Tensor, q: Tensor, k: Tensor, v: Tensor, bias: Tensor, bias_exp: Tensor, scale: float) -> Tensor:
                p = torch.exp2_(scores)
                greatest = torch.max(p)
                p = torch.mul_(torch.reshape(p, torch.add([-1], torch.size(bias))), bias_exp)
                p = torch.reshape(p, [torch.size(q, 0), torch.size(q, 1), torch.size(q, 2), torch.size(q, 2)])
                sums = torch.matmul(p, torch.ones([torch.size(q, 2), 1], dtype=15))
                if bool(torch.logical_and(torch.lt(greatest, 1.0E24), torch.gt(torch.min(sums), 1.0E-8))):
                  y = torch.div(torch.to(torch.matmul(p, v), RESULT), torch.to(sums, RESULT))
                else:
                  y = (self).softmax(q, k, v, bias, scale)
                return y
              def softmax(self: __torch__.CLASS, q: Tensor, k: Tensor, v: Tensor, bias: Tensor, scale: float) -> Tensor:
                scores = torch.matmul(q, torch.transpose(k, -2, -1))
                p = torch.add(bias, torch.reshape(scores, torch.add([-1], torch.size(bias))), alpha=scale)
                p = torch.to(torch.softmax(p, -1), 15)
                return torch.to(torch.matmul(torch.reshape(p, torch.size(scores)), v), RESULT)
            """.replace("CLASS", CLASS_NAME);

    /**
     * Begins a forward that takes exponentials. PyTorch's function reads what it returns for an overflow by a masked load, and
     * nothing else needs that page of the library. While the page is not mapped, as after the system was short of memory, the
     * processor takes 120 ns for that load, 17 times what the function takes, and a load that is masked maps nothing. A number
     * that does overflow maps it. In place, so that it is not removed as unused; the exponential of infinity is infinity.
     */
    private static final String OVERFLOW = "    overflow = torch.exp2_(self.overflow)\n";

    /**
     * Layers of {@link Lowering.Linear#DYNAMIC_INT8}, {@code x [batch, tokens, channels]} into {@code y}. Each takes the images of
     * the batch one after the other: every image has its own scale, and the weights are read once for all. {@code widened} is
     * one image by oneDNN, which is given bytes, type 0: those of the quantized tensor (type 13, unsigned) itself, of which
     * {@code int_repr} would make a slow copy; its result, in float32 (type 6) or bfloat16, has passed the elementwise function.
     * {@code mlp} hands an image on from its first layer to its second while it is in the cache.
     */
    private static final String INT8_LAYERS = """
              def widened(self: __torch__.CLASS, x: Tensor, weight: Tensor, scale: Tensor, bias: Optional[Tensor], type: int, function: str) -> Tensor:
                q = torch.quantize_per_tensor_dynamic(x, 13, False)
                bytes = torch.set_(torch.empty([0], dtype=0), q, 0, torch.size(q))
                return ops.onednn.qlinear_pointwise(bytes, torch.q_scale(q), torch.q_zero_point(q), weight, scale, self.zero, bias, 1., 0, type, function, annotate(List[Optional[number]], []), "none")
              def widen(self: __torch__.CLASS, y: Tensor, x: Tensor, weight: Tensor, scale: Tensor, bias: Optional[Tensor], type: int, function: str) -> Tensor:
                for i in range(torch.size(x, 0)):
                  to = torch.select(y, 0, i)
                  z = (self).widened(torch.select(x, 0, i), weight, scale, bias, type, function)
                  _0 = torch.copy_(to, torch.reshape(z, torch.size(to)))
                return y
              def narrow(self: __torch__.CLASS, y: Tensor, x: Tensor, weight: PACKED, residual: Optional[Tensor]) -> Tensor:
                for i in range(torch.size(x, 0)):
                  _0 = (self).put(y, i, ops.quantized.linear_dynamic(torch.select(x, 0, i), weight, False), residual)
                return y
              def mlp(self: __torch__.CLASS, y: Tensor, x: Tensor, weight1: Tensor, scale1: Tensor, bias1: Optional[Tensor], weight2: PACKED, residual: Optional[Tensor]) -> Tensor:
                for i in range(torch.size(x, 0)):
                  hidden = (self).widened(torch.select(x, 0, i), weight1, scale1, bias1, 6, "gelu")
                  _0 = (self).put(y, i, ops.quantized.linear_dynamic(hidden, weight2, False), residual)
                return y
              def put(self: __torch__.CLASS, y: Tensor, i: int, z: Tensor, residual: Optional[Tensor]) -> Tensor:
                to = torch.select(y, 0, i)
                if torch.__is__(residual, None):
                  _0 = torch.copy_(to, z)
                else:
                  _1 = torch.add(torch.select(unchecked_cast(Tensor, residual), 0, i), z, alpha=1, out=to)
                return to
            """.replace("CLASS", CLASS_NAME).replace("PACKED", PACKED_WEIGHT);

    private final Lowering lowering;
    private final StringBuilder body = new StringBuilder();
    private final StringBuilder attributes = new StringBuilder();
    private final StringBuilder placeholders = new StringBuilder();
    private final List<StringBuilder> setters = new ArrayList<>();
    private final StringBuilder derived = new StringBuilder();
    private final List<List<Tensor>> state = new ArrayList<>();
    private long bytesOfLastList;
    private final Map<Value, String> names = new HashMap<>();
    private final Map<Value, Integer> uses = new HashMap<>();
    private final List<Value> inputs = new ArrayList<>();

    Program(Lowering lowering) {
        this.lowering = lowering;
    }

    TorchScriptModule compile(List<Value> outputs) {
        Set<Value> seen = new HashSet<>();
        for (Value output : outputs) {
            countUses(output, seen);
            uses.merge(output, 1, Integer::sum);
        }
        List<String> results = new ArrayList<>();
        for (Value output : outputs) {
            results.add(asFloat(output));
        }
        String parameters = inputs.stream()
                .map(input -> ", " + names.get(input) + ": Tensor")
                .collect(Collectors.joining());
        String types = outputs.stream().map(output -> "Tensor").collect(Collectors.joining(", "));
        boolean exponentials = lowering.attention() == Lowering.Attention.EXPONENTIALS;
        if (exponentials) {
            // As many as one vector of bfloat16 holds.
            declareDerived("overflow", "torch.full([32], 1000, dtype=%s)".formatted(scalarType(DType.BF16)));
        }
        boolean int8 = lowering.linear() == Lowering.Linear.DYNAMIC_INT8;
        if (int8) {
            declareDerived("zero", "torch.zeros([1], dtype=3)");
        }
        String code = "class " + CLASS_NAME + "(Module):\n"
                + "  __parameters__ = []\n"
                + "  __buffers__ = []\n"
                + attributes
                + "  def forward(self: __torch__." + CLASS_NAME + parameters + ") -> Tuple[" + types + "]:\n"
                + (exponentials ? OVERFLOW : "")
                + body
                + "    return (" + String.join(", ", results) + (results.size() == 1 ? ",)\n" : ")\n")
                + (exponentials ? EXPONENTIALS.replace("RESULT", "" + scalarType(lowering.compute())) : "")
                + (int8 ? INT8_LAYERS : "")
                + setterMethods()
                + method("finish", "", derived)
                + "  def __getstate__(self: __torch__." + CLASS_NAME + ") -> int:\n"
                + "    return 0\n"
                + method("__setstate__", ", state: int", placeholders);
        return new TorchScriptModule(code, state);
    }

    /** A method that returns nothing. */
    private static String method(String name, String parameters, CharSequence lines) {
        return "  def " + name + "(self: __torch__." + CLASS_NAME + parameters + ") -> NoneType:\n"
                + lines
                + "    return None\n";
    }

    private String setterMethods() {
        return IntStream.range(0, setters.size())
                .mapToObj(i -> method("set" + i, ", x: List[Tensor]", setters.get(i)))
                .collect(Collectors.joining());
    }

    private void countUses(Value value, Set<Value> seen) {
        if (seen.add(value)) {
            for (Value input : value.inputs()) {
                uses.merge(input, 1, Integer::sum);
                countUses(input, seen);
            }
        }
    }

    /** The variable that holds a value, written first if it is not yet. */
    private String variable(Value value) {
        String known = names.get(value);
        if (known != null) {
            return known;
        }
        if (value.op() instanceof Op.Input input) {
            return declareInput(value, input);
        }
        if (value.op() instanceof Op.Constant) {
            return declareConstant(value, lowering.compute(), false);
        }
        String expression = expression(value);
        String name = "v" + value.id();
        names.put(value, name);
        if (value.op() instanceof Op.Mean && lowering.compute() != DType.F32) {
            // Averages thousands of numbers: kept in float32 for whoever asks for this output.
            line(name + FLOAT_SUFFIX + " = " + expression);
            line(name + " = " + cast(name + FLOAT_SUFFIX, lowering.compute()));
        } else {
            line(name + " = " + expression);
        }
        return name;
    }

    /** A value as an output: float32, whatever the network computes in. */
    private String asFloat(Value value) {
        String name = variable(value);
        if (lowering.compute() == DType.F32) {
            return name;
        }
        return value.op() instanceof Op.Mean ? name + FLOAT_SUFFIX : cast(name, DType.F32);
    }

    private void line(String text) {
        body.append("    ").append(text).append('\n');
    }

    private String declareInput(Value value, Op.Input input) {
        inputs.add(value);
        names.put(value, input.name());
        if (input.dtype() == DType.F32 && lowering.compute() != DType.F32) {
            line(input.name() + " = " + cast(input.name(), lowering.compute()));
        }
        return input.name();
    }

    /** Makes a constant an attribute of the module. */
    private String declareConstant(Value value, DType dtype, boolean reordered) {
        int type = scalarType(dtype);
        return declareConstant(
                value,
                x -> reordered
                        ? "ops.mkldnn._reorder_linear_weight(torch.to(%s, %s), None)".formatted(x, type)
                        : "torch.to(%s, %s, False, True)".formatted(x, type));
    }

    /** @param expression of a tensor, in memory of its own: that of the tensor is used again */
    private String declareConstant(Value value, UnaryOperator<String> expression) {
        return names.computeIfAbsent(value, constant -> {
            String attribute = declare(attribute(constant));
            addSetter(constant, x -> "    %s = %s\n".formatted(attribute, expression.apply(x)));
            return attribute;
        });
    }

    /**
     * Writes what becomes of a constant's tensor when the module is loaded: lines of a method that is given it in a list, with
     * as many others as do not take much memory together. A method for each would take libtorch longer.
     */
    private void addSetter(Value constant, UnaryOperator<String> linesOfTensor) {
        Tensor tensor = tensor(constant);
        if (state.isEmpty() || bytesOfLastList + tensor.data().remaining() > LIST_BYTES) {
            state.add(new ArrayList<>());
            setters.add(new StringBuilder());
            bytesOfLastList = 0;
        }
        bytesOfLastList += tensor.data().remaining();
        List<Tensor> list = state.get(state.size() - 1);
        list.add(tensor);
        setters.get(setters.size() - 1).append(linesOfTensor.apply("x[" + (list.size() - 1) + "]"));
    }

    private static Tensor tensor(Value constant) {
        return ((Op.Constant) constant.op()).tensor();
    }

    private static String attribute(Value constant) {
        return ((Op.Constant) constant.op()).name().replace('.', '_');
    }

    private String expression(Value value) {
        List<Value> in = value.inputs();
        Op op = value.op();
        if (op instanceof Op.Linear) {
            return linear(value, "\"none\"", "None");
        } else if (op instanceof Op.Gelu) {
            return fusesGelu(value)
                    ? linear(in.get(0), "\"gelu\"", "\"none\"")
                    : "torch.gelu(%s)".formatted(variable(in.get(0)));
        } else if (op instanceof Op.Add) {
            return fusesAdd(value)
                    ? linearPlus(in.get(1), variable(in.get(0)))
                    : "torch.add(%s, %s)".formatted(variable(in.get(0)), variable(in.get(1)));
        } else if (op instanceof Op.LayerNorm norm) {
            return "torch.layer_norm(%s, [%s], %s, %s, %s)"
                    .formatted(
                            variable(in.get(0)),
                            value.dims().size(-1),
                            declareConstant(in.get(1), lowering.normWeights(), false),
                            declareConstant(in.get(2), lowering.normWeights(), false),
                            norm.epsilon());
        } else if (op instanceof Op.Attention attention) {
            return attention(value, attention.scale());
        } else if (op instanceof Op.Multiply) {
            return "torch.mul(%s, %s)"
                    .formatted(variable(in.get(0)), declareConstant(in.get(1), attentionType(), false));
        } else if (op instanceof Op.Normalize normalize) {
            String x = variable(in.get(0));
            return "torch.div(%s, torch.clamp_min(torch.linalg_vector_norm(%s, 2, [-1], True), %s))"
                    .formatted(x, x, Math.max(normalize.epsilon(), lowering.compute() == DType.F16 ? SMALLEST_F16 : 0));
        } else if (op instanceof Op.Permute permute) {
            return "torch.permute(" + variable(in.get(0)) + ", " + permute.axes() + ")";
        } else if (op instanceof Op.Reshape) {
            return "torch.reshape(" + variable(beforeReshapes(value)) + ", "
                    + list(value.dims().runtimeSizes()) + ")";
        } else if (op instanceof Op.IndexSelect select) {
            return "torch.index_select(%s, %s, %s)"
                    .formatted(variable(in.get(0)), select.axis(), declareConstant(in.get(1), DType.I64, false));
        } else if (op instanceof Op.Select select) {
            return "torch.select(" + variable(in.get(0)) + ", " + select.axis() + ", " + select.index() + ")";
        } else if (op instanceof Op.Slice slice) {
            return "torch.slice(%s, %s, %s, %s)".formatted(variable(in.get(0)), slice.axis(), slice.from(), slice.to());
        } else if (op instanceof Op.PadEnd pad) {
            // Counted from the last axis: a pair (before, after) for each.
            long[] counts = new long[2 * (value.dims().rank() - pad.axis())];
            counts[counts.length - 1] = pad.count();
            return "torch.constant_pad_nd(" + variable(in.get(0)) + ", " + list(counts) + ")";
        } else if (op instanceof Op.Mean mean) {
            String type = lowering.compute() == DType.F32 ? "" : ", False, dtype=" + scalarType(DType.F32);
            return "torch.mean(" + variable(in.get(0)) + ", " + mean.axes() + type + ")";
        } else if (op instanceof Op.PixelsToReal) {
            String real = "torch.add(torch.mul(%s, %s), %s)"
                    .formatted(
                            cast(variable(in.get(0)), DType.F32),
                            declareConstant(in.get(1), DType.F32, false),
                            declareConstant(in.get(2), DType.F32, false));
            return lowering.compute() == DType.F32 ? real : cast(real, lowering.compute());
        }
        throw new AssertionError("inputs and constants are declared, not computed: " + value);
    }

    /** A linear layer and, with oneDNN, the elementwise function that follows it in the same kernel. */
    private String linear(Value value, String function, String algorithm) {
        List<Value> in = value.inputs();
        if (widens(value)) {
            return widen(value, empty(value.dims(), in.get(0), DType.F32), DType.F32, function);
        }
        if (isQuantized(value)) {
            return narrow(value, "None");
        }
        String x = variable(in.get(0));
        boolean oneDnn = lowering.linear() != Lowering.Linear.PLAIN;
        String weight = declareConstant(in.get(1), lowering.compute(), oneDnn);
        String bias = in.size() == 3 ? variable(in.get(2)) : "None";
        return oneDnn
                ? "ops.mkldnn._linear_pointwise(%s, %s, %s, %s, annotate(List[Optional[number]], []), %s)"
                        .formatted(x, weight, bias, function, algorithm)
                : "torch.linear(%s, %s, %s)".formatted(x, weight, bias);
    }

    /** Whether a linear layer is computed in int8: those over an image's tokens, which are nearly all of the work. */
    private boolean isQuantized(Value linear) {
        Dims dims = linear.dims();
        return lowering.linear() == Lowering.Linear.DYNAMIC_INT8
                && dims.rank() == 3
                && dims.isBatch(0)
                && dims.size(0) == 1;
    }

    /**
     * Whether a layer is computed in int8 by oneDNN. It quantizes in a pass of its own and then beats FBGEMM, PyTorch's other
     * library, the more the wider the result is beside what is quantized, also because it applies GELU itself.
     */
    private boolean widens(Value linear) {
        return isQuantized(linear)
                && linear.dims().size(-1) > linear.inputs().get(0).dims().size(-1);
    }

    private String widen(Value linear, String y, DType type, String function) {
        return "(self).widen(%s, %s, %s, %s)".formatted(y, widenedArguments(linear), scalarType(type), function);
    }

    /** Input, weight, scale and bias of a layer that widens. */
    private String widenedArguments(Value linear) {
        String x = variable(linear.inputs().get(0));
        String weight = declareReorderedInt8(linear.inputs().get(1));
        return "%s, %s, %s_scale, %s".formatted(x, weight, weight, biasInF32(linear));
    }

    /** A layer by FBGEMM; with it the layer and the GELU before it, where nothing else reads them. */
    private String narrow(Value linear, String residual) {
        Value x = linear.inputs().get(0);
        boolean isSecond = x.op() instanceof Op.Gelu && uses.get(x) == 1 && fusesGelu(x);
        Value first = isSecond ? x.inputs().get(0) : linear;
        String arguments = isSecond ? widenedArguments(first) : variable(x);
        return "(self).%s(%s, %s, %s, %s)"
                .formatted(
                        isSecond ? "mlp" : "narrow",
                        empty(linear.dims(), first.inputs().get(0), DType.F32),
                        arguments,
                        declarePacked(linear),
                        residual);
    }

    /** Memory for a result of as many images as {@code x [batch, ...]} has. */
    private String empty(Dims dims, Value x, DType type) {
        String batch = "torch.size(%s, 0)".formatted(variable(x));
        String sizes = IntStream.range(0, dims.rank())
                .mapToObj(axis -> !dims.isBatch(axis)
                        ? Long.toString(dims.size(axis))
                        : dims.size(axis) == 1 ? batch : "torch.mul(%s, %s)".formatted(batch, dims.size(axis)))
                .collect(Collectors.joining(", "));
        return "torch.empty([%s], dtype=%s)".formatted(sizes, scalarType(type));
    }

    private String biasInF32(Value linear) {
        return linear.inputs().size() == 3 ? declareConstant(linear.inputs().get(2), DType.F32, false) : "None";
    }

    /** Makes weight and bias of a layer of FBGEMM's one attribute. */
    private String declarePacked(Value linear) {
        String bias = biasInF32(linear);
        return names.computeIfAbsent(linear.inputs().get(1), weight -> {
            String attribute = declare(
                    attribute(weight),
                    PACKED_WEIGHT,
                    "ops.quantized.linear_prepack(torch.quantize_per_tensor(torch.zeros([1, 1]), 1., 0, %s), None)"
                            .formatted(QINT8));
            addQuantizingSetter(weight, "    %s = ops.quantized.linear_prepack(q, %s)\n".formatted(attribute, bias));
            return attribute;
        });
    }

    /** Makes the weight of a layer of oneDNN's an attribute, and another, {@code _scale}, of its channels' scales. */
    private String declareReorderedInt8(Value weight) {
        return names.computeIfAbsent(weight, w -> {
            String attribute = declare(attribute(w));
            String scale = declare(attribute(w) + "_scale");
            addQuantizingSetter(w, """
                        %s = ops.onednn.qlinear_prepack(torch.int_repr(q), None)
                        %s = scale
                    """.formatted(attribute, scale));
            return attribute;
        });
    }

    /**
     * Quantizes a weight when the module is loaded: symmetric, as the int8 kernels want it; a channel of zeros needs a scale that
     * is not zero.
     *
     * @param rest lines that make attributes of the quantized tensor {@code q} and its channels' {@code scale}
     */
    private void addQuantizingSetter(Value weight, String rest) {
        addSetter(weight, x -> """
                    w = torch.to(%s, %s)
                    scale = torch.div(torch.clamp_min(torch.amax(torch.abs(w), [1]), 1.0E-12), 127)
                    q = torch.quantize_per_channel(w, scale, torch.to(torch.zeros_like(scale), %s), 0, %s)
                """.formatted(x, scalarType(DType.F32), scalarType(DType.I64), QINT8) + rest);
    }

    /** A linear layer with a residual added in the same kernel, in int8 as soon as an image is done. */
    private String linearPlus(Value value, String residual) {
        if (isQuantized(value)) {
            return narrow(value, residual);
        }
        List<Value> in = value.inputs();
        return "ops.mkldnn._linear_pointwise(%s, %s, %s, %s, \"add\")"
                .formatted(
                        variable(in.get(0)),
                        residual,
                        declareConstant(in.get(1), lowering.compute(), true),
                        in.size() == 3 ? variable(in.get(2)) : "None");
    }

    /** Writes {@code softmax(scale Q Kᵀ + B) V} up to its last step, which it returns. */
    private String attention(Value value, double scale) {
        if (lowering.attention() == Lowering.Attention.EXPONENTIALS) {
            copyTogether(value.inputs().get(2));
        }
        String q = variable(value.inputs().get(0));
        String k = variable(value.inputs().get(1));
        String v = variable(value.inputs().get(2));
        Value bias = value.inputs().get(3);
        Dims scoreDims = bias.dims();
        String name = "v" + value.id();
        switch (lowering.attention()) {
            case CPU_FLASH -> {
                String mask = repeated(bias, declareConstant(bias, lowering.compute(), false), q);
                line(
                        "%s, logsumexp = torch._scaled_dot_product_flash_attention_for_cpu(%s, %s, %s, 0., False, attn_mask=%s, scale=%s)"
                                .formatted(name, q, k, v, mask, scale));
                return name;
            }
            case CUDA_FUSED -> {
                int padding = Math.floorMod(-scoreDims.size(3), CUDA_MASK_ALIGNMENT);
                int type = scalarType(lowering.compute());
                String padded = declareConstant(
                        bias, x -> "torch.to(torch.constant_pad_nd(%s, [0, %s]), %s)".formatted(x, padding, type));
                String mask = repeated(bias, padded, q);
                return "torch.scaled_dot_product_attention(%s, %s, %s, torch.slice(%s, 3, 0, %s), 0., False, scale=%s)"
                        .formatted(q, k, v, mask, scoreDims.size(3), scale);
            }
            case STEPS -> {
                String b = declareConstant(bias, lowering.compute(), false);
                line("%s = torch.matmul(torch.mul(%s, %s), torch.transpose(%s, -2, -1))".formatted(name, q, scale, k));
                line("%s = torch.softmax(torch.add(%s, %s), -1)".formatted(name, perWindow(name, scoreDims), b));
            }
            case EXPONENTIALS -> {
                String b = declareConstant(bias, DType.F32, false);
                return "(self).exponentials(%s, %s, %s, %s, %s, %s, %s)"
                        .formatted(scores(value, q, k, scale), q, k, v, b, declareExponential(bias, b), scale);
            }
        }
        return "torch.matmul(torch.reshape(%s, %s), %s)"
                .formatted(name, list(new long[] {-1, scoreDims.size(1), scoreDims.size(2), scoreDims.size(3)}), v);
    }

    /**
     * Scores times log2 e, for exponentials with base 2, which are faster. V2's, at most 100, less what puts the greatest that a
     * head can have at 50.
     */
    private String scores(Value attention, String q, String k, double scale) {
        String scores =
                "torch.baddbmm(torch.zeros([1], dtype=%s), torch.flatten(%s, 0, 1), torch.transpose(torch.flatten(%s, 0, 1), 1, 2), beta=0, alpha=%s)"
                        .formatted(scalarType(DType.BF16), q, k, scale * LOG2_E);
        Value query = attention.inputs().get(0);
        if (scale == 1 && query.op() instanceof Op.Multiply) {
            Value factors = query.inputs().get(1);
            String excess = declareDerived(
                    factors,
                    "_excess",
                    "torch.mul(torch.clamp_min(torch.sub(%s, %s), 0), %s)"
                            .formatted(variable(factors), GREATEST_SCORE, LOG2_E));
            Dims dims = attention.inputs().get(3).dims();
            return "torch.sub_(torch.reshape(%s, %s), %s)"
                    .formatted(scores, list(new long[] {-1, dims.size(1), dims.size(2), dims.size(3)}), excess);
        }
        return scores;
    }

    /** The type of attention's queries, keys and values. */
    private DType attentionType() {
        return lowering.attention() == Lowering.Attention.EXPONENTIALS ? DType.BF16 : lowering.compute();
    }

    /**
     * Copies the tensor that queries, keys and values are parts of into the order in which they are read: otherwise the
     * products copy each of them, and the keys slowly, transposed. A layer of int8 copies each image as soon as it is done.
     */
    private void copyTogether(Value part) {
        if (!(part.op() instanceof Op.Select)) {
            return;
        }
        Value whole = part.inputs().get(0);
        if (whole.op() instanceof Op.Permute permute && whole.inputs().get(0).op() instanceof Op.Reshape) {
            Value layer = beforeReshapes(whole.inputs().get(0));
            if (isPrivateLinear(layer) && widens(layer) && !names.containsKey(whole)) {
                widenInOrder(layer, whole, permute.axes());
                return;
            }
        }
        String all = variable(whole);
        line("%s = torch.contiguous(%s)"
                .formatted(all, lowering.compute() == DType.BF16 ? all : cast(all, DType.BF16)));
    }

    /** Computes, in bfloat16, what a layer's result is when it is split into more axes and permuted: at once in its place. */
    private void widenInOrder(Value layer, Value permuted, List<Integer> axes) {
        String name = "v" + permuted.id();
        line(name + " = " + empty(permuted.dims(), layer.inputs().get(0), DType.BF16));
        names.put(permuted, name);
        Dims split = permuted.inputs().get(0).dims(); // [parts * batch, ...], here as [batch, parts, ...]
        List<Long> perImage = new ArrayList<>(List.of(-1L));
        IntStream.range(0, split.rank()).forEach(axis -> perImage.add(split.size(axis)));
        List<Integer> back =
                IntStream.range(0, axes.size()).mapToObj(axes::indexOf).toList();
        String y = "torch.view(torch.permute(%s, %s), %s)".formatted(name, back, perImage);
        line("%s_filled = %s".formatted(name, widen(layer, y, DType.BF16, "\"none\"")));
    }

    /** The exponential of a bias, at most 1: softmax does not see what is added to a whole row. */
    private String declareExponential(Value bias, String variable) {
        String exponential = "torch.exp(torch.sub(%s, torch.amax(%s, [-1], True)))".formatted(variable, variable);
        return declareDerived(bias, "_exp", cast(exponential, DType.BF16));
    }

    /** Makes what follows from a constant another attribute. */
    private String declareDerived(Value constant, String suffix, String expression) {
        return declareDerived(attribute(constant) + suffix, expression);
    }

    /** Makes an attribute that is computed when all constants are there. */
    private String declareDerived(String name, String expression) {
        String attribute = declare(name);
        derived.append("    %s = %s\n".formatted(attribute, expression));
        return attribute;
    }

    private String declare(String name) {
        return declare(name, "Tensor", "torch.empty([0])");
    }

    /** Makes an attribute; libtorch wants it to have a value of its type at once, a placeholder. */
    private String declare(String name, String type, String placeholder) {
        attributes.append("  ").append(name).append(" : ").append(type).append('\n');
        placeholders.append("    self.%s = %s\n".formatted(name, placeholder));
        return "self." + name;
    }

    /** Scores with an axis of their own for the windows of an image, as the bias has. */
    private static String perWindow(String scores, Dims bias) {
        return "torch.reshape(%s, %s)"
                .formatted(scores, list(new long[] {-1, bias.size(0), bias.size(1), bias.size(2), bias.size(3)}));
    }

    /** A bias that differs between the windows, once for each image of the batch. */
    private static String repeated(Value bias, String variable, String q) {
        long windows = bias.dims().size(0);
        return windows == 1
                ? variable
                : "torch.repeat(%s, [torch.floordiv(torch.size(%s, 0), %s), 1, 1, 1])".formatted(variable, q, windows);
    }

    /** Whether every layer is oneDNN's own, in the type that the network computes in. */
    private boolean fusesIntoLinear() {
        return lowering.linear() == Lowering.Linear.ONEDNN;
    }

    private boolean fusesGelu(Value gelu) {
        Value linear = gelu.inputs().get(0);
        return isPrivateLinear(linear) && (fusesIntoLinear() || widens(linear));
    }

    private boolean fusesAdd(Value add) {
        Value residual = add.inputs().get(0);
        Value layer = add.inputs().get(1);
        return isPrivateLinear(layer)
                && residual.dims().equals(add.dims())
                && (isQuantized(layer) ? !widens(layer) : fusesIntoLinear() && isContiguous(residual));
    }

    /** Whether a value surely lies in order in memory, as oneDNN wants what it adds to a result. */
    private static boolean isContiguous(Value value) {
        return value.op() instanceof Op.Linear
                || value.op() instanceof Op.LayerNorm
                || value.op() instanceof Op.IndexSelect
                || value.op() instanceof Op.Add
                || value.op() instanceof Op.Gelu;
    }

    /** A linear layer whose own result nobody else reads. */
    private boolean isPrivateLinear(Value value) {
        return value.op() instanceof Op.Linear && uses.get(value) == 1;
    }

    private static Value beforeReshapes(Value value) {
        Value from = value.inputs().get(0);
        while (from.op() instanceof Op.Reshape) {
            from = from.inputs().get(0);
        }
        return from;
    }

    private static String cast(String expression, DType dtype) {
        return "torch.to(" + expression + ", " + scalarType(dtype) + ")";
    }

    /** Number of a type in TorchScript, {@code c10::ScalarType}. */
    private static int scalarType(DType dtype) {
        return switch (dtype) {
            case I64 -> 4;
            case F16 -> 5;
            case F32 -> 6;
            case BF16 -> 15;
            default -> throw new IllegalArgumentException("a network does not compute in " + dtype);
        };
    }

    private static String list(long[] numbers) {
        return LongStream.of(numbers).boxed().toList().toString();
    }
}
