package io.swinlake.runtime.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The instruction sets that libtorch uses: those of the CPU, less what the settings of its libraries take away. Whoever
 * limits the libraries gets what a CPU of that kind gets.
 *
 * @param flags as Linux names them in {@code /proc/cpuinfo}; none where there is no such file
 * @param limits the settings that take some away: {@code ONEDNN_MAX_CPU_ISA=AVX2}
 */
public record CpuFeatures(Set<String> flags, List<String> limits) {
    private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

    /**
     * A variable of one of libtorch's libraries.
     *
     * @param names the first that is set counts
     * @param takesAway for each value, in upper case, a pattern of the flags that the library does not use then; other values
     *     take none, and none takes avx, without which libtorch does not start
     */
    private record Variable(List<String> names, Map<String, String> takesAway) {}

    private static final List<Variable> VARIABLES = List.of(
            // oneDNN, dev_guide_cpu_dispatcher_control; what is not here (AVX512_CORE_AMX, AVX10...) takes no flag that
            // counts
            new Variable(
                    List.of("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"),
                    Map.of(
                            "SSE41", "avx.+|amx_.*",
                            "AVX", "avx.+|amx_.*",
                            "AVX2", "avx_.*|avx512.*|amx_.*",
                            "AVX2_VNNI", "avx_ne_convert|avx512.*|amx_.*",
                            "AVX2_VNNI_2", "avx512.*|amx_.*",
                            "AVX512_CORE", "avx_.*|avx512_.*|amx_.*",
                            "AVX512_CORE_VNNI", "avx_.*|avx512_(bf|fp)16|amx_.*",
                            "AVX512_CORE_BF16", "avx_.*|avx512_fp16|amx_.*",
                            "AVX512_CORE_FP16", "amx_.*")),
            // PyTorch's own kernels, aten/src/ATen/native/DispatchStub.cpp
            new Variable(List.of("ATEN_CPU_CAPABILITY"), Map.of("DEFAULT", "avx.+|amx_.*", "AVX2", "avx512.*|amx_.*")),
            // FBGEMM, src/Utils.cc: the values with _E1 keep VNNI
            new Variable(
                    List.of("FBGEMM_ENABLE_INSTRUCTIONS"),
                    Map.of("AVX2", "avx512_vnni", "AVX512", "avx512_vnni", "AVX512_256", "avx512_vnni")));

    private static final CpuFeatures HERE = of(cpuInfo(), System.getenv());

    public CpuFeatures {
        flags = Set.copyOf(flags);
        limits = List.copyOf(limits);
    }

    /** Of this machine and process. */
    public static CpuFeatures here() {
        return HERE;
    }

    /** Of a machine with these lines of {@code /proc/cpuinfo} and a process with this environment. */
    static CpuFeatures of(List<String> cpuInfo, Map<String, String> environment) {
        Set<String> flags = cpuInfo.stream()
                .filter(line -> line.startsWith("flags"))
                .findFirst()
                .map(line -> Set.copyOf(Arrays.asList(
                        line.substring(line.indexOf(':') + 1).strip().split(" +"))))
                .orElse(Set.of());
        Set<String> left = new HashSet<>(flags);
        List<String> limits = new ArrayList<>();
        for (Variable variable : VARIABLES) {
            Optional<String> name =
                    variable.names.stream().filter(environment::containsKey).findFirst();
            String value = name.map(environment::get).orElse("");
            String taken = variable.takesAway.get(value.toUpperCase(Locale.ROOT));
            if (taken != null && left.removeIf(Pattern.compile(taken).asMatchPredicate())) {
                limits.add(name.orElseThrow() + "=" + value);
            }
        }
        return new CpuFeatures(left, limits);
    }

    public boolean has(String flag) {
        return flags.contains(flag);
    }

    boolean hasAny(Collection<String> anyOf) {
        return anyOf.stream().anyMatch(flags::contains);
    }

    private static List<String> cpuInfo() {
        try {
            return Files.readAllLines(CPU_INFO);
        } catch (IOException e) {
            return List.of(); // no Linux: fp32 only
        }
    }
}
