package io.swinlake.bench;

import ai.djl.engine.Engine;
import io.swinlake.runtime.device.CpuFeatures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.package$;

/** Where and with what a benchmark ran: printed above its figures. */
public final class Machine {
    /** What decides how fast matrices are multiplied. */
    private static final Set<String> VECTOR_FLAGS = Set.of(
            "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_bf16", "amx_int8");

    /** What changes the speed, besides the shipped settings. */
    private static final List<String> OTHER_SWITCHES = List.of(
            "GLIBC_TUNABLES", "LD_PRELOAD", "ONEDNN_DEFAULT_FPMATH_MODE", "ONEDNN_MAX_CPU_ISA", "ATEN_CPU_CAPABILITY");

    private Machine() {}

    /** Date, processor, versions and the switches that are set; starts libtorch. */
    public static String describe() throws IOException {
        List<String> cpu = Files.readAllLines(Path.of("/proc/cpuinfo"));
        Set<String> flags = new TreeSet<>(VECTOR_FLAGS);
        flags.retainAll(CpuFeatures.here().flags());
        return "%s; %s cores, %s, family %s model %s: %s; load %s%n"
                        .formatted(
                                LocalDate.now(java.time.ZoneOffset.UTC),
                                Runtime.getRuntime().availableProcessors(),
                                field(cpu, "model name"),
                                field(cpu, "cpu family"),
                                field(cpu, "model"),
                                String.join(" ", flags),
                                Files.readString(Path.of("/proc/loadavg")).split(" ", -1)[0])
                + "Java %s, Spark %s, DJL %s, libtorch %s%n"
                        .formatted(
                                Runtime.version(),
                                package$.MODULE$.SPARK_VERSION(),
                                Engine.getDjlVersion(),
                                Engine.getEngine("PyTorch").getVersion())
                + switches();
    }

    private static String switches() throws IOException {
        return Stream.concat(ExecutorEnvironment.shipped().keySet().stream(), OTHER_SWITCHES.stream())
                .filter(name -> System.getenv(name) != null)
                .map(name -> name + "=" + System.getenv(name))
                .collect(Collectors.joining(" "));
    }

    private static String field(List<String> lines, String name) {
        Optional<String> line =
                lines.stream().filter(text -> text.startsWith(name + "\t")).findFirst();
        return line.map(text -> text.substring(text.indexOf(':') + 1).trim()).orElse("unknown");
    }
}
