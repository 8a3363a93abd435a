package io.swinlake.torchscript;

import io.swinlake.tensor.DType;
import java.util.stream.LongStream;

/** How TorchScript spells what all parts of a program are made of. */
final class Syntax {
    /** The module's class, {@code __torch__.Swin} where it is a type. */
    static final String CLASS_NAME = "Swin";

    private Syntax() {}

    /** Number of a type, {@code c10::ScalarType}. */
    static int scalarType(DType dtype) {
        return switch (dtype) {
            case I64 -> 4;
            case F16 -> 5;
            case F32 -> 6;
            case BF16 -> 15;
            default -> throw new IllegalArgumentException("a network does not compute in " + dtype);
        };
    }

    static String cast(String expression, DType dtype) {
        return "torch.to(" + expression + ", " + scalarType(dtype) + ")";
    }

    static String reshape(String expression, long... sizes) {
        return "torch.reshape(" + expression + ", " + list(sizes) + ")";
    }

    static String list(long... numbers) {
        return LongStream.of(numbers).boxed().toList().toString();
    }

    /**
     * A method of the module that returns nothing.
     *
     * @param parameters each with a comma before it
     * @param lines indented, and ended, as they are to stand there
     */
    static String method(String name, String parameters, CharSequence lines) {
        return "  def " + name + "(self: __torch__." + CLASS_NAME + parameters + ") -> NoneType:\n"
                + lines
                + "    return None\n";
    }
}
