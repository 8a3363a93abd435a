package io.swinlake.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever the bytes, a checkpoint is read or a {@link CheckpointException} says why not. The suite replays the seeds
 * below; {@code scripts/fuzz safetensors|pytorch|pickle} searches on from them.
 */
class CheckpointFuzzTest {
    private static final Path BAD = Path.of("src/test/resources/fixtures/bad-checkpoints");

    @MethodSource("safetensorsSeeds")
    @FuzzTest
    void safetensors(byte[] file) {
        readOrRefuse("x.safetensors", file);
    }

    static Stream<byte[]> safetensorsSeeds() throws IOException {
        Tensor tensor = Tensor.of(Shape.of(1, 2), 1f, 2f);
        byte[] valid = Safetensors.write(new TreeMap<>(Map.of("a", tensor, "b", tensor)), Map.of("format", "pt"));
        return Stream.concat(Stream.of(valid), badCheckpoints("st_"));
    }

    @MethodSource("pytorchSeeds")
    @FuzzTest
    void pytorch(byte[] file) {
        readOrRefuse("x.pth", file);
    }

    static Stream<byte[]> pytorchSeeds() throws IOException {
        return Stream.concat(Stream.of(TorchFiles.valid()), badCheckpoints("pth_"));
    }

    /** The pickle inside a zip whose CRCs hold, so that the search is not stopped by them. */
    @MethodSource("pickleSeeds")
    @FuzzTest
    void pickle(byte[] pickle) {
        byte[] file = TorchFiles.zip()
                .add("x/data.pkl", pickle)
                .add("x/data/0", TorchFiles.floats(6))
                .toBytes();
        readOrRefuse("x.pth", file);
    }

    static Stream<byte[]> pickleSeeds() {
        return Stream.of(TorchFiles.stateDict(2, 3, 3, 1), TorchFiles.stateDict(3, 2, 1, 3));
    }

    private static void readOrRefuse(String name, byte[] file) {
        try {
            Checkpoint checkpoint = Checkpoint.read(name, name, ByteBuffer.wrap(file));
            assertThat(checkpoint.tensors().values())
                    .allSatisfy(tensor -> assertThat(tensor.data().remaining()).isLessThanOrEqualTo(file.length));
        } catch (CheckpointException e) {
            assertThat(e).hasMessageStartingWith(name + ": ");
            assertThat(e.getMessage().lines()).hasSize(1);
        }
    }

    private static Stream<byte[]> badCheckpoints(String prefix) throws IOException {
        try (Stream<Path> files = Files.list(BAD)) {
            List<Path> chosen = files.filter(
                            path -> path.getFileName().toString().startsWith(prefix))
                    .sorted()
                    .toList();
            return chosen.stream().map(CheckpointFuzzTest::bytes);
        }
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
