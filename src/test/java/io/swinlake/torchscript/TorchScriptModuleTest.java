package io.swinlake.torchscript;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.InLocale;
import io.swinlake.graph.Graph;
import io.swinlake.graph.Value;
import io.swinlake.tensor.DType;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The emitted text, whole: what libtorch is given must not change unnoticed. */
class TorchScriptModuleTest {
    /** A pre-norm MLP with a residual, and its mean: has everything that a lowering treats differently. */
    private static List<Value> mlp() {
        Graph graph = new Graph();
        Value x = graph.input("x", DType.F32, 6, 2);
        Value tokens = x.linear(constant(graph, "embed.weight", 2, 2));
        Value normed = tokens.layerNorm(constant(graph, "norm.weight", 2), constant(graph, "norm.bias", 2), 1e-5);
        Value hidden = normed.linear(constant(graph, "fc1.weight", 3, 2), constant(graph, "fc1.bias", 3))
                .gelu();
        Value result = tokens.plus(hidden.linear(constant(graph, "fc2.weight", 2, 3), constant(graph, "fc2.bias", 2)));
        return List.of(result, result.unflatten(1, 2, 3).flatten(2, 3).mean(1, 1));
    }

    private static Value constant(Graph graph, String name, long... sizes) {
        Shape shape = Shape.of(sizes);
        return graph.constant(name, Tensor.of(shape, new float[(int) shape.elements()]));
    }

    @Test
    void theReferenceSpellsEveryOperationAsPyTorchDoes() {
        assertThat(TorchScriptModule.compile(mlp(), Lowering.REFERENCE).code()).isEqualTo("""
                        class Swin(Module):
                          __parameters__ = []
                          __buffers__ = []
                          embed_weight : Tensor
                          norm_weight : Tensor
                          norm_bias : Tensor
                          fc1_weight : Tensor
                          fc1_bias : Tensor
                          fc2_weight : Tensor
                          fc2_bias : Tensor
                          def forward(self: __torch__.Swin, x: Tensor) -> Tuple[Tensor, Tensor]:
                            v2 = torch.linear(x, self.embed_weight, None)
                            v5 = torch.layer_norm(v2, [2], self.norm_weight, self.norm_bias, 1.0E-5)
                            v8 = torch.linear(v5, self.fc1_weight, self.fc1_bias)
                            v9 = torch.gelu(v8)
                            v12 = torch.linear(v9, self.fc2_weight, self.fc2_bias)
                            v13 = torch.add(v2, v12)
                            v15 = torch.reshape(v13, [-1, 2, 6])
                            v16 = torch.mean(v15, [1])
                            return (v13, v16)
                          def set0(self: __torch__.Swin, x: List[Tensor]) -> NoneType:
                            self.embed_weight = torch.to(x[0], 6, False, True)
                            self.norm_weight = torch.to(x[1], 6, False, True)
                            self.norm_bias = torch.to(x[2], 6, False, True)
                            self.fc1_weight = torch.to(x[3], 6, False, True)
                            self.fc1_bias = torch.to(x[4], 6, False, True)
                            self.fc2_weight = torch.to(x[5], 6, False, True)
                            self.fc2_bias = torch.to(x[6], 6, False, True)
                            return None
                          def finish(self: __torch__.Swin) -> NoneType:
                            return None
                          def __getstate__(self: __torch__.Swin) -> int:
                            return 0
                          def __setstate__(self: __torch__.Swin, state: int) -> NoneType:
                            self.embed_weight = torch.empty([0])
                            self.norm_weight = torch.empty([0])
                            self.norm_bias = torch.empty([0])
                            self.fc1_weight = torch.empty([0])
                            self.fc1_bias = torch.empty([0])
                            self.fc2_weight = torch.empty([0])
                            self.fc2_bias = torch.empty([0])
                            return None
                        """);
    }

    @Test
    void oneDnnReordersWeightsAndFusesWhatFollowsALinearLayer() {
        String code = TorchScriptModule.compile(mlp(), Lowering.CPU_BF16).code();
        assertThat(code)
                .contains("""
                            x = torch.to(x, 15)
                            v2 = ops.mkldnn._linear_pointwise(x, self.embed_weight, None, "none", annotate(List[Optional[number]], []), None)
                            v5 = torch.layer_norm(v2, [2], self.norm_weight, self.norm_bias, 1.0E-5)
                            v9 = ops.mkldnn._linear_pointwise(v5, self.fc1_weight, self.fc1_bias, "gelu", annotate(List[Optional[number]], []), "none")
                            v13 = ops.mkldnn._linear_pointwise(v9, v2, self.fc2_weight, self.fc2_bias, "add")
                            v15 = torch.reshape(v13, [-1, 2, 6])
                            v16_f32 = torch.mean(v15, [1], False, dtype=6)
                            v16 = torch.to(v16_f32, 15)
                            return (torch.to(v13, 6), v16_f32)
                        """)
                .contains("self.fc1_weight = ops.mkldnn._reorder_linear_weight(torch.to(x[3], 15), None)\n");
    }

    /** Two heads of two windows per image, each with a bias of its own, and an exchange of tokens before. */
    private static List<Value> attention() {
        Graph graph = new Graph();
        Value x = graph.input("x", DType.F32, 2, 2, 3, 4)
                .indexSelect(4, 3, 1, 0, 2)
                .flatten(0, 1);
        return List.of(x.attention(x, x, constant(graph, "bias", 2, 2, 3, 3), 0.5));
    }

