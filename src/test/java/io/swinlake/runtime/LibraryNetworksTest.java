package io.swinlake.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swinlake.Fixtures;
import io.swinlake.checkpoint.LocalSource;
import io.swinlake.graph.Graph;
import io.swinlake.graph.Value;
import io.swinlake.model.ModelOptions;
import io.swinlake.model.SwinModel;
import io.swinlake.swin.ImageSize;
import io.swinlake.swin.SwinNetwork;
import io.swinlake.torchscript.Lowering;
import io.swinlake.torchscript.TorchScriptModule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Networks that timm, transformers and torchvision made and saved, against what each library computed for them in float64:
 * logits and embedding. {@code scripts/libraries/networks.py} makes them; a few of them are fixtures, and {@code scripts/test
 * --libraries} makes as many as wanted.
 */
class LibraryNetworksTest {
    /** {@code max|actual - expected|} of the library's greatest value, or of 1 where all logits are smaller. */
    private static final double TOLERANCE = 1e-5;

    private static final Path FROZEN = Path.of("src/test/resources/libraries");

    /** One network: what it is called, the way it was saved, options that it needs. */
    private record Case(Path folder, JsonNode entry) {
        String id() {
            return entry.get("id").asText();
        }

        @Override
        public String toString() {
            return id() + " " + entry.get("way").asText();
        }

        ModelOptions options() {
            JsonNode options = entry.get("options");
            Optional<ImageSize> image = options.has("image")
                    ? Optional.of(new ImageSize(
                            options.get("image").get(0).asInt(),
                            options.get("image").get(1).asInt()))
                    : Optional.empty();
            return new ModelOptions(
                    image,
                    Optional.empty(),
                    Optional.empty(),
                    options.has("window") ? Optional.of(options.get("window").asInt()) : Optional.empty(),
                    Optional.empty(),
                    Optional.ofNullable(options.path("weights").textValue()));
        }

        private static double greatest(float[] values) {
            double greatest = 0;
            for (float value : values) {
                greatest = Math.max(greatest, Math.abs(value));
            }
            return greatest;
        }

        /** The larger of the errors of logits and embedding. */
        double error() throws IOException {
            SwinModel model = SwinModel.open(
                    LocalSource.of(
                            folder.resolve(id()).resolve(entry.get("file").asText())),
                    options());
            NormalisedImages images = new NormalisedImages(Fixtures.npy(folder.resolve(id() + "/input.npy")));
            Graph graph = new Graph();
            SwinNetwork network = SwinNetwork.build(graph, model.config(), model.weights(), images.inputOf(graph));
            List<Value> outputs = new ArrayList<>(List.of(network.embedding()));
            List<String> files = new ArrayList<>(List.of("embedding.npy"));
            boolean hasLogits = entry.get("has_logits").asBoolean();
            assertThat(network.logits().isPresent()).as("has a head").isEqualTo(hasLogits);
            if (hasLogits) {
                outputs.add(network.logits().orElseThrow());
                files.add("logits.npy");
            }
            double worst = 0;
            try (CompiledModule module =
                    CompiledModule.load(TorchScriptModule.compile(outputs, Lowering.REFERENCE), Device.cpu())) {
                List<float[]> actual = images.runOn(module);
                for (int i = 0; i < files.size(); i++) {
                    float[] expected = Fixtures.npy(folder.resolve(id()).resolve(files.get(i)))
                            .toFloats();
                    double error = Fixtures.maxRelativeError(actual.get(i), expected);
                    // One or two logits may all be nearly 0, the sum of numbers that are not.
                    worst = Math.max(worst, i == 0 ? error : error * Math.min(1, greatest(expected)));
                }
            }
            return worst;
        }
    }

    private static List<Case> cases(Path folder) throws IOException {
        List<Case> cases = new ArrayList<>();
        new ObjectMapper()
                .readTree(folder.resolve("cases.json").toFile())
                .forEach(entry -> cases.add(new Case(folder, entry)));
        return cases;
    }

    static Stream<Case> frozen() throws IOException {
        return cases(FROZEN).stream();
    }

    @ParameterizedTest
    @MethodSource("frozen")
    void givesWhatItsLibraryComputes(Case network) throws IOException {
        assertThat(network.error()).isLessThanOrEqualTo(TOLERANCE);
    }

    /** All are tried before the first failure is told, so that a new release of a library shows as a table. */
    @Test
    @EnabledIfSystemProperty(named = "swinlake.libraries", matches = ".+")
    void everyNetworkOfTheLibrariesThatAreInstalledGivesWhatTheyCompute() throws IOException {
        List<String> faults = new ArrayList<>();
        TreeMap<String, double[]> worst = new TreeMap<>();
        for (Case network : cases(Path.of(System.getProperty("swinlake.libraries")))) {
            String kind = network.id().substring(network.id().indexOf('-') + 1);
            double[] figures = worst.computeIfAbsent(kind, key -> new double[2]);
            figures[0]++;
            try {
                double error = network.error();
                figures[1] = Math.max(figures[1], error);
                if (!(error <= TOLERANCE)) {
                    faults.add(String.format(Locale.ROOT, "%s: differs by %.2g", network, error));
                }
            } catch (RuntimeException | AssertionError e) {
                faults.add(network + ": " + e.getMessage());
            }
        }
        worst.forEach((kind, figures) -> System.out.printf(
                Locale.ROOT, "%-16s %4.0f networks, largest error %.2g%n", kind, figures[0], figures[1]));
        assertThat(faults).isEmpty();
    }
}
