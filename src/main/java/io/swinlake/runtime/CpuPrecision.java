package io.swinlake.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Which precisions a CPU is made for. */
public final class CpuPrecision {
    /** Set to 1 in an executor's environment, lets a network run in a precision that its CPU is slow at. */
    static final String FORCE = "SWINLAKE_FORCE_PRECISION";

    private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

    private CpuPrecision() {}

    /**
     * Refuses a precision that this machine's CPU has no instructions for.
     *
     * @throws IllegalArgumentException with the reason
     */
    public static void require(Precision precision) {
        if ("1".equals(System.getenv(FORCE))) {
            return;
        }
        whyNot(precision, flags()).ifPresent(reason -> {
            throw new IllegalArgumentException(reason);
        });
    }

    /** Whether this machine's CPU has instructions for a precision. */
    static boolean isFast(Precision precision) {
        return whyNot(precision, flags()).isEmpty();
    }

    /** Why a CPU with these flags should not run a network in this precision. */
    static Optional<String> whyNot(Precision precision, Set<String> flags) {
        List<String> anyOf =
                switch (precision) {
                    case BF16 -> List.of("avx512_bf16", "amx_bf16");
                    case INT8 -> List.of("avx512_vnni", "avx_vnni");
                    case FP32, FP16 -> List.of();
                };
        if (anyOf.isEmpty() || anyOf.stream().anyMatch(flags::contains)) {
            return Optional.empty();
        }
        return Optional.of(
                "precision %s is slower than fp32 on a CPU without %s, which this one is: use fp32, or set %s=1 in the executors' environment"
                        .formatted(precision.name().toLowerCase(Locale.ROOT), String.join(" or ", anyOf), FORCE));
    }

    private static Set<String> flags() {
        try (var lines = Files.lines(CPU_INFO)) {
            return lines.filter(line -> line.startsWith("flags"))
                    .findFirst()
                    .map(line ->
                            Set.of(line.substring(line.indexOf(':') + 1).strip().split(" +")))
                    .orElse(Set.of());
        } catch (IOException e) {
            return Set.of(); // no Linux: the precision can still be forced
        }
    }
}
