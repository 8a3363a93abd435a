package io.swinlake.torchscript;

import io.swinlake.graph.Op;
import io.swinlake.graph.Value;
import io.swinlake.tensor.DType;
import io.swinlake.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The attributes of a module and how they get their values: {@code __setstate__} gives each a placeholder, {@code set0} and so on
 * what they make of the tensors that they are given, {@code finish} what follows from these.
 */
final class ModuleState {
    /** Bytes of tensors that one method is given, and hence memory that loading takes besides what is kept. */
    private static final long LIST_BYTES = 16 << 20;

    private final Map<Value, String> constants = new HashMap<>();
    private final StringBuilder declarations = new StringBuilder();
    private final StringBuilder placeholders = new StringBuilder();
    private final StringBuilder derived = new StringBuilder();
    private final List<StringBuilder> setters = new ArrayList<>();
    private final List<List<Tensor>> tensors = new ArrayList<>();
    private long bytesOfLastList;

    /** The attribute that holds a constant in this type; the first call for the constant decides. */
    String constant(Value constant, DType dtype) {
        int type = Syntax.scalarType(dtype);
        return constant(constant, x -> "torch.to(%s, %s, False, True)".formatted(x, type));
    }

    /** @param expression of a tensor, in memory of its own: that of the tensor is used again */
    String constant(Value constant, UnaryOperator<String> expression) {
        return constantBy(constant, name -> {
            String attribute = declare(name);
            addSetter(constant, x -> "    %s = %s\n".formatted(attribute, expression.apply(x)));
            return attribute;
        });
    }

    /** @param declare given the constant's name, makes one attribute or more and returns the one that stands for it */
    String constantBy(Value constant, UnaryOperator<String> declare) {
        return constants.computeIfAbsent(constant, x -> declare.apply(name(x)));
    }

    /** Makes what follows from a constant another attribute. */
    String derived(Value constant, String suffix, String expression) {
        return derived(name(constant) + suffix, expression);
    }

    /** Makes an attribute that is computed when all constants are there. */
    String derived(String name, String expression) {
        String attribute = declare(name);
        derived.append("    %s = %s\n".formatted(attribute, expression));
        return attribute;
    }

    String declare(String name) {
        return declare(name, "Tensor", "torch.empty([0])");
    }

    /** Makes an attribute; libtorch wants it to have a value of its type at once, a placeholder. */
    String declare(String name, String type, String placeholder) {
        declarations.append("  ").append(name).append(" : ").append(type).append('\n');
        placeholders.append("    self.%s = %s\n".formatted(name, placeholder));
        return "self." + name;
    }

    /**
     * Writes what becomes of a constant's tensor when the module is loaded: lines of a method that is given it in a list, with
     * as many others as do not take much memory together. A method for each would take libtorch longer.
     */
    void addSetter(Value constant, Function<String, String> linesOfTensor) {
        Tensor tensor = op(constant).tensor();
        if (tensors.isEmpty() || bytesOfLastList + tensor.data().remaining() > LIST_BYTES) {
            tensors.add(new ArrayList<>());
            setters.add(new StringBuilder());
            bytesOfLastList = 0;
        }
        bytesOfLastList += tensor.data().remaining();
        List<Tensor> list = tensors.get(tensors.size() - 1);
        list.add(tensor);
        setters.get(setters.size() - 1).append(linesOfTensor.apply("x[" + (list.size() - 1) + "]"));
    }

    private static String name(Value constant) {
        return op(constant).name().replace('.', '_');
    }

    private static Op.Constant op(Value constant) {
        return (Op.Constant) constant.op();
    }

    /** The attributes and their types, as a class begins with them. */
    String declarations() {
        return declarations.toString();
    }

    /** The methods that give the attributes their values. */
    String methods() {
        return IntStream.range(0, setters.size())
                        .mapToObj(i -> Syntax.method("set" + i, ", x: List[Tensor]", setters.get(i)))
                        .collect(Collectors.joining())
                + Syntax.method("finish", "", derived)
                + "  def __getstate__(self: __torch__." + Syntax.CLASS_NAME + ") -> int:\n"
                + "    return 0\n"
                + Syntax.method("__setstate__", ", state: int", placeholders);
    }

    /** What {@code set0} is given, {@code set1}, and so on. */
    List<List<Tensor>> tensors() {
        return tensors;
    }
}
