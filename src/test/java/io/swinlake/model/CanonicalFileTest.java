package io.swinlake.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.checkpoint.Checkpoint;
import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.checkpoint.LocalSource;
import io.swinlake.checkpoint.Safetensors;
import io.swinlake.swin.Convention;
import io.swinlake.swin.SwinConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that {@code convert} of another release wrote. */
class CanonicalFileTest {
    @TempDir
    private Path folder;

    /** The first format had one window for all stages, and norms of all stages or of none. */
    @ParameterizedTest
    @CsvSource({"v1-base-hf, 4", "v1-base-mmdet, 4", "v2-pretrained-ms, 8"})
    void theFirstFormatIsTheSameNetwork(String fixture, int window) throws IOException {
        SwinModel model = SwinModelTest.open(fixture, SwinModelTest.optionsOf(fixture));
        SwinConfig config = model.config();
        String first = String.format(
                Locale.ROOT,
                """
                {"version": "%s", "image": {"height": %d, "width": %d}, "patchSize": %d, "embedDim": %d, "depths": %s,
                 "heads": %s, "window": %d, "pretrainedWindows": %s, "mlpRatio": %s, "qkvBias": %s,
                 "absolutePositions": false, "patchNorm": true, "featureNorms": %s, "classes": %d, "layerNormEps": %s,
                 "convention": "%s"}""",
                config.version().name(),
                config.image().height(),
                config.image().width(),
                config.patchSize(),
                config.embedDim(),
                config.depths(),
                config.heads(),
                window,
                config.pretrainedWindows(),
                config.mlpRatio(),
                config.qkvBias(),
                config.hasStageNorms(),
                config.classes(),
                config.layerNormEps(),
                config.convention().name());

        SwinModel again = SwinModel.open(LocalSource.of(written(model, "1", first)), ModelOptions.none());

        assertThat(again.config()).isEqualTo(config);
        assertThat(again.digest()).isEqualTo(model.digest());
        assertThat(again.recipe()).isEqualTo(model.recipe());
        assertThat(again.classNames()).isEqualTo(model.classNames());
    }

    /** When it was written, maps were counted as timm counted them before 1.0.31. */
    @Test
    void aNetworkOfTimmInTheFirstFormatCountsMapsAsItDid() throws IOException {
        SwinModel model = SwinModelTest.open("v1-base-timm-f32", SwinModelTest.optionsOf("v1-base-timm-f32"));
        String first = """
                {"version": "V1", "image": {"height": 128, "width": 128}, "patchSize": 4, "embedDim": 8,
                 "depths": [2, 2, 2, 2], "heads": [1, 2, 4, 8], "window": 4, "pretrainedWindows": [0, 0, 0, 0],
                 "mlpRatio": 4.0, "qkvBias": true, "absolutePositions": false, "patchNorm": true, "featureNorms": false,
                 "classes": 10, "layerNormEps": 1e-5, "convention": "TIMM"}""";

        SwinModel again = SwinModel.open(LocalSource.of(written(model, "1", first)), ModelOptions.none());

        assertThat(again.config()).isEqualTo(model.config().with(model.config().windows(), Convention.TIMM_FLOOR));
    }

    @Test
    void whatIsSettledIsNotAskedForAgain() throws IOException {
        SwinModel model = SwinModelTest.open("v2-pretrained-ms", ModelOptions.none());
        Path file = Files.write(folder.resolve("model.safetensors"), model.toSafetensors());
        ModelOptions windowOf4 = new ModelOptions(Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(4));

        assertThatThrownBy(() -> SwinModel.open(LocalSource.of(file), windowOf4))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(
                        model.name() + ": is a file of convert, which has settled --window; give that option when the"
                                + " original checkpoint is converted");
    }

    @Test
    void aFormatOfALaterReleaseIsRefused() throws IOException {
        SwinModel model = SwinModelTest.open("v1-base-hf", ModelOptions.none());
        Path file = written(model, "3", "{}");

        assertThatThrownBy(() -> SwinModel.open(LocalSource.of(file), ModelOptions.none()))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(file
                        + ": a model file of format '3', this release reads 1 and 2; convert the original checkpoint"
                        + " again");
    }

    /** The canonical file of a model, as if another release had written it. */
    private Path written(SwinModel model, String format, String config) throws IOException {
        Path file = folder.resolve("model.safetensors");
        Files.write(file, model.toSafetensors());
        Checkpoint stored = Checkpoint.open(LocalSource.of(file));
        Map<String, String> metadata = new TreeMap<>(stored.metadata());
        metadata.put("swinlake.format", format);
        metadata.put("swinlake.config", config);
        Path other = folder.resolve("other.safetensors");
        return Files.write(other, Safetensors.write(stored.tensors(), metadata));
    }
}
