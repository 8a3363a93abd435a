package io.swinlake.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.tensor.DType;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The tiny checkpoints of the fixtures, which PyTorch, safetensors and transformers wrote, and how files are chosen. */
class CheckpointTest {
    private static final Path TINY = Path.of("src/test/resources/fixtures/tiny");

    @TempDir
    private Path folder;

    /** One set of weights, stored by several programs: their first values were printed by Python from the second file. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "v1-base-ms/model.pth",
                "v1-base-timm-f32",
                "v1-base-mmdet/model.pth",
                "v1-base-hf",
                "v1-base-tv/model.pth"
            })
    void everyContainerGivesTheSamePatchBias(String name) throws IOException {
        Checkpoint checkpoint = Checkpoint.open(LocalSource.of(TINY.resolve(name)));

        assertThat(checkpoint.tensors().values())
                .filteredOn(
                        tensor -> tensor.dtype() == DType.F32 && tensor.shape().equals(Shape.of(8)))
                .anySatisfy(tensor -> assertThat(tensor.toFloats())
                        .startsWith(0.2547619f, -0.113701776f, -0.24045263f)
                        .endsWith(0.29786858f));
    }

    @Test
    void shardsGiveTheSameTensorsAsThePickledFile() throws IOException {
        Checkpoint pickled = Checkpoint.open(LocalSource.of(TINY.resolve("v1-eps-hf-bin")));
        Checkpoint sharded = Checkpoint.open(LocalSource.of(TINY.resolve("v1-eps-hf-sharded")));

        assertThat(sharded.metadata()).containsExactly(Map.entry("format", "pt"));
        assertThat(sharded.tensors().keySet()).isEqualTo(pickled.tensors().keySet());
        assertThat(sharded.tensors()).allSatisfy((name, tensor) -> assertThat(tensor.data())
                .isEqualTo(pickled.tensors().get(name).data()));
    }

    @Test
    void readsTheFormatBeforePyTorch1_6() throws IOException {
        Checkpoint checkpoint = Checkpoint.open(LocalSource.of(TINY.resolve("v1-legacy-ms/model.pth")));

        assertThat(checkpoint.tensors()).hasSize(117);
        assertThat(checkpoint.tensors().get("patch_embed.proj.weight")).hasToString("F32 [8, 3, 4, 4]");
        assertThat(checkpoint.tensors().get("layers.0.blocks.0.attn.relative_position_index"))
                .hasToString("I64 [16, 16]");
    }

    @ParameterizedTest
    @CsvSource({"v1-base-timm-f16, F16", "v1-base-timm-bf16, BF16", "v1-base-timm-f32, F32"})
    void keepsTheStoredType(String name, DType dtype) throws IOException {
        Checkpoint checkpoint = Checkpoint.open(LocalSource.of(TINY.resolve(name)));

        assertThat(checkpoint.tensors().values()).extracting(Tensor::dtype).containsOnly(dtype);
    }

    @Test
    void stripsThePrefixOfDistributedDataParallel() throws IOException {
        write("model.safetensors", Map.of("module.norm.bias", Tensor.of(Shape.of(1), 1f)));

        assertThat(Checkpoint.open(LocalSource.of(folder)).tensors()).containsOnlyKeys("norm.bias");
    }

    @Test
    void keepsTheWordModuleWhereOnlySomeNamesBeginWithIt() throws IOException {
        Tensor one = Tensor.of(Shape.of(1), 1f);
        write("model.safetensors", Map.of("module.norm.bias", one, "head.bias", one));

        assertThat(Checkpoint.open(LocalSource.of(folder)).tensors()).containsOnlyKeys("module.norm.bias", "head.bias");
    }

    @Test
    void picksTheOnlyWeightsFileOfADirectory() throws IOException {
        write("swin.safetensors", Map.of("norm.bias", Tensor.of(Shape.of(1), 1f)));
        Files.writeString(folder.resolve("README.md"), "about");

        assertThat(Checkpoint.open(LocalSource.of(folder)).location()).isEqualTo(folder + "/swin.safetensors");
    }

    @Test
    void asksWhichOfSeveralFilesIsMeant() throws IOException {
        write("a.safetensors", Map.of());
        write("b.pth", Map.of());

        assertRefused(
                folder, "2 files could be the weights: a.safetensors, b.pth. Name the file instead of the directory.");
    }

    @Test
    void saysWhatADirectoryLacks() {
        assertRefused(
                folder,
                "no weights here. Expected model.safetensors, pytorch_model.bin, an .index.json of either, or one"
                        + " .safetensors, .pth, .pt, .bin, .ckpt or .pth.tar file; the folder is empty.");
    }

    @Test
    void saysThatAFileDoesNotExist() {
        Path absent = folder.resolve("swin.pth");

        assertThatThrownBy(() -> LocalSource.of(absent))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(absent + ": no such file or directory.");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            <!DOCTYPE html><html><body>Sign in  | a web page, not the weights. Download the file itself (Hugging Face: /resolve/, not /blob/).
            {"error": "not found"}              | a text file, not the weights; it begins with "{"error": "not found"}".
            """)
    void saysWhatTextItFoundInsteadOfWeights(String content, String reason) throws IOException {
        Path file = Files.writeString(folder.resolve("swin.pth"), content);

        assertRefused(file, reason);
    }

    @Test
    void saysHowAnUnknownFileBegins() throws IOException {
        Path file = Files.write(folder.resolve("swin.pth"), new byte[] {(byte) 0x80, 9, '}', 'q', 0, '.'});

        assertRefused(
                file,
                "neither safetensors nor a PyTorch file; it begins with the bytes 80 09 7d 71 00 2e. Expected a"
                        + " state_dict saved with torch.save or safetensors.");
    }

    @Test
    void refusesAnIndexOfOtherShards() throws IOException {
        write("model-1.safetensors", Map.of("norm.bias", Tensor.of(Shape.of(1), 1f)));
        Path index = Files.writeString(
                folder.resolve("model.safetensors.index.json"),
                "{\"weight_map\": {\"head.bias\": \"model-1.safetensors\"}}");

        assertRefused(
                index,
                "says that 'head.bias' is in 'model-1.safetensors', which does not have it. Index and shards are of"
                        + " different models.");
    }

    @Test
    void refusesAnIndexWithTwoShardsForOneTensor() throws IOException {
        Path index = Files.writeString(
                folder.resolve("model.safetensors.index.json"), "{\"weight_map\": {\"a\": \"x\", \"a\": \"y\"}}");

        assertRefused(index, "the index must give 'a' one file, by name.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "{}", "{\"weight_map\": 1}", "{\"metadata\": {\"weight_map\": {\"a\": \"b\"}}}"})
    void refusesAnIndexWithoutWeightMap(String json) throws IOException {
        Path index = Files.writeString(folder.resolve("model.safetensors.index.json"), json);

        assertRefused(index, "the index has no weight_map of tensor to file.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/etc/passwd", "..", "C:\\\\x", "a/b"})
    void refusesShardsThatAreNotNeighbours(String shard) throws IOException {
        Path index = Files.writeString(
                folder.resolve("model.safetensors.index.json"), "{\"weight_map\": {\"a\": \"" + shard + "\"}}");

        assertThatThrownBy(() -> Checkpoint.open(LocalSource.of(index)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageEndingWith("A shard is a file beside its index; treat this file as hostile.");
    }

    @Test
    void refusesADeeplyNestedIndex() throws IOException {
        Path index = Files.writeString(folder.resolve("model.safetensors.index.json"), "{\"a\":" + "[".repeat(100_000));

        assertThatThrownBy(() -> Checkpoint.open(LocalSource.of(index)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageStartingWith(index + ": the index is not JSON: ");
    }

    @Test
    void refusesAnIndexThatIsNotUtf8() throws IOException {
        Path index = Files.write(
                folder.resolve("model.safetensors.index.json"), "{\"é\": 1}".getBytes(StandardCharsets.ISO_8859_1));

        assertRefused(index, "the index is not UTF-8.");
    }

    @Test
    void nothingThatIsReadCanBeChanged() throws IOException {
        Checkpoint checkpoint = Checkpoint.open(LocalSource.of(TINY.resolve("v1-base-timm-f32")));

        assertThatThrownBy(() -> checkpoint.tensors().clear()).isInstanceOf(UnsupportedOperationException.class);
        ByteBuffer data = checkpoint.tensors().get("norm.bias").data();
        assertThat(data.isReadOnly()).isTrue();
    }

    private void write(String name, Map<String, Tensor> tensors) throws IOException {
        SortedMap<String, Tensor> sorted = new TreeMap<>(tensors);
        Files.write(folder.resolve(name), Safetensors.write(sorted, Map.of()));
    }

    private static void assertRefused(Path path, String reason) {
        assertThatThrownBy(() -> Checkpoint.open(LocalSource.of(path)))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(path + ": " + reason);
    }
}
