package io.swinlake.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The tiny checkpoints of the fixtures, which PyTorch, safetensors and transformers wrote. */
class CheckpointTest {
    private static final Path TINY = Path.of("src/test/resources/fixtures/tiny");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "v1-base-ms/model.pth",
                "v1-base-msdet/model.pth",
                "v1-base-timm-f32/model.safetensors",
                "v1-base-timm-f16/model.safetensors",
                "v1-base-timm-bf16/model.safetensors",
                "v1-base-hf",
                "v1-base-tv/model.pth",
                "v1-base-mmdet/model.pth",
                "v1-base-mmpretrain/model.pth",
                "v1-legacy-ms",
                "v1-eps-hf-bin",
                "v1-eps-hf-sharded",
                "v2-base-ms/model.pth",
                "v2-base-tv/model.pth",
                "v2-headless-timm",
            })
    void readsEveryContainer(String name) throws IOException {
        Checkpoint checkpoint = Checkpoint.open(LocalSource.of(TINY.resolve(name)));

        assertThat(checkpoint.tensors()).hasSizeGreaterThan(90);
    }
}
