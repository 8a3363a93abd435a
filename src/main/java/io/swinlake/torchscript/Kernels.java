package io.swinlake.torchscript;

import io.swinlake.tensor.DType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;

/**
 * Methods written by hand that the lines of a lowering call. They lie beside this class as resources, with comments that libtorch
 * is not given.
 */
final class Kernels {
    private final Lowering lowering;

    Kernels(Lowering lowering) {
        this.lowering = lowering;
    }

    /** Declares what the methods want of the module besides its weights. */
    void declareAttributes(ModuleState state) {
        if (hasExponentials()) {
            // As many as one vector of bfloat16 holds.
            state.derived("overflow", "torch.full([32], 1000, dtype=%s)".formatted(Syntax.scalarType(DType.BF16)));
        }
        if (hasInt8()) {
            state.derived("zero", "torch.zeros([1], dtype=3)");
        }
    }

    /**
     * Begins a forward that takes exponentials. PyTorch's function reads what it returns for an overflow by a masked load, and
     * nothing else needs that page of the library. While the page is not mapped, as after the system was short of memory, the
     * processor takes 120 ns for that load, 17 times what the function takes, and a load that is masked maps nothing. A number
     * that does overflow maps it. In place, so that it is not removed as unused; the exponential of infinity is infinity.
     */
    String firstLines() {
        return hasExponentials() ? "    overflow = torch.exp2_(self.overflow)\n" : "";
    }

    String methods() {
        String exponentials = hasExponentials() ? read("exponentials.py") : "";
        String int8 = hasInt8() ? read("int8.py") : "";
        return exponentials.replace("RESULT", "" + Syntax.scalarType(lowering.compute())) + int8;
    }

    private boolean hasExponentials() {
        return lowering.attention() == Lowering.Attention.EXPONENTIALS;
    }

    private boolean hasInt8() {
        return lowering.linear() == Lowering.Linear.DYNAMIC_INT8;
    }

    /** The methods of a resource as they stand in a class. */
    private static String read(String resource) {
        try (InputStream text = Kernels.class.getResourceAsStream(resource)) {
            return new String(text.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.stripLeading().startsWith("#"))
                    .map(line -> "  " + line + "\n")
                    .collect(Collectors.joining());
        } catch (IOException e) {
            throw new UncheckedIOException(e); // it lies in the jar that this class comes from
        }
    }
}
