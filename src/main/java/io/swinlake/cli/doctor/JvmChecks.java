package io.swinlake.cli.doctor;

import io.swinlake.cli.command.Versions;
import io.swinlake.cli.doctor.CheckResult.Wrong;
import io.swinlake.image.ImageException;
import io.swinlake.image.format.ImageDecoder;
import io.swinlake.runtime.EngineFacts;
import io.swinlake.runtime.device.CpuFeatures;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;

/** The JVM that asks, the driver's or an executor's, as {@code doctor} looks at it. */
final class JvmChecks {
    /** The instruction sets that decide how fast libtorch is, and whether bf16 and int8 pay. */
    private static final List<String> INSTRUCTIONS =
            List.of("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16");

    private static final int MIB_SHIFT = 20;

    private JvmChecks() {}

    /** {@code executor 3 on host}, or {@code driver}. */
    static String name() {
        SparkEnv env = SparkEnv.get();
        return env == null || env.executorId().equals("driver")
                ? "driver"
                : "executor " + env.executorId() + " on "
                        + env.blockManager().blockManagerId().host();
    }

    static String java() throws Wrong {
        List<Integer> javas = Versions.javas(Versions.spark());
        if (!javas.contains(Runtime.version().feature())) {
            throw new Wrong(
                    "set JAVA_HOME to a Java " + javas.get(javas.size() - 1),
                    "Spark %s does not run on Java %s",
                    Versions.spark(),
                    Runtime.version().feature());
        }
        return "Java %s, %s processors, heap up to %s MiB"
                .formatted(
                        Versions.java(),
                        Runtime.getRuntime().availableProcessors(),
                        Runtime.getRuntime().maxMemory() >> MIB_SHIFT);
    }

    /** Starts libtorch. */
    static String engine() {
        EngineFacts facts = EngineFacts.read();
        return "libtorch %s by DJL %s, %s thread%s for each task; processor has %s"
                .formatted(
                        facts.libtorch(),
                        facts.djl(),
                        facts.threads(),
                        facts.threads() == 1 ? "" : "s",
                        instructions());
    }

    /** Loads libwebp, without which every WebP is an error row. */
    static String webp() throws Wrong {
        try {
            ImageDecoder.loadLibraries();
            return "libwebp is loaded";
        } catch (ImageException e) {
            throw new Wrong(e.code().advice(), "%s", e.getMessage());
        }
    }

    private static String instructions() {
        CpuFeatures cpu = CpuFeatures.here();
        List<String> present = INSTRUCTIONS.stream().filter(cpu::has).toList();
        return (present.isEmpty() ? "no AVX2" : String.join(" ", present))
                + (cpu.limits().isEmpty() ? "" : ", limited by " + String.join(" ", cpu.limits()));
    }

    /** The GPUs that libtorch sees, and those that Spark gave to this task. */
    static String devices() throws Wrong {
        EngineFacts facts = EngineFacts.read();
        int gpus = facts.gpus();
        Optional<String> found = gpus > 0 || System.getenv("PYTORCH_LIBRARY_PATH") != null
                ? Optional.empty()
                : PipTorch.find(System.getenv().getOrDefault("PATH", "")).map(torch -> torch.advice(facts.libtorch()));
        Map<String, ResourceInformation> resources =
                TaskContext.get() == null ? Map.of() : TaskContext.get().resourcesJMap();
        String[] given = resources.containsKey("gpu") ? resources.get("gpu").addresses() : new String[0];
        if (given.length > 0 && gpus == 0) {
            throw new Wrong(
                    found.orElse("pip install torch==" + facts.libtorch() + ", and the three lines of conf/gpu.conf")
                            + "; nvidia-smi shows whether the GPU's driver works",
                    "Spark gives this task GPU %s, but libtorch sees none",
                    String.join(",", given));
        }
        return gpus == 0
                ? "the CPU; libtorch sees no GPU"
                        + found.map(advice -> "; " + advice).orElse("")
                : "the CPU and %s GPUs; Spark gives this task %s"
                        .formatted(gpus, given.length == 0 ? "none" : String.join(",", given));
    }

    /** What the process used outside Java's heap so far, and whether it fits with a full heap. */
    static String memory() throws IOException, Wrong {
        long limit = ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                        .getTotalMemorySize()
                >> MIB_SHIFT; // the container's, where there is one
        long heap = Runtime.getRuntime().maxMemory() >> MIB_SHIFT;
        long outside = Math.max(0, peakResidentMib() - (Runtime.getRuntime().totalMemory() >> MIB_SHIFT));
        if (heap + outside > limit) {
            throw new Wrong(
                    "a smaller --driver-memory or --executor-memory, or a larger spark.executor.memoryOverhead",
                    "a heap of %d MiB and %d MiB outside it (libtorch, weights, activations) are more than the %d MiB"
                            + " here",
                    heap,
                    outside,
                    limit);
        }
        return "%s MiB: a heap of up to %s, and %s used outside it so far".formatted(limit, heap, outside);
    }

    private static long peakResidentMib() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmHWM"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) >> 10)
                .findFirst()
                .orElse(0);
    }
}
