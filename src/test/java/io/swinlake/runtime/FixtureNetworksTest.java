package io.swinlake.runtime;

import static io.swinlake.Fixtures.cosine;
import static io.swinlake.Fixtures.maxRelativeError;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import io.swinlake.Fixtures;
import io.swinlake.checkpoint.LocalSource;
import io.swinlake.graph.Graph;
import io.swinlake.graph.Value;
import io.swinlake.model.ModelOptions;
import io.swinlake.model.SwinModel;
import io.swinlake.runtime.device.Precision;
import io.swinlake.swin.ImageSize;
import io.swinlake.swin.SwinNetwork;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import io.swinlake.torchscript.Lowering;
import io.swinlake.torchscript.TorchScriptModule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every small checkpoint of the fixtures, from its file through libtorch to the outputs that the public implementation
 * gave in float64. The tolerance is the manifest's, 5e-5 for most, a few times the error of PyTorch's own float32.
 */
class FixtureNetworksTest {
    static Stream<String> tinyCases() {
        return Fixtures.cases().stream()
                .filter(entry -> entry.get("kind").asText().equals("tiny"))
                .map(entry -> entry.get("id").asText());
    }

    @ParameterizedTest
    @MethodSource("tinyCases")
    void everyLayoutGivesTheOutputsOfItsReference(String id) throws IOException {
        JsonNode entry = Fixtures.caseById(id);
        double tolerance = entry.get("tolerance").get("f32_max_rel").asDouble();
        Expected expected = Expected.of(entry);
        for (Lowering lowering : List.of(Lowering.REFERENCE, Lowering.CPU_FP32)) {
            List<float[]> outputs = run(entry, lowering);
            assertThat(outputs).hasSameSizeAs(expected.files());
            for (int i = 0; i < outputs.size(); i++) {
                assertThat(maxRelativeError(
                                outputs.get(i),
                                Fixtures.npy(expected.files().get(i)).toFloats()))
                        .as("%s of %s by %s", expected.files().get(i), id, lowering)
                        .isLessThanOrEqualTo(tolerance);
            }
        }
    }

    static Stream<String> classifiers() {
        return tinyCases().filter(id -> Fixtures.caseById(id).get("expected").has("logits"));
    }

    @ParameterizedTest
    @MethodSource("classifiers")
    void aResultDoesNotDependOnTheBatch(String id) throws IOException {
        JsonNode entry = Fixtures.caseById(id);
        Tensor logits = Fixtures.npy(entry.get("expected").get("logits").asText());
        int classes = (int) logits.shape().dim(1);
        double stored = logits.shape().dim(0);
        try (CompiledModule module = compile(entry, Lowering.CPU_FP32)) {
            for (int images : List.of(1, 2, 7, 32)) {
                float[] actual = batch(entry, images / stored).runOn(module).get(0);
                assertThat(actual).hasSize(images * classes);
                float[] expected = tile(logits.toFloats(), actual.length);
                assertThat(maxRelativeError(actual, expected))
                        .as("%d images", images)
                        .isLessThan(1e-4);
            }
        }
    }

    /** bf16 is held to the cosine that the reference reaches in bf16, less the manifest's margin. */
    @NeedsPrecision(Precision.BF16)
    @ParameterizedTest
    @MethodSource("bf16Cases")
    void bf16StaysAsCloseAsTheReferenceDoes(String id) throws IOException {
        assertStaysClose(id, Lowering.CPU_BF16, bf16Cosine(id));
    }

    /** What a GPU is given, run by the CPU, which has the same operations: libtorch reads it, and it means the same. */
    @ParameterizedTest
    @MethodSource("bf16Cases")
    void whatIsWrittenForCudaMeansTheSame(String id) throws IOException {
        assertStaysClose(id, Lowering.CUDA_BF16, bf16Cosine(id));
        assertStaysClose(id, Lowering.CUDA_FP16, bf16Cosine(id));
    }

    @NeedsPrecision(Precision.INT8)
    @ParameterizedTest
    @MethodSource("bf16Cases")
    void int8RunsEveryLayout(String id) throws IOException {
        // Networks of 16 to 64 channels with random weights are its worst case; PrecisionTest has trained and large
        // ones.
        assertStaysClose(id, Lowering.CPU_INT8, 0.95);
        assertStaysClose(id, Lowering.CPU_INT8_BF16, 0.95);
    }

