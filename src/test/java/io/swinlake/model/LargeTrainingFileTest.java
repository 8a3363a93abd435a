package io.swinlake.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.checkpoint.CheckpointSource;
import io.swinlake.checkpoint.LocalSource;
import io.swinlake.checkpoint.RangedFile;
import io.swinlake.checkpoint.TorchFiles;
import io.swinlake.layout.CanonicalShapes;
import io.swinlake.swin.ImageSize;
import io.swinlake.swin.SwinConfig;
import io.swinlake.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A Swin-T of 113 MB in a training file of 2.3 GB, nearly all of which is the optimizer's and holes on disk. */
class LargeTrainingFileTest {
    private static final int OPTIMIZER_TENSORS = 22;
    private static final long OPTIMIZER_TENSOR = 25_000_000; // elements

    @TempDir
    private Path folder;

    @Test
    void onlyTheWeightsAreFetched() throws IOException {
        Map<String, Shape> tiny = new LinkedHashMap<>();
        CanonicalShapes.of(SwinConfig.tiny()).forEach((name, shape) -> tiny.put(inMicrosoftsFile(name), shape));
        Map<String, Shape> moments = new LinkedHashMap<>();
        for (int i = 0; i < OPTIMIZER_TENSORS; i++) {
            moments.put("exp_avg_" + i, Shape.of(OPTIMIZER_TENSOR));
        }
        Map<String, Map<String, Shape>> dicts = new LinkedHashMap<>();
        dicts.put("optimizer", moments);
        dicts.put("model", tiny);
        Path file = folder.resolve("last.ckpt");
        long length = TorchFiles.saveZeros(file, dicts);
        Counting source = new Counting(LocalSource.of(file));

        SwinModel model = SwinModel.open(
                source, new ModelOptions(Optional.of(ImageSize.square(224)), Optional.empty(), Optional.empty()));

        long weights = model.weights().values().stream()
                .mapToLong(tensor -> tensor.data().remaining())
                .sum();
        assertThat(length).isGreaterThan(2_300_000_000L);
        assertThat(weights).isGreaterThan(113_000_000L);
        assertThat(source.bytes).isLessThan(weights + weights / 100);
        assertThat(source.requests).isLessThan(40);
    }

    private static String inMicrosoftsFile(String canonical) {
        for (int stage = 3; stage > 0; stage--) {
            if (canonical.startsWith("stages." + stage + ".merge.")) {
                return canonical.replace("stages." + stage + ".merge.", "layers." + (stage - 1) + ".downsample.");
            }
        }
        return canonical.replace("stages.", "layers.");
    }

    /** Counts what is read of the one file, which is treated as one that lies far away. */
    private static final class Counting implements CheckpointSource {
        private final LocalSource disk;
        private long bytes;
        private int requests;

        Counting(LocalSource disk) {
            this.disk = disk;
        }

        @Override
        public String location() {
            return disk.location();
        }

        @Override
        public List<String> files() throws IOException {
            return disk.files();
        }

        @Override
        public List<String> folders() throws IOException {
            return disk.folders();
        }

        @Override
        public Optional<String> chosenFile() {
            return disk.chosenFile();
        }

        @Override
        public RangedFile open(String name) throws IOException {
            RangedFile file = disk.open(name);
            return new RangedFile() {
                @Override
                public long length() {
                    return file.length();
                }

                @Override
                public ByteBuffer read(long at, int count) throws IOException {
                    bytes += count;
                    requests++;
                    return file.read(at, count);
                }

                @Override
                public boolean isAtHand() {
                    return false;
                }
            };
        }
    }
}
