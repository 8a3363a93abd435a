package io.swinlake.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.swinlake.Fixtures;
import io.swinlake.checkpoint.Checkpoint;
import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.checkpoint.LocalSource;
import io.swinlake.checkpoint.Safetensors;
import io.swinlake.preprocess.Recipe;
import io.swinlake.swin.Convention;
import io.swinlake.swin.ImageSize;
import io.swinlake.swin.ScoreFunction;
import io.swinlake.swin.Window;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every fact that a file tells is honoured or refused. */
class ConfigFactsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String HF = "v1-base-hf";
    private static final String TIMM = "v1-base-timm-f32";
    private static final String TIMM_CONFIG = """
            {"architecture": "swin_tiny_patch4_window7_224", "pretrained_cfg": {"input_size": [3, 128, 128]},
             "model_args": %s}""";

    @TempDir
    private Path folder;

    /** As transformers' image-classification pipeline 5.24 chooses. */
    @ParameterizedTest
    @CsvSource({
        "10, , SOFTMAX",
        "10, single_label_classification, SOFTMAX",
        "10, multi_label_classification, SIGMOID",
        "10, regression, IDENTITY",
        "1, , SIGMOID",
        "1, single_label_classification, SIGMOID",
        "1, regression, IDENTITY"
    })
    void theProblemSaysWhatLogitsMean(int classes, String problem, ScoreFunction scores) throws IOException {
        Map<String, Tensor> tensors = new TreeMap<>(tensors(HF));
        tensors.put("classifier.weight", zeros(classes, 64));
        tensors.put("classifier.bias", zeros(classes));
        ObjectNode config = config(HF);
        config.remove("id2label");
        if (problem != null) {
            config.put("problem_type", problem);
        }

        assertThat(open(tensors, config.toString()).config().scores()).isEqualTo(scores);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"global_pool": "max"} | global_pool is 'max'; networks with 'avg', the mean over all tokens, are run
            {"global_pool": "avgmax"} | global_pool is 'avgmax'; networks with 'avg', the mean over all tokens, are run
            {"global_pool": "catavgmax"} | global_pool is 'catavgmax'; networks with 'avg', the mean over all tokens, are run
            {"global_pool": ""} | global_pool is ''; networks with 'avg', the mean over all tokens, are run
            {"act_layer": "relu"} | act_layer is "relu"; networks with gelu are run
            {"norm_layer": "rmsnorm"} | norm_layer is "rmsnorm"; networks with layernorm are run
            {"in_chans": 1} | model_args.in_chans is not 3; images have three colours
            {"mlp_bias": false} | model_args.mlp_bias is false; what it changes in the network is not known, so the network is not run
            {"window_size": [4, 4, 4]} | window_size is [4,4,4], expected a side, [height, width], or one of these for each of 4 stages
            """)
    void whatTimmIsAskedForAndIsNotDoneHereIsRefused(String modelArgs, String reason) {
        assertThatThrownBy(() -> open(tensors(TIMM), TIMM_CONFIG.formatted(modelArgs)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageEndingWith(": config.json: " + reason);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            hidden_act | "relu" | hidden_act is "relu"; networks with gelu are run
            num_channels | 1 | num_channels is not 3; images have three colours
            quantization_config | {"bits": 8} | quantization_config is there: the weights are quantised; save model.dequantize() instead
            id2label | {"0": "cat", "2": "dog"} | id2label has 2 names, but none for class 1; give the names with --labels
            """)
    void whatTransformersIsAskedForAndIsNotDoneHereIsRefused(String key, String value, String reason)
            throws IOException {
        ObjectNode config = config(HF);
        config.set(key, JSON.readTree(value));

        assertThatThrownBy(() -> open(tensors(HF), config.toString()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageEndingWith(": config.json: " + reason);
    }

    @Test
    void keysThatTransformersLeavesAloneAreNamed() throws IOException {
        ObjectNode config = config(HF);
        config.put("my_note", 1);

        assertThat(open(tensors(HF), config.toString()).settings())
                .contains(new Setting("unknown_keys", "my_note", "config.json: left alone, as transformers does"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            4
            [4, 4]
            [4, 4, 4, 4]
            [[4, 4], [4, 4], [4, 4], [4, 4]]
            """)
    void windowsComeInFourForms(String windows) throws IOException {
        String config = TIMM_CONFIG.formatted("{\"window_size\": " + windows + "}");

        assertThat(open(tensors(TIMM), config).config().windows()).isEqualTo(Window.everywhere(Window.square(4), 4));
    }

    @Test
    void windowsOfV2MayDifferByStageAndAxis() throws IOException {
        String config = TIMM_CONFIG.formatted("{\"window_size\": [[8, 4], [4, 8], [8, 8], [4, 4]]}");

        assertThat(open(tensors("v2-base-timm-f32"), config).config().windows())
                .containsExactly(new Window(8, 4), new Window(4, 8), Window.square(8), Window.square(4));
    }

    @Test
    void aWindowThatIsNotSquareIsTakenFromTheCoordinates() throws IOException {
        Map<String, Tensor> tensors = new TreeMap<>();
        tensors("v2-base-ms")
                .forEach((name, tensor) ->
                        tensors.put(name, name.endsWith("relative_coords_table") ? zeros(1, 7, 15, 2) : tensor));
        Files.write(weights(), Safetensors.write(new TreeMap<>(tensors), Map.of()));

        assertThat(SwinModel.open(LocalSource.of(weights()), atSize(128, 128))
                        .config()
                        .windows())
                .containsOnly(new Window(4, 8));
    }

    @Test
    void whatPythonsJsonWritesIsRead() throws IOException {
        String config = config(HF).toString().replaceFirst("\\{", "{\"loss\": NaN, \"limit\": -Infinity, ");

        assertThat(open(tensors(HF), "\uFEFF" + config).config().classes()).isEqualTo(10);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"1": "b", "0": "a", "2": "c"} | [a, b, c]
            {"0": 7, " 1": 8, "02": 9} | [7, 8, 9]
            {"0": "a", "1": "a", "2": "a"} | [a, a, a]
            """)
    void namesOfClassesStandUnderAnythingThatPythonTakesForAnInteger(String id2label, String names) throws IOException {
        Map<String, Tensor> tensors = new TreeMap<>(tensors(HF));
        tensors.put("classifier.weight", zeros(3, 64));
        tensors.put("classifier.bias", zeros(3));
        ObjectNode config = config(HF);
        config.set("id2label", JSON.readTree(id2label));

        assertThat(open(tensors, config.toString()).classNames()).hasToString(names);
    }

    @Test
    void timmsNamesOfClassesMayStandUnderTheirPositions() throws IOException {
        Map<String, Tensor> tensors = new TreeMap<>(tensors(TIMM));
        tensors.put("head.fc.weight", zeros(2, 64));
        tensors.put("head.fc.bias", zeros(2));
        String config = TIMM_CONFIG.formatted("{}, \"label_names\": {\"1\": \"dog\", \"0\": \"cat\"}");

        assertThat(open(tensors, config).classNames()).containsExactly("cat", "dog");
    }

    @Test
    void theProcessorOfTransformers5IsRead() throws IOException {
        Files.writeString(folder.resolve("processor_config.json"), """
                {"processor_class": "X", "image_processor": {"image_processor_type": "ViTImageProcessor", "resample": 2,
                 "size": {"height": 96, "width": 96}}}""");

        SwinModel model = open(tensors(HF), config(HF).toString());

        assertThat(model.inputSize()).isEqualTo(ImageSize.square(96));
        assertThat(model.recipe().filter()).isEqualTo(Recipe.Filter.BILINEAR);
    }

    /** A crop of all that the shorter side leaves: no side is squashed. */
    @Test
    void timmAt384CropsTheLongerSide() {
        Recipe recipe = Recipe.timm(384, 384);

        assertThat(recipe.resize()).isEqualTo(Recipe.Resize.SHORT_SIDE);
        assertThat(recipe.resizeHeight()).isEqualTo(384);
    }

    /** timm's ResizeKeepRatio takes the smallest size that covers both sides. */
    @Test
    void timmsRectanglesAreCovered() throws IOException {
        String config = TIMM_CONFIG.formatted("{\"img_size\": [256, 320]}").replace("128, 128", "256, 320");

        Recipe recipe = open(tensors(TIMM), config).recipe();

        assertThat(recipe.resize()).isEqualTo(Recipe.Resize.COVER);
        assertThat(List.of(recipe.resizeHeight(), recipe.resizeWidth(), recipe.cropHeight(), recipe.cropWidth()))
                .containsExactly(284, 355, 256, 320);
    }

    @Test
    void pretrainedWindowsAreGivenForAllStagesOrEach() throws IOException {
        assertThat(pretrained(List.of(6)).config().pretrainedWindows()).containsExactly(6, 6, 6, 6);
        assertThat(pretrained(List.of(6, 6, 6, 3)).config().pretrainedWindows()).containsExactly(6, 6, 6, 3);
        assertThat(pretrained(List.of(6)).assumptions()).isEmpty();
        assertThat(pretrained(List.of()).assumptions())
                .containsExactly(
                        "pretrained_windows [0, 0, 0, 0], assumed: nothing tells of any; if it was trained at another"
                                + " size first, results differ: --pretrained-window");
        assertThatThrownBy(() -> pretrained(List.of(6, 6, 3)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageEndingWith(
                        ": --pretrained-window has 3 numbers, for a network of 4 stages; one for each, or one"
                                + " alone, is needed");
    }

    private static SwinModel pretrained(List<Integer> windows) throws IOException {
        return SwinModel.open(
                LocalSource.of(Fixtures.path("tiny/v2-headless-timm/model.safetensors")),
                new ModelOptions(
                        Optional.of(ImageSize.square(64)),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(8),
                        windows.isEmpty() ? Optional.empty() : Optional.of(windows),
                        Optional.empty()));
    }

    /** transformers' default is a list of four, whatever the number of stages. */
    @Test
    void threeStagesTakeTheFirstThreePretrainedWindows() throws IOException {
        Map<String, Tensor> tensors = new TreeMap<>(tensors("v2-base-hf"));
        tensors.keySet()
                .removeIf(name -> name.contains("encoder.layers.3.") || name.contains("encoder.layers.2.downsample."));
        tensors.put("swinv2.layernorm.weight", zeros(32));
        tensors.put("swinv2.layernorm.bias", zeros(32));
        tensors.put("classifier.weight", zeros(10, 32));
        ObjectNode config = config("v2-base-hf");
        config.set("depths", JSON.readTree("[2, 2, 2]"));
        config.set("num_heads", JSON.readTree("[1, 2, 4]"));
        config.set("pretrained_window_sizes", JSON.readTree("[0, 4, 6, 0]"));

        assertThat(open(tensors, config.toString()).config().pretrainedWindows())
                .containsExactly(0, 4, 6);
    }

    /** Its Swin shifts windows by another rule than transformers' classifier, whatever size it is run at. */
    @Test
    void theSwinOfMaskFormerIsRunAsABackbone() throws IOException {
        Map<String, Tensor> tensors = new TreeMap<>();
        String prefix = "model.pixel_level_module.encoder.";
        tensors(HF).forEach((name, tensor) -> {
            if (!name.startsWith("classifier.") && !name.contains("layernorm.")) {
                tensors.put(name.replace("swin.", prefix + "model."), tensor);
            }
        });
        for (int stage = 0; stage < 4; stage++) {
            tensors.put(prefix + "hidden_states_norms." + stage + ".weight", zeros(8 << stage));
            tensors.put(prefix + "hidden_states_norms." + stage + ".bias", zeros(8 << stage));
        }
        tensors.put("class_predictor.weight", zeros(3, 8));
        Files.write(weights(), Safetensors.write(new TreeMap<>(tensors), Map.of()));

        SwinModel model = SwinModel.open(LocalSource.of(weights()), atSize(96, 128));

        assertThat(model.config().convention()).isEqualTo(Convention.HUGGINGFACE_BACKBONE);
        assertThat(model.config().normedStages()).containsExactly(0, 1, 2, 3);
    }

    /** Maps of 60, 30, 15 and 7 or 8 tokens: the two ways of counting differ, and V2 has no table that tells. */
    @Test
    void timmsWayOfCountingIsAssumedWhereNothingTellsIt() throws IOException {
        String config = TIMM_CONFIG.formatted("{\"window_size\": 8}").replace("128, 128", "240, 240");

        assertThat(open(tensors("v2-base-timm-f32"), config).assumptions())
                .anyMatch(line ->
                        line.endsWith("assumed: timm 1.0.31 or later; earlier ones round the sides of maps down"));
    }

    private Path weights() {
        return folder.resolve("model.safetensors");
    }

    private static ModelOptions atSize(int height, int width) {
        return new ModelOptions(Optional.of(new ImageSize(height, width)), Optional.empty(), Optional.empty());
    }

    private static Map<String, Tensor> tensors(String fixture) throws IOException {
        return Checkpoint.open(LocalSource.of(SwinModelTest.file(fixture))).tensors();
    }

    private static ObjectNode config(String fixture) throws IOException {
        JsonNode config =
                JSON.readTree(Files.readString(SwinModelTest.file(fixture).resolveSibling("config.json")));
        return (ObjectNode) config;
    }

    private SwinModel open(Map<String, Tensor> tensors, String config) throws IOException {
        Files.write(weights(), Safetensors.write(new TreeMap<>(tensors), Map.of()));
        Files.writeString(folder.resolve("config.json"), config);
        return SwinModel.open(LocalSource.of(folder), ModelOptions.none());
    }

    private static Tensor zeros(long... dims) {
        Shape shape = Shape.of(dims);
        return Tensor.of(shape, new float[(int) shape.elements()]);
    }
}
