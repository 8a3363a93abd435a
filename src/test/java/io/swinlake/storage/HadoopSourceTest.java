package io.swinlake.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HadoopSourceTest {
    private final Configuration configuration = new Configuration();

    @TempDir
    private Path folder;

    @Test
    void aFolderHasItsFilesAndNoChosenOne() throws IOException {
        Files.write(folder.resolve("model.safetensors"), new byte[] {1, 2});
        Files.write(folder.resolve("config.json"), new byte[0]);
        Files.createDirectory(folder.resolve("more"));

        HadoopSource source = HadoopSource.at(folder.toUri().toString(), configuration);

        assertThat(source.files()).containsExactly("config.json", "model.safetensors");
        assertThat(source.chosenFile()).isEmpty();
        assertThat(source.read("model.safetensors")).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2}));
        assertThat(source.location()).isEqualTo(folder.toUri().toString());
    }

    @Test
    void aFileHasItsNeighbours() throws IOException {
        Files.write(folder.resolve("swin_t.pth"), new byte[] {3});
        Files.write(folder.resolve("labels.txt"), new byte[0]);

        HadoopSource source = HadoopSource.at(folder.resolve("swin_t.pth").toString(), configuration);

        assertThat(source.chosenFile()).contains("swin_t.pth");
        assertThat(source.files()).containsExactly("labels.txt", "swin_t.pth");
        assertThat(source.read("swin_t.pth").get(0)).isEqualTo((byte) 3);
    }

    @Test
    void saysWhatCannotBeReached() {
        assertThatThrownBy(() -> HadoopSource.at("/no/such/model.pth", configuration))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("/no/such/model.pth: no such file or directory");
        assertThatThrownBy(() -> HadoopSource.at("nosuch://bucket/model.pth", configuration))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("nosuch://bucket/model.pth: cannot be reached: No FileSystem for scheme \"nosuch\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "microsoft/swin-tiny-patch4-window7-224",
                "hf-hub:microsoft/swin-tiny-patch4-window7-224",
                "hf://microsoft/swin-tiny-patch4-window7-224"
            })
    void theNameOfAHubsModelSaysHowToHaveIt(String name) {
        assertThatThrownBy(() -> HadoopSource.at(name, configuration))
                .hasMessageEndingWith(
                        "; a model of the Hugging Face hub is downloaded first, and its folder given: hf download"
                                + " microsoft/swin-tiny-patch4-window7-224 --local-dir swin-tiny-patch4-window7-224");
        assertThatThrownBy(() -> HadoopSource.at("models/swin_t.pth", configuration))
                .hasMessage("models/swin_t.pth: no such file or directory");
    }
}
