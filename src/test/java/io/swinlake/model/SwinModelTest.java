package io.swinlake.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.swinlake.Fixtures;
import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.checkpoint.LocalSource;
import io.swinlake.swin.Convention;
import io.swinlake.swin.ImageSize;
import io.swinlake.swin.ScoreFunction;
import io.swinlake.swin.SwinConfig;
import io.swinlake.swin.SwinVersion;
import io.swinlake.swin.Window;
import io.swinlake.tensor.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every checkpoint of the fixtures, in every layout and container, against what {@code manifest.json} says it is. */
class SwinModelTest {
    private static final Map<String, Convention> CONVENTIONS = Map.of(
            "microsoft", Convention.MICROSOFT,
            "timm", Convention.TIMM,
            "huggingface", Convention.HUGGINGFACE,
            "torchvision", Convention.TORCHVISION,
            "mmdet", Convention.DETECTION,
            "msdet", Convention.DETECTION,
            "mmpretrain", Convention.MMPRETRAIN);

    static Stream<String> tinyCases() {
        return Fixtures.cases().stream()
                .filter(entry -> entry.get("kind").asText().equals("tiny"))
                .map(entry -> entry.get("id").asText());
    }

    /** Checkpoints that say everything about themselves: by config file, or by buffers beside the weights. */
    static Stream<String> casesThatNeedNoOption() {
        return tinyCases().filter(id -> {
            JsonNode entry = Fixtures.caseById(id);
            return entry.get("layout").asText().equals("microsoft")
                    || entry.path("config_json").isTextual();
        });
    }

    @ParameterizedTest
    @MethodSource("tinyCases")
    void everyCheckpointIsTheNetworkOfTheManifest(String id) throws IOException {
        assertThat(open(id, optionsOf(id)).config()).isEqualTo(configOf(Fixtures.caseById(id)));
    }

    @ParameterizedTest
    @MethodSource("casesThatNeedNoOption")
    void configFilesAndBuffersMakeOptionsUnnecessary(String id) throws IOException {
        assertThat(open(id, ModelOptions.none()).config()).isEqualTo(configOf(Fixtures.caseById(id)));
    }

    @Test
    void casesOfOneGroupHaveTheSameCanonicalWeightsBitForBit() throws IOException {
        Map<String, Set<String>> digests = new TreeMap<>();
        for (String id : tinyCases().toList()) {
            String group = Fixtures.caseById(id).get("group").asText();
            digests.computeIfAbsent(group, key -> new TreeSet<>())
                    .add(open(id, optionsOf(id)).sha256());
        }
        assertThat(digests)
                .allSatisfy((group, sha256) -> assertThat(sha256).as(group).hasSize(1));
        assertThat(digests.get("v1-base-msdet")).isEqualTo(digests.get("v1-base-mmdet"));
    }

    @ParameterizedTest
    @MethodSource("tinyCases")
    void theCanonicalFileGivesTheModelBack(String id) throws IOException {
        SwinModel model = open(id, optionsOf(id));
        SwinModel again = SwinModel.fromSafetensors("model.safetensors", ByteBuffer.wrap(model.toSafetensors()));
        assertThat(again).usingRecursiveComparison().ignoringFields("weights").isEqualTo(model);
        assertThat(again.weights().keySet()).isEqualTo(model.weights().keySet());
        assertThat(ModelDigest.WeightsDigest.sha256(again.weights())).isEqualTo(model.sha256());
    }

    @Test
    void weightsKeepTheTypeThatTheyAreStoredIn() throws IOException {
        Map<String, DType> types =
                Map.of("v1-base-timm-bf16", DType.BF16, "v2-base-timm-bf16", DType.BF16, "v1-base-timm-f16", DType.F16);
        for (String id : types.keySet()) {
            assertThat(open(id, optionsOf(id)).weights().values())
                    .allSatisfy(tensor -> assertThat(tensor.dtype()).isEqualTo(types.get(id)));
        }
    }

    @Test
    void theCanonicalFileOpensAsAnyCheckpointAndTakesOptions(@TempDir Path directory) throws IOException {
        SwinModel model = open("v1-base-hf", ModelOptions.none());
        Path file = Files.write(directory.resolve("swin.safetensors"), model.toSafetensors());
        ModelOptions at256 = new ModelOptions(Optional.of(ImageSize.square(256)), Optional.empty(), Optional.empty());
        SwinModel again = SwinModel.open(LocalSource.of(file), at256);
        assertThat(again.sha256()).isEqualTo(model.sha256());
        assertThat(again.classNames()).isEqualTo(model.classNames());
        assertThat(again.config()).isEqualTo(model.config().withImage(ImageSize.square(256)));
        assertThat(again.recipe()).isEqualTo(model.recipe().at(256, 256));
        assertThat(again.settings()).contains(new Setting("image", "256x256", "--image-size"));
    }