    private static double bf16Cosine(String id) {
        return Fixtures.caseById(id).get("tolerance").get("bf16_min_cosine").asDouble();
    }

    private static void assertStaysClose(String id, Lowering lowering, double minCosine) throws IOException {
        JsonNode entry = Fixtures.caseById(id);
        Expected expected = Expected.of(entry);
        float[] embedding = run(entry, lowering).get(expected.embedding());
        float[] exact = Fixtures.npy(expected.files().get(expected.embedding())).toFloats();
        assertThat(cosine(embedding, exact)).as("%s", lowering).isGreaterThanOrEqualTo(minCosine);
    }

    static Stream<String> bf16Cases() {
        return tinyCases().filter(id -> Fixtures.caseById(id).get("tolerance").has("bf16_min_cosine"));
    }

    /** Files of what a case is compared in: logits, embedding, stages, feature maps, as far as it has them. */
    private record Expected(List<String> files, int embedding) {
        static Expected of(JsonNode entry) {
            JsonNode expected = entry.get("expected");
            List<String> files = new ArrayList<>();
            if (expected.has("logits")) {
                files.add(expected.get("logits").asText());
            }
            int embedding = files.size();
            if (expected.has("embedding")) {
                files.add(expected.get("embedding").asText());
            }
            expected.path("stages").forEach(file -> files.add(file.asText()));
            expected.path("feature_maps").forEach(file -> files.add(file.asText()));
            return new Expected(files, embedding);
        }
    }

    private static List<float[]> run(JsonNode entry, Lowering lowering) throws IOException {
        try (CompiledModule module = compile(entry, lowering)) {
            return batch(entry, 1).runOn(module);
        }
    }

    /** {@code repeats} copies of a case's input, which may be less than one or no whole number. */
    private static NormalisedImages batch(JsonNode entry, double repeats) {
        Tensor input = Fixtures.npy(entry.get("input").asText());
        Shape shape = input.shape();
        int images = (int) (shape.dim(0) * repeats);
        float[] pixels = tile(input.toFloats(), images * (int) (shape.elements() / shape.dim(0)));
        return new NormalisedImages(Tensor.of(Shape.of(images, 3, shape.dim(2), shape.dim(3)), pixels));
    }

    /** A case's network, which gives what the case has expected values for, in their order. */
    private static CompiledModule compile(JsonNode entry, Lowering lowering) throws IOException {
        JsonNode expected = entry.get("expected");
        SwinModel model = open(entry);
        Graph graph = new Graph();
        SwinNetwork network = SwinNetwork.build(
                graph, model.config(), model.weights(), batch(entry, 1).inputOf(graph));
        List<Value> outputs = new ArrayList<>();
        if (expected.has("logits")) {
            outputs.add(network.logits().orElseThrow());
        }
        if (expected.has("embedding")) {
            outputs.add(network.embedding());
        }
        if (expected.has("stages")) {
            outputs.addAll(network.stages());
        }
        if (expected.has("feature_maps")) {
            network.features().forEach(map -> outputs.add(map.permute(0, 3, 1, 2)));
        }
        return CompiledModule.load(TorchScriptModule.compile(outputs, lowering), Device.cpu());
    }

    private static SwinModel open(JsonNode entry) throws IOException {
        JsonNode config = entry.get("config");
        Path file = Fixtures.path(entry.get("checkpoint").get(0).asText());
        boolean directory = entry.get("layout").asText().equals("huggingface");
        ImageSize size = new ImageSize(
                config.get("image_height").asInt(), config.get("image_width").asInt());
        return SwinModel.open(
                LocalSource.of(directory ? file.getParent() : file),
                new ModelOptions(
                        Optional.of(size),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(config.get("window_size").asInt())));
    }

    private static float[] tile(float[] values, int length) {
        float[] tiled = new float[length];
        for (int i = 0; i < length; i++) {
            tiled[i] = values[i % values.length];
        }
        return tiled;
    }
}
