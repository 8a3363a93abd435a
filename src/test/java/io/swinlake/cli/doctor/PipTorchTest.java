package io.swinlake.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders as venv and pip lay them out. */
class PipTorchTest {
    @TempDir
    private Path home;

    private void install(String version, String library) throws IOException {
        Path python = Files.createDirectories(home.resolve("bin")).resolve("python3");
        assertThat(Files.createFile(python).toFile().setExecutable(true)).isTrue();
        Path packages = home.resolve("lib/python3.11/site-packages");
        Files.createDirectories(packages.resolve("torch-" + version + ".dist-info"));
        Files.createDirectories(packages.resolve("torch/lib"));
        Files.createFile(packages.resolve("torch/lib/" + library));
    }

    private String path() {
        return home + "/none:" + home + "/bin:/usr/bin";
    }

    @Test
    void namesTheFolderAndTheThreeSettings() throws IOException {
        install("2.7.1+cu126", "libtorch_cuda.so");
        assertThat(PipTorch.find(path()).orElseThrow().advice("2.7.1"))
                .isEqualTo(
                        "python3 has libtorch with CUDA: set PYTORCH_LIBRARY_PATH=%s/lib/python3.11/site-packages/torch/lib PYTORCH_VERSION=2.7.1 PYTORCH_FLAVOR=cu128, as conf/gpu.conf shows"
                                .formatted(home));
    }

    @Test
    void saysWhichVersionDoesNotFit() throws IOException {
        install("2.8.0", "libtorch_cuda.so");
        assertThat(PipTorch.find(path()).orElseThrow().advice("2.7.1"))
                .isEqualTo("python3 has PyTorch 2.8.0 with CUDA, which does not fit: pip install torch==2.7.1");
    }

    @Test
    void passesByAPyTorchForCpus() throws IOException {
        install("2.7.1", "libtorch_cpu.so");
        assertThat(PipTorch.find(path())).isEmpty();
    }
}
