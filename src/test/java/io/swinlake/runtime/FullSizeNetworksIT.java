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
import io.swinlake.torchscript.Lowering;
import io.swinlake.torchscript.TorchScriptModule;
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
        try (CompiledModule module = load(values, Lowering.CPU_FP32)) {
            List<float[]> outputs = images.runOn(module);
            assertThat(maxRelativeError(outputs.get(0), expected(entry, "logits")))
                    .as("logits")
                    .isLessThanOrEqualTo(tolerance);
            assertThat(maxRelativeError(outputs.get(1), expected(entry, "embedding")))
                    .as("embedding")
                    .isLessThanOrEqualTo(tolerance);
        }
        for (Lowering lowering : List.of(Lowering.CUDA_FP32, Lowering.CUDA_BF16, Lowering.CUDA_FP16)) {
            load(values, lowering).close(); // libtorch's parser reads what a GPU is given; it refuses by an exception
        }
    }

    private static CompiledModule load(List<Value> outputs, Lowering lowering) {
        return CompiledModule.load(TorchScriptModule.compile(outputs, lowering), Device.cpu());
    }

    private static float[] expected(JsonNode entry, String output) {
        return Fixtures.npy(entry.get("expected").get(output).asText()).toFloats();
    }
}
