package io.swinlake.torchscript;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.tensor.DType;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class KernelsTest {
    @Test
    void exponentialsGoToLibtorchAsMethodsOfTheClassWithoutTheirComments() {
        assertThat(new Kernels(Lowering.CPU_BF16).methods()).isEqualTo("""
                          def exponentials(self: __torch__.Swin, scores: Tensor, q: Tensor, k: Tensor, v: Tensor, bias: Tensor, bias_exp: Tensor, scale: float) -> Tensor:
                            p = torch.exp2_(scores)
                            greatest = torch.max(p)
                            p = torch.mul_(torch.reshape(p, torch.add([-1], torch.size(bias))), bias_exp)
                            p = torch.reshape(p, [torch.size(q, 0), torch.size(q, 1), torch.size(q, 2), torch.size(q, 2)])
                            sums = torch.matmul(p, torch.ones([torch.size(q, 2), 1], dtype=15))
                            if bool(torch.logical_and(torch.lt(greatest, 1.0E24), torch.gt(torch.min(sums), 1.0E-8))):
                              y = torch.div(torch.to(torch.matmul(p, v), 15), torch.to(sums, 15))
                            else:
                              y = (self).softmax(q, k, v, bias, scale)
                            return y
                          def softmax(self: __torch__.Swin, q: Tensor, k: Tensor, v: Tensor, bias: Tensor, scale: float) -> Tensor:
                            scores = torch.matmul(q, torch.transpose(k, -2, -1))
                            p = torch.add(bias, torch.reshape(scores, torch.add([-1], torch.size(bias))), alpha=scale)
                            p = torch.to(torch.softmax(p, -1), 15)
                            return torch.to(torch.matmul(torch.reshape(p, torch.size(scores)), v), 15)
                        """);
    }

    @Test
    void aLoweringHasTheMethodsThatItsLinesCall() {
        assertThat(methodNames(Lowering.CPU_INT8_BF16))
                .containsExactly("exponentials", "softmax", "widened", "widen", "narrow", "mlp", "put");
        assertThat(methodNames(Lowering.CPU_INT8)).containsExactly("widened", "widen", "narrow", "mlp", "put");
        assertThat(methodNames(Lowering.CPU_FP32)).isEmpty();
        assertThat(methodNames(Lowering.CUDA_FP16)).isEmpty();
    }

    private static String[] methodNames(Lowering lowering) {
        String methods = new Kernels(lowering).methods();
        assertThat(methods).doesNotContain("#", "RESULT", "\n\n");
        return Pattern.compile("^  def (\\w+)\\(", Pattern.MULTILINE)
                .matcher(methods)
                .results()
                .map(match -> match.group(1))
                .toArray(String[]::new);
    }

    /** Attention's result is added to float32 where all but the linear layers is that. */
    @Test
    void exponentialsGiveTheTypeThatTheNetworkComputesIn() {
        assertThat(new Kernels(Lowering.CPU_INT8_BF16).methods())
                .contains("y = torch.div(torch.to(torch.matmul(p, v), 6), torch.to(sums, 6))");
    }

    @Test
    void theMethodsAttributesAreComputedWhenAModuleIsLoaded() {
        ModuleState state = new ModuleState();
        new Kernels(new Lowering(DType.F32, Lowering.Linear.DYNAMIC_INT8, DType.F32, Lowering.Attention.EXPONENTIALS))
                .declareAttributes(state);
        assertThat(state.declarations()).isEqualTo("  overflow : Tensor\n  zero : Tensor\n");
        assertThat(state.methods()).contains("""
                          def finish(self: __torch__.Swin) -> NoneType:
                            self.overflow = torch.full([32], 1000, dtype=15)
                            self.zero = torch.zeros([1], dtype=3)
                            return None
                        """);
    }
}
