package io.swinlake.torchscript;

import io.swinlake.graph.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Puts a module's class together: its attributes, {@code forward}, what that calls, and what loading calls. */
final class Program {
    private Program() {}

    static TorchScriptModule compile(List<Value> outputs, Lowering lowering) {
        ModuleState state = new ModuleState();
        Forward forward = new Forward(lowering, Fusion.of(outputs, lowering), state);
        List<String> results = new ArrayList<>();
        for (Value output : outputs) {
            results.add(forward.output(output));
        }
        Kernels kernels = new Kernels(lowering);
        kernels.declareAttributes(state);

        String types = outputs.stream().map(output -> "Tensor").collect(Collectors.joining(", "));
        String code = "class " + Syntax.CLASS_NAME + "(Module):\n"
                + "  __parameters__ = []\n"
                + "  __buffers__ = []\n"
                + state.declarations()
                + "  def forward(self: __torch__." + Syntax.CLASS_NAME + forward.parameters() + ") -> Tuple[" + types
                + "]:\n"
                + kernels.firstLines()
                + forward.lines()
                + "    return (" + String.join(", ", results) + (results.size() == 1 ? ",)\n" : ")\n")
                + kernels.methods()
                + state.methods();
        return new TorchScriptModule(code, state.tensors());
    }
}
