package io.swinlake.torchscript;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.graph.Graph;
import io.swinlake.graph.Value;
import io.swinlake.tensor.DType;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModuleStateTest {
    private static final int MIB = 1 << 20;

    private final Graph graph = new Graph();
    private final ModuleState state = new ModuleState();

    private Value constant(String name, int mebibytes) {
        ByteBuffer zeros = ByteBuffer.allocate(mebibytes * MIB);
        return graph.constant(name, Tensor.view(DType.F32, Shape.of(zeros.capacity() / Float.BYTES), zeros));
    }

    @Test
    void aConstantIsOneAttributeHoweverOftenItIsAskedFor() {
        Value weight = constant("norm.weight", 1);
        assertThat(state.constant(weight, DType.F32)).isEqualTo("self.norm_weight");
        assertThat(state.constant(weight, DType.BF16)).isEqualTo("self.norm_weight");
        assertThat(state.declarations()).isEqualTo("  norm_weight : Tensor\n");
        assertThat(state.tensors().stream().map(ModuleStateTest::mebibytes)).containsExactly(List.of(1));
    }

    @Test
    void tensorsShareAListUpToSixteenMebibytesAndALargerOneHasItsOwn() {
        for (int mebibytes : List.of(10, 6, 1, 20, 2)) {
            state.constant(constant("weight_" + mebibytes, mebibytes), DType.F32);
        }
        assertThat(state.tensors().stream().map(ModuleStateTest::mebibytes))
                .containsExactly(List.of(10, 6), List.of(1), List.of(20), List.of(2));
        assertThat(state.methods()).contains("""
                          def set0(self: __torch__.Swin, x: List[Tensor]) -> NoneType:
                            self.weight_10 = torch.to(x[0], 6, False, True)
                            self.weight_6 = torch.to(x[1], 6, False, True)
                            return None
                          def set1(self: __torch__.Swin, x: List[Tensor]) -> NoneType:
                            self.weight_1 = torch.to(x[0], 6, False, True)
                            return None
                        """);
    }

    private static List<Integer> mebibytes(List<Tensor> list) {
        return list.stream().map(tensor -> tensor.data().remaining() / MIB).toList();
    }

    @Test
    void whatFollowsFromAConstantIsComputedWhenAllAreThere() {
        Value bias = constant("attn.bias", 1);
        String attribute = state.constant(bias, DType.F32);
        assertThat(state.derived(bias, "_exp", "torch.exp(%s)".formatted(attribute)))
                .isEqualTo("self.attn_bias_exp");
        assertThat(state.methods()).isEqualTo("""
                          def set0(self: __torch__.Swin, x: List[Tensor]) -> NoneType:
                            self.attn_bias = torch.to(x[0], 6, False, True)
                            return None
                          def finish(self: __torch__.Swin) -> NoneType:
                            self.attn_bias_exp = torch.exp(self.attn_bias)
                            return None
                          def __getstate__(self: __torch__.Swin) -> int:
                            return 0
                          def __setstate__(self: __torch__.Swin, state: int) -> NoneType:
                            self.attn_bias = torch.empty([0])
                            self.attn_bias_exp = torch.empty([0])
                            return None
                        """);
    }
}