    private static String attention(Lowering lowering) {
        String code = TorchScriptModule.compile(attention(), lowering).code();
        return code.substring(code.indexOf("    v2 = "), code.indexOf("  def set0"));
    }

    @Test
    void attentionIsSpelledOutForTheReference() {
        assertThat(attention(Lowering.REFERENCE)).isEqualTo("""
                    v2 = torch.index_select(x, 4, self.places_1)
                    v3 = torch.reshape(v2, [-1, 2, 3, 4])
                    v5 = torch.matmul(torch.mul(v3, 0.5), torch.transpose(v3, -2, -1))
                    v5 = torch.softmax(torch.add(torch.reshape(v5, [-1, 2, 2, 3, 3]), self.bias), -1)
                    v5 = torch.matmul(torch.reshape(v5, [-1, 2, 3, 3]), v3)
                    return (v5,)
                """);
    }

    @Test
    void everyTargetHasItsOwnAttention() {
        assertThat(attention(Lowering.CPU_FP32))
                .contains(
                        "v5, logsumexp = torch._scaled_dot_product_flash_attention_for_cpu(v3, v3, v3, 0., False,"
                                + " attn_mask=torch.repeat(self.bias, [torch.floordiv(torch.size(v3, 0), 2), 1, 1, 1]), scale=0.5)");
        assertThat(attention(Lowering.CPU_BF16))
                .contains("v5 = (self).exponentials(torch.baddbmm(torch.zeros([1], dtype=15), torch.flatten(v3, 0, 1),"
                        + " torch.transpose(torch.flatten(v3, 0, 1), 1, 2), beta=0, alpha=0.7213475204444817),"
                        + " v3, v3, v3, self.bias, self.bias_exp, 0.5)")
                .contains("y = (self).softmax(q, k, v, bias, scale)");
        assertThat(attention(Lowering.CUDA_FP16))
                .contains("v5 = torch.scaled_dot_product_attention(v3, v3, v3,"
                        + " torch.slice(torch.repeat(self.bias, [torch.floordiv(torch.size(v3, 0), 2), 1, 1, 1]), 3, 0, 3),"
                        + " 0., False, scale=0.5)");
    }

    /** 49 tokens of a window become 56: PyTorch would pad the mask on every call otherwise. */
    @Test
    void onCudaTheRowsOfABiasArePaddedToAMultipleOfEight() {
        assertThat(TorchScriptModule.compile(attention(), Lowering.CUDA_BF16).code())
                .contains("""
                            self.places_1 = torch.to(x[0], 4, False, True)
                            self.bias = torch.to(torch.constant_pad_nd(x[1], [0, 5]), 15)
                        """);
    }

    @Test
    void int8QuantizesWhatActsOnTokensWhenTheModuleIsLoaded() {
        TorchScriptModule module = TorchScriptModule.compile(mlp(), Lowering.CPU_INT8);
        assertThat(module.code()).contains("""
                          fc1_weight : Tensor
                          fc1_weight_scale : Tensor
                          fc1_bias : Tensor
                          fc2_bias : Tensor
                          fc2_weight : __torch__.torch.classes.quantized.LinearPackedParamsBase
                        """).contains("""
                            v13 = (self).mlp(torch.empty([torch.size(v5, 0), 6, 2], dtype=6), v5, self.fc1_weight, self.fc1_weight_scale, self.fc1_bias, self.fc2_weight, v2)
                        """).contains("""
                            w = torch.to(x[3], 6)
                            scale = torch.div(torch.clamp_min(torch.amax(torch.abs(w), [1]), 1.0E-12), 127)
                            q = torch.quantize_per_channel(w, scale, torch.to(torch.zeros_like(scale), 4), 0, 12)
                            self.fc1_weight = ops.onednn.qlinear_prepack(torch.int_repr(q), None)
                            self.fc1_weight_scale = scale
                        """).contains("""
                            self.fc2_weight = ops.quantized.linear_prepack(q, self.fc2_bias)
                        """);
        assertThat(module.state())
                .allSatisfy(list -> assertThat(list).extracting(Tensor::dtype).containsOnly(DType.F32));
    }

    @Test
    void weightsAreKeptInTheTypeThatIsComputedInButForTheNorms() {
        assertThat(TorchScriptModule.compile(mlp(), Lowering.CPU_BF16).code()).contains("""
                            self.embed_weight = ops.mkldnn._reorder_linear_weight(torch.to(x[0], 15), None)
                            self.norm_weight = torch.to(x[1], 6, False, True)
                            self.norm_bias = torch.to(x[2], 6, False, True)
                            self.fc1_weight = ops.mkldnn._reorder_linear_weight(torch.to(x[3], 15), None)
                            self.fc1_bias = torch.to(x[4], 15, False, True)
                            self.fc2_weight = ops.mkldnn._reorder_linear_weight(torch.to(x[5], 15), None)
                            self.fc2_bias = torch.to(x[6], 15, False, True)
                        """);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fa-IR", "ar-EG-u-nu-arab"})
    void theTextIsTheSameWhereDigitsAreOthers(String locale) throws Exception {
        for (Lowering lowering : List.of(Lowering.REFERENCE, Lowering.CPU_FP32, Lowering.CPU_BF16, Lowering.CPU_INT8)) {
            assertThat(InLocale.call(locale, () -> TorchScriptModule.compile(mlp(), lowering)
                            .code()))
                    .isEqualTo(TorchScriptModule.compile(mlp(), lowering).code());
        }
    }
}