    @Test
    void refusesACanonicalFileWhoseWeightsWereChanged() throws IOException {
        SwinModel model = open("v1-base-hf", ModelOptions.none());
        byte[] file = model.toSafetensors();
        file[file.length - 1] ^= 1;
        assertThatThrownBy(() -> SwinModel.fromSafetensors("swin.safetensors", ByteBuffer.wrap(file)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageMatching("swin.safetensors: the weights have sha256 [0-9a-f]{64}, but " + model.sha256()
                        + " were written; convert the original checkpoint again");
    }

    @Test
    void everyValueSaysWhereItWasFound() throws IOException {
        assertThat(open("v1-w7-224-ms", ModelOptions.none()).settings())
                .contains(
                        new Setting("layout", "microsoft", "names"),
                        new Setting("window", "7", "layers.0.blocks.0.attn.relative_position_bias_table [169, 1]"),
                        new Setting("image", "224x224", "layers.0.blocks.1.attn_mask [64, 49, 49]"),
                        new Setting("classes", "10", "head.bias [10]"),
                        new Setting(
                                "recipe",
                                "microsoft: shorter side to 256, crop 224x224, bicubic, mean [0.485, 0.456, 0.406],"
                                        + " std [0.229, 0.224, 0.225]",
                                "rule of microsoft"));
        assertThat(open("v2-pretrained-ms", ModelOptions.none()).settings())
                .contains(new Setting(
                        "pretrained_windows", "[6, 6, 6, 3]", "layers.0.blocks.0.attn.relative_coords_table"));
        ModelOptions larger =
                new ModelOptions(Optional.of(new ImageSize(136, 152)), Optional.empty(), Optional.empty());
        assertThat(open("v1-136x152-hf", larger).settings())
                .contains(new Setting("image", "136x152", "--image-size instead of 128x128, config.json: image_size"));
    }

    static SwinModel open(String id, ModelOptions options) throws IOException {
        return SwinModel.open(LocalSource.of(file(id)), options);
    }

    static Path file(String id) {
        JsonNode entry = Fixtures.caseById(id);
        return Fixtures.path(
                entry.path("index").isTextual()
                        ? entry.get("index").asText()
                        : entry.get("checkpoint").get(0).asText());
    }

    /** The size of every case, and the window of those that no file tells. */
    static ModelOptions optionsOf(String id) {
        SwinConfig config = configOf(Fixtures.caseById(id));
        boolean untoldWindow = Set.of("v2-base-timm-bf16", "v2-headless-timm").contains(id);
        return new ModelOptions(
                Optional.of(config.image()),
                Optional.empty(),
                Optional.empty(),
                untoldWindow ? Optional.of(config.windows().get(0).height()) : Optional.empty());
    }

    private static SwinConfig configOf(JsonNode entry) {
        JsonNode config = entry.get("config");
        List<Integer> depths = integers(config.get("depths"));
        // At 112 pixels the table of the last stage tells that timm counted 3 tokens, not 4: it was one before 1.0.31.
        Convention convention = entry.get("id").asText().equals("v1-112-w7-timm")
                ? Convention.TIMM_FLOOR
                : CONVENTIONS.get(entry.get("layout").asText());
        boolean detection = convention == Convention.DETECTION;
        return new SwinConfig(
                entry.get("version").asInt() == 1 ? SwinVersion.V1 : SwinVersion.V2,
                new ImageSize(
                        config.get("image_height").asInt(),
                        config.get("image_width").asInt()),
                config.get("patch_size").asInt(),
                config.get("embed_dim").asInt(),
                depths,
                integers(config.get("num_heads")),
                Window.everywhere(Window.square(config.get("window_size").asInt()), depths.size()),
                config.has("pretrained_window_sizes")
                        ? integers(config.get("pretrained_window_sizes"))
                        : Collections.nCopies(depths.size(), 0),
                config.get("mlp_ratio").asDouble(),
                config.get("qkv_bias").asBoolean(),
                config.get("ape").asBoolean(),
                config.get("patch_norm").asBoolean(),
                detection ? List.of(0, 1, 2, 3) : List.of(),
                !detection,
                detection ? 0 : config.get("num_classes").asInt(), // the manifest counts the head of the shared weights
                ScoreFunction.SOFTMAX,
                config.get("layer_norm_eps").asDouble(),
                false,
                convention);
    }

    private static List<Integer> integers(JsonNode array) {
        List<Integer> integers = new ArrayList<>();
        array.forEach(each -> integers.add(each.asInt()));
        return integers;
    }
}
