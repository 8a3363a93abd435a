package io.swinlake.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.Fixtures;
import io.swinlake.checkpoint.Checkpoint;
import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.checkpoint.LocalSource;
import io.swinlake.swin.ImageSize;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a person reads whose checkpoint cannot be used, word for word. */
class SwinModelErrorsTest {
    @Test
    void namesTheMissingTensor() {
        assertFails(
                "bad-checkpoints/st_missing_tensor.safetensors",
                ModelOptions.none(),
                "tensor 'layers.0.blocks.0.attn.qkv.weight' is missing; a Swin V1 of the timm layout with embed_dim 2,"
                        + " depths [1, 1, 1, 1], heads [1, 1, 2, 2], mlp_ratio 1.0, 3 classes has it as [6, 2]");
    }

    @Test
    void namesTheTensorOfAnotherShape() {
        assertFails(
                "bad-checkpoints/st_wrong_shape.safetensors",
                ModelOptions.none(),
                "'head.fc.weight' is [16, 3], expected [3, 16]: the other tensors are those of a Swin V1 with embed_dim 2,"
                        + " depths [1, 1, 1, 1], heads [1, 1, 2, 2], mlp_ratio 1.0, 3 classes");
    }

    @Test
    void saysWhatItLookedForInAnotherModel() {
        assertFails(
                "bad-checkpoints/st_other_model.safetensors",
                ModelOptions.none(),
                "not a Swin checkpoint: none of its 3 tensors (conv1.weight, fc.weight, layer1.0.conv1.weight) has a name"
                        + " with 'encoder.layers.0.blocks.0.attention.self.' (huggingface),"
                        + " 'encoder.layers.0.blocks.0.attention.q_proj.' (huggingface-5), 'features.1.0.attn.'"
                        + " (torchvision), 'stages.0.blocks.0.attn.w_msa.' (mmdet, mmpretrain), 'layers.0.downsample.'"
                        + " (msdet, microsoft), 'layers.1.downsample.' (timm), 'layers_0.blocks.0.attn.'"
                        + " (timm-features)");
    }

    @Test
    void namesTheTensorThatDoesNotBelong() throws IOException {
        Checkpoint checkpoint = checkpoint("tiny/v1-base-hf/model.safetensors");
        SortedMap<String, Tensor> tensors = new TreeMap<>(checkpoint.tensors());
        tensors.put("swin.encoder.layers.0.blocks.0.adapter.weight", Tensor.of(Shape.of(2), 1f, 2f));
        assertThatThrownBy(() -> SwinModel.of(
                        new Checkpoint("hf.safetensors", tensors, checkpoint.metadata()), ModelOptions.none()))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(
                        "hf.safetensors: tensor 'swin.encoder.layers.0.blocks.0.adapter.weight' [2] does not belong to a"
                                + " Swin V1 of the huggingface layout with embed_dim 8, depths [2, 2, 2, 2], heads [1, 2, 4, 8],"
                                + " mlp_ratio 4.0, 10 classes; is this a variant with other layers?");
    }

    @Test
    void namesTheMissingThirdOfQueriesKeysAndValues() throws IOException {
        Checkpoint checkpoint = checkpoint("tiny/v1-base-hf/model.safetensors");
        SortedMap<String, Tensor> tensors = new TreeMap<>(checkpoint.tensors());
        tensors.remove("swin.encoder.layers.2.blocks.1.attention.self.key.weight");
        assertThatThrownBy(() -> SwinModel.of(
                        new Checkpoint("hf.safetensors", tensors, checkpoint.metadata()), ModelOptions.none()))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(
                        "hf.safetensors: tensor 'swin.encoder.layers.2.blocks.1.attention.self.key.weight' is missing; a"
                                + " Swin V1 of the huggingface layout with embed_dim 8, depths [2, 2, 2, 2], heads [1, 2, 4, 8],"
                                + " mlp_ratio 4.0, 10 classes has it as [32, 32]");
    }

    @Test
    void asksForTheImageSizeThatNoFileTells() {
        assertFails(
                "tiny/v1-base-timm-f16/model.safetensors",
                ModelOptions.none(),
                "nothing tells the image size: no config.json, no attn_mask, no published file name; give it, as in"
                        + " --image-size 224");
    }

