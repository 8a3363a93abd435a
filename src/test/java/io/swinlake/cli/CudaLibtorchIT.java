package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.swinlake.Launcher;
import io.swinlake.PythonEnvironment;
import io.swinlake.spark.Demo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * libtorch for CUDA as pip brings it, under the bridge in our jar. A machine without NVIDIA's driver gets a stand-in of it that
 * finds no device, so that the libraries load there; then all is computed on the CPU, by CUDA's libtorch.
 */
@EnabledIfSystemProperty(named = "swinlake.cuda", matches = "true", disabledReason = "scripts/test --cuda runs it")
class CudaLibtorchIT {
    /** What the libraries of torch 2.7.1 name of libcuda.so.1. */
    private static final String OF_THE_DRIVER = """
            cuCtxGetCurrent cuCtxSetCurrent cuDevicePrimaryCtxGetState cuDevicePrimaryCtxRetain cuFuncGetAttribute
            cuFuncSetAttribute cuGetErrorString cuLaunchCooperativeKernel cuLaunchKernel cuLinkAddData_v2 cuLinkComplete
            cuLinkCreate_v2 cuModuleGetFunction cuModuleLoadData cuModuleLoadDataEx cuModuleUnload
            cuOccupancyMaxActiveBlocksPerMultiprocessor cuTensorMapEncodeTiled
            """;

    @TempDir
    static Path temp;

    private static PythonEnvironment python;
    private static String libraries;
    private static boolean hasDriver;
    private static final Map<String, String> ENVIRONMENT = new HashMap<>();

    @BeforeAll
    static void install() throws Exception {
        python = PythonEnvironment.of(Path.of("src/test/python/cuda/cuda.txt"));
        libraries = python.python(
                        Map.of(),
                        List.of(
                                "-c",
                                "import importlib.util; print(importlib.util.find_spec('torch').submodule_search_locations[0] + '/lib')"))
                .out()
                .strip();
        ENVIRONMENT.putAll(
                Map.of("PYTORCH_LIBRARY_PATH", libraries, "PYTORCH_VERSION", "2.7.1", "PYTORCH_FLAVOR", "cu128"));
        hasDriver = Launcher.run(Map.of(), List.of("sh", "-c", "PATH=$PATH:/sbin ldconfig -p"))
                .out()
                .contains("libcuda.so.1");
        if (!hasDriver) {
            ENVIRONMENT.put("LD_LIBRARY_PATH", driverWithoutDevices().toString());
        }
    }

    /** Each function gives CUDA_ERROR_NO_DEVICE. */
    private static Path driverWithoutDevices() throws IOException, InterruptedException {
        Path source = Files.writeString(
                temp.resolve("driver.c"),
                Stream.of(OF_THE_DRIVER.split("\\s+"))
                        .map("int %s(void) { return 100; }\n"::formatted)
                        .collect(Collectors.joining()));
        Path folder = Files.createDirectory(temp.resolve("driver"));
        String library = folder.resolve("libcuda.so.1").toString();
        String command = "cc -shared -fPIC -Wl,-soname,libcuda.so.1 -o '%s' '%s'".formatted(library, source);
        Launcher.Run compiled = Launcher.run(Map.of(), List.of("sh", "-c", command));
        assumeTrue(
                compiled.exit() == 0, () -> "no driver of NVIDIA, and no compiler for a stand-in: " + compiled.err());
        return folder;
    }

    private static Launcher.Run infer(String device) throws IOException, InterruptedException {
        return Launcher.run(
                ENVIRONMENT,
                List.of(
                        "scripts/swinlake",
                        "infer",
                        "--model",
                        Demo.MODEL,
                        "--input",
                        Demo.IMAGES,
                        "--output",
                        temp.resolve(device).toString(),
                        "--device",
                        device));
    }

    @Test
    void autoTakesTheGpuOrElseTheCpu() throws Exception {
        Launcher.Run infer = infer("auto");
        Launcher.Run evaluate = Launcher.run(
                Map.of(),
                List.of(
                        "scripts/swinlake",
                        "evaluate",
                        "--embeddings",
                        temp.resolve("auto").toString(),
                        "--truth",
                        Demo.LABELS));

        assertThat(infer.exit()).as(infer.err()).isZero();
        assertThat(infer.summary().get("devices").has("cpu")).isNotEqualTo(hasDriver);
        assertThat(evaluate.summary().get("top1").asDouble()).as(evaluate.err()).isGreaterThan(0.97);
        if (!hasDriver) {
            assertThat(infer.err())
                    .contains("device auto takes cpu: libtorch (cu128) finds no usable GPU; nvidia-smi shows what the");
        }
    }

    @Test
    void cudaIsRefusedInOneLineWithoutAGpu() throws Exception {
        Launcher.Run infer = infer("cuda");

        if (hasDriver) {
            assertThat(infer.exit()).as(infer.err()).isZero();
        } else {
            assertThat(infer.exit()).isEqualTo(4);
            assertThat(infer.err())
                    .isEqualTo(
                            "swinlake infer: device cuda: libtorch (cu128) finds no usable GPU; nvidia-smi shows what the driver finds\n");
        }
    }

    @Test
    void doctorFindsItWherePythonDoes() throws Exception {
        String path = python.bin() + ":" + System.getenv("PATH");
        Launcher.Run doctor =
                Launcher.run(Map.of("PATH", path), List.of("scripts/swinlake", "doctor", "--model", Demo.MODEL));

        assertThat(doctor.out() + doctor.err())
                .contains(
                        "set PYTORCH_LIBRARY_PATH=%s PYTORCH_VERSION=2.7.1 PYTORCH_FLAVOR=cu128".formatted(libraries));
    }
}
