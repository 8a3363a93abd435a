package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.Fixtures;
import io.swinlake.ShortRun;
import io.swinlake.spark.Demo;
import io.swinlake.spark.LocalSpark;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An executor that Spark gives two GPUs and eight tasks at a time, with the settings of {@code conf/gpu.conf}. Discovery,
 * assignment, runners and batches are the real ones; nvidia-smi is a script, and each device is the CPU.
 */
class GpuExecutorsIT {
    private static final String TWO_GPUS = "#!/bin/sh\nprintf '0\\n1\\n'\n";

    @TempDir
    private Path folder;

    @AfterEach
    void stopSpark() {
        LocalSpark.session().stop();
    }

    /** A folder with an nvidia-smi of ours. */
    private Path nvidiaSmi(String script) throws IOException {
        Path bin = Files.createDirectories(folder.resolve("bin"));
        Path file = Files.writeString(bin.resolve("nvidia-smi"), script);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return bin;
    }

    private record Discovery(int exit, String out, String err) {}

    private static Discovery discover(String path) throws Exception {
        ProcessBuilder script = new ProcessBuilder("scripts/gpu-discovery");
        script.environment().put("PATH", path);
        Process process = script.start();
        String out = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        String err = new String(process.getErrorStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        return new Discovery(process.waitFor(), out, err);
    }

    private static String path(Path bin) {
        return bin + ":/usr/bin:/bin";
    }

    @Test
    void discoveryPrintsWhatNvidiaSmiListsOrSaysWhyNot() throws Exception {
        assertThat(discover(path(nvidiaSmi(TWO_GPUS))))
                .isEqualTo(new Discovery(0, "{\"name\": \"gpu\", \"addresses\": [\"0\",\"1\"]}\n", ""));
        assertThat(discover(path(nvidiaSmi("#!/bin/sh\necho 'No devices were found'\n"))))
                .isEqualTo(new Discovery(
                        1, "", "gpu-discovery: nvidia-smi lists no GPU, it says: No devices were found\n"));
        assertThat(discover(path(nvidiaSmi("#!/bin/sh\necho 'driver mismatch'\nexit 18\n"))))
                .isEqualTo(new Discovery(1, "", "gpu-discovery: nvidia-smi failed: driver mismatch\n"));
        Files.delete(folder.resolve("bin/nvidia-smi"));
        assertThat(discover(path(folder.resolve("bin"))))
                .isEqualTo(new Discovery(
                        1,
                        "",
                        "gpu-discovery: nvidia-smi is not on the PATH: install the NVIDIA driver, or give this container"
                                + " the GPUs\n"));
    }

    /** What the test cannot have as {@code gpu.conf} says: its numbers are for a machine with one GPU and 16 cores. */
    private Map<String, String> settings() throws IOException {
        Path discovery = folder.resolve("discovery");
        Files.writeString(
                discovery,
                "#!/bin/sh\nPATH=%s exec %s\n"
                        .formatted(
                                path(nvidiaSmi(TWO_GPUS)),
                                Path.of("scripts/gpu-discovery").toAbsolutePath()));
        Files.setPosixFilePermissions(discovery, PosixFilePermissions.fromString("rwxr-xr-x"));
        return Map.of(
                "spark.executor.resource.gpu.amount", "2",
                "spark.executor.resource.gpu.discoveryScript", discovery.toString(),
                "spark.worker.resource.gpu.amount", "2",
                "spark.worker.resource.gpu.discoveryScript", discovery.toString(),
                "spark.executor.cores", "8",
                "spark.excludeOnFailure.enabled", "false", // wants more attempts than one
                "spark.task.maxFailures", "1",
                "spark.task.resource.gpu.amount", "0.25",
                "spark.executor.memory", "1g");
    }

    private SparkSession cluster(String standIns) throws IOException {
        LocalSpark.session().stop();
        SparkSession.Builder session = SparkSession.builder()
                .master("local-cluster[1,8,2048]")
                .appName("GPU executors test")
                .config("spark.ui.enabled", false)
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .config(
                        "spark.executor.extraJavaOptions",
                        ShortRun.JAVA_OPTIONS + " -Dswinlake.test.gpusOnCpu=" + standIns)
                .config("spark.executorEnv.OMP_NUM_THREADS", "1")
                .config("spark.executorEnv.SPARK_SCALA_VERSION", "2.12");
        Properties gpuConf = new Properties();
        try (BufferedReader file = Files.newBufferedReader(Path.of("conf", "gpu.conf"))) {
            gpuConf.load(file);
        }
        gpuConf.stringPropertyNames().forEach(key -> session.config(key, gpuConf.getProperty(key)));
        settings().forEach(session::config);
        return session.getOrCreate();
    }

    private Run infer(String... more) {
        String[] words = {
            "infer",
            "--model",
            Demo.MODEL,
            "--input",
            Demo.IMAGES,
            "--output",
            folder.resolve("table").toString()
        };
        String[] all = java.util.Arrays.copyOf(words, words.length + more.length);
        System.arraycopy(more, 0, all, words.length, more.length);
        return Run.inCurrentSession(all);
    }

    @Test
    void eightTasksShareTwoDevicesAndGivePyTorchsEmbeddings() throws IOException {
        SparkSession spark = cluster("2");

        Run run = infer("--device", "auto", "--batch-size", "16");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.summary().get("written").asInt()).isEqualTo(360);
        assertThat(run.summary().get("failed").asInt()).isZero();
        assertThat(run.summary().get("devices").fieldNames()).toIterable().containsExactly("cuda:0", "cuda:1");
        List<List<Float>> embeddings = spark
                .read()
                .parquet(folder.resolve("table").toString())
                .orderBy("path")
                .select("embedding")
                .collectAsList()
                .stream()
                .map(row -> row.<Float>getList(0))
                .toList();
        assertThat(Fixtures.maxRelativeError(Demo.flatten(embeddings), Demo.expectedEmbeddings()))
                .isLessThan(1e-4);
    }

    @Test
    void anExecutorThatCannotUseItsGpuFailsRatherThanTakeTheCpu() throws IOException {
        cluster("0");

        Run run = infer("--device", "auto");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err().strip().lines().reduce((first, second) -> second))
                .get()
                .asString()
                .matches(
                        "swinlake infer: cuda:[01]: the libtorch on the class path is for CPUs only; conf/gpu.conf says how"
                                + " to add the other");
    }

    @Test
    void withoutAGpuWhatNeedsOneIsRefusedBeforeAnyWork() {
        LocalSpark.session();

        Run cuda = infer("--device", "cuda");
        assertThat(cuda.exitCode()).isEqualTo(4);
        assertThat(cuda.err())
                .isEqualTo(
                        "swinlake infer: device cuda: the libtorch on the class path is for CPUs only; conf/gpu.conf says"
                                + " how to add the other\n");
        Run half = infer("--precision", "fp16");
        assertThat(half.exitCode()).isEqualTo(4);
        assertThat(half.err())
                .isEqualTo(
                        "swinlake infer: device auto takes the CPU: the libtorch on the class path is for CPUs only;"
                                + " conf/gpu.conf says how to add the other; fp16 is for GPUs: on a CPU use fp32, bf16 or int8\n");
        assertThat(folder.resolve("table")).doesNotExist();
    }
}