    @Test
    void asksForTheWindowThatNoFileTells() {
        assertFails(
                "tiny/v2-headless-timm/model.safetensors",
                atSize(64, 64),
                "nothing tells the attention window: no config.json, no relative_coords_table, no published file name; give"
                        + " it, as in --window 8");
    }

    @Test
    void refusesAnotherWindowThanTheLearnedTablesHave() {
        ModelOptions windowOf7 = new ModelOptions(
                Optional.of(ImageSize.square(128)), Optional.empty(), Optional.empty(), Optional.of(7));
        assertFails(
                "tiny/v1-base-timm-f16/model.safetensors",
                windowOf7,
                "'layers.0.blocks.0.attn.relative_position_bias_table [49, 1]' is for windows of 4 tokens, --window asks for"
                        + " 7; the learned table is not interpolated");
    }

    @Test
    void refusesAnImageSizeThatTheAbsolutePositionsAreNotFor() {
        assertFails(
                "tiny/v1-ape-ms/model.pth",
                atSize(128, 64),
                "'absolute_pos_embed' is [1, 256, 8], expected [1, 512, 8]: an absolute position for each patch of 4 pixels"
                        + " at 128x64; run it at the image size that it was trained at");
    }

    @Test
    void refusesAConfigFileOfAnotherModel(@TempDir Path directory) throws IOException {
        Files.copy(Fixtures.path("tiny/v1-base-hf/model.safetensors"), directory.resolve("model.safetensors"));
        Files.writeString(directory.resolve("config.json"), "{\"image_size\": 128, \"num_heads\": [3, 6, 12, 24]}");
        assertThatThrownBy(() -> SwinModel.open(LocalSource.of(directory), ModelOptions.none()))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(directory
                        + ": config.json: num_heads is [3, 6, 12, 24], but the tensors have [1, 2, 4, 8]: file and weights"
                        + " belong to different models");
    }

    @Test
    void refusesAConfigFileThatIsNotJson(@TempDir Path directory) throws IOException {
        Files.copy(Fixtures.path("tiny/v1-base-hf/model.safetensors"), directory.resolve("model.safetensors"));
        Files.writeString(directory.resolve("config.json"), "{\"image_size\": 128");
        assertThatThrownBy(() -> SwinModel.open(LocalSource.of(directory), ModelOptions.none()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageStartingWith(directory + ": config.json is not JSON: ");
    }

    @Test
    void refusesAValueOfAnotherType(@TempDir Path directory) throws IOException {
        Files.copy(Fixtures.path("tiny/v1-base-hf/model.safetensors"), directory.resolve("model.safetensors"));
        Files.writeString(directory.resolve("config.json"), "{\"image_size\": \"large\"}");
        assertThatThrownBy(() -> SwinModel.open(LocalSource.of(directory), ModelOptions.none()))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(directory + ": config.json: image_size is \"large\", expected an integer");
    }

    @Test
    void refusesClassNamesThatDoNotCountToTheHead() {
        ClassNames pets = new ClassNames("pets.txt", List.of("cat", "dog", "bird"));
        ModelOptions threeNames = new ModelOptions(Optional.empty(), Optional.empty(), Optional.of(pets));
        assertThatThrownBy(() -> SwinModelTest.open("v1-base-ms", threeNames))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(
                        "pets.txt: 3 class names, from 'cat' to 'bird', for a network of 10 classes; one name per class is needed");
    }

    @Test
    void listsTheRecipesWhenNoneHasTheName() {
        ModelOptions keras = new ModelOptions(Optional.empty(), Optional.of("keras"), Optional.empty());
        assertFails(
                "tiny/v1-base-ms/model.pth",
                keras,
                "no recipe is named 'keras'; there are microsoft, timm, hf and torchvision");
    }

    private static ModelOptions atSize(int height, int width) {
        return new ModelOptions(Optional.of(new ImageSize(height, width)), Optional.empty(), Optional.empty());
    }

    private static Checkpoint checkpoint(String fixture) throws IOException {
        return Checkpoint.open(LocalSource.of(Fixtures.path(fixture)));
    }

    private static void assertFails(String fixture, ModelOptions options, String message) {
        Path path = Fixtures.path(fixture);
        assertThatThrownBy(() -> SwinModel.open(LocalSource.of(path), options))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(path + ": " + message);
    }
}
