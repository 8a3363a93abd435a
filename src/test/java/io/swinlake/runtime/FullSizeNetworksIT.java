package io.swinlake.runtime;

import static io.swinlake.Fixtures.maxRelativeError;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import io.swinlake.Fixtures;
import io.swinlake.RuleWeights;
import io.swinlake.graph.Graph;
import io.swinlake.graph.Value;
import io.swinlake.model.SwinModel;
import io.swinlake.swin.SwinNetwork;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import io.swinlake.torchscript.Lowering;
import io.swinlake.torchscript.TorchScriptModule;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Networks of the published sizes, with the fixtures' rule for weights, against the reference's float64 outputs. The two
 * smallest run always; {@code scripts/test --large} runs them all.
 */
class FullSizeNetworksIT {
    private static final String TINY = "full/swin_tiny_patch4_window7_224";
    private static final String TINY_V2 = "full/swinv2_tiny_patch4_window8_256";

    @ParameterizedTest
    @ValueSource(strings = {TINY, TINY_V2})
    void theSmallestNetworksGiveTheReferencesOutputs(String id) {
        assertEqualsReference(id);
    }

    @ParameterizedTest
    @MethodSource("allCases")
    @EnabledIfSystemProperty(
            named = "swinlake.large",
            matches = "true",
            disabledReason = "scripts/test --large runs it")
    void everyPublishedSizeGivesTheReferencesOutputs(String id) {
        assertEqualsReference(id);
    }

    static Stream<String> allCases() {
        return Fixtures.cases().stream()
                .filter(entry -> entry.get("kind").asText().equals("full"))
                .map(entry -> entry.get("id").asText());
    }

    private static void assertEqualsReference(String id) {
        JsonNode entry = Fixtures.caseById(id);
        double tolerance = entry.get("tolerance").get("f32_max_rel").asDouble();
        NormalisedImages images = new NormalisedImages(RuleWeights.input(id));
        SwinModel model = RuleWeights.model(id);

        Graph graph = new Graph();
        SwinNetwork network = SwinNetwork.build(graph, model.config(), model.weights(), images.inputOf(graph));
        List<Value> values = List.of(network.logits().orElseThrow(), network.embedding());
        TorchScriptModule program = TorchScriptModule.compile(values, Lowering.CPU_FP32);
        try (CompiledModule module = CompiledModule.load(program, Device.cpu())) {
            List<float[]> outputs = images.runOn(module);
            assertThat(maxRelativeError(outputs.get(0), expected(entry, "logits")))
                    .as("logits")
                    .isLessThanOrEqualTo(tolerance);
            assertThat(maxRelativeError(outputs.get(1), expected(entry, "embedding")))
                    .as("embedding")
                    .isLessThanOrEqualTo(tolerance);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {TINY, TINY_V2})
    void libtorchReadsWhatIsWrittenForCuda(String id) {
        assertThatLibtorchReadsCuda(id);
    }

    @ParameterizedTest
    @MethodSource("allCases")
    @EnabledIfSystemProperty(
            named = "swinlake.large",
            matches = "true",
            disabledReason = "scripts/test --large runs it")
    void libtorchReadsWhatIsWrittenForCudaOfEveryPublishedSize(String id) {
        assertThatLibtorchReadsCuda(id);
    }

    private static void assertThatLibtorchReadsCuda(String id) {
        SwinModel model = RuleWeights.model(id);
        for (Lowering lowering : List.of(Lowering.CUDA_FP32, Lowering.CUDA_BF16, Lowering.CUDA_FP16)) {
            TorchScriptModule text = withoutWeights(SwinRunner.compile(model, lowering, List.of()));
            CompiledModule.load(text, Device.cpu()).close(); // an exception, if libtorch refuses it
        }
    }

    /** All that libtorch's parser sees: it reads the text, whatever the tensors' shapes are. */
    private static TorchScriptModule withoutWeights(TorchScriptModule program) {
        return new TorchScriptModule(
                program.code(),
                program.state().stream()
                        .map(list -> list.stream()
                                .map(Tensor::dtype)
                                .map(dtype -> Tensor.view(dtype, Shape.of(1), ByteBuffer.allocate(dtype.bytes())))
                                .toList())
                        .toList());
    }

    private static float[] expected(JsonNode entry, String output) {
        return Fixtures.npy(entry.get("expected").get(output).asText()).toFloats();
    }
}
