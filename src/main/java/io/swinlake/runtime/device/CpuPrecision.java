package io.swinlake.runtime.device;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Which precisions a CPU computes, and which it is made for: the one place where that is decided. */
public final class CpuPrecision {
    /** Set to 1 in an executor's environment, lets a network run in a precision that its CPU is slow at. */
    static final String FORCE = "SWINLAKE_FORCE_PRECISION";

    /**
     * Flags of the CPUs that a precision is for; any of a list is enough, and an empty list asks for nothing.
     *
     * @param toCompute without these libtorch has no kernels, or such whose results are wrong
     * @param why what is lacking then
     * @param toBeFast without these it is slower than fp32
     */
    private record Need(List<String> toCompute, String why, List<String> toBeFast) {}

    private static final String ATEN = "ATEN_CPU_CAPABILITY";

    private static final Need NOTHING = new Need(List.of(), "", List.of());

    private static final Need BF16 = new Need(
            List.of("avx512bw", "avx_ne_convert"),
            "libtorch has no linear layers in it for others",
            List.of("avx512_bf16", "amx_bf16"));

    /** FBGEMM uses no other VNNI than AVX-512's. */
    private static final Need INT8 = new Need(
            List.of("avx512_vnni"),
            "on others libtorch adds products in 16 bits, which overflow",
            List.of("avx512_vnni"));

    private CpuPrecision() {}

    /**
     * Refuses a CPU on which libtorch would end the process by an illegal instruction, or that the jar has no libtorch for.
     *
     * @throws UnsupportedCpuException with the reason
     */
    public static void requireLibtorch() {
        whyNotThisJar(System.getProperty("os.name"), System.getProperty("os.arch"))
                .or(() -> whyNoLibtorch(CpuFeatures.here(), System.getenv()))
                .ifPresent(reason -> {
                    throw new UnsupportedCpuException(reason);
                });
    }

    /** Why the jar's libraries do not run; DJL would look for others on the network. */
    static Optional<String> whyNotThisJar(String os, String arch) {
        String platform = (os.startsWith("Mac") ? "osx" : os.toLowerCase(Locale.ROOT)) + "-"
                + (arch.equals("amd64") ? "x86_64" : arch);
        String library = "/jnilib/%s/cpu/%s".formatted(platform, System.mapLibraryName("djl_torch"));
        return CpuPrecision.class.getResource(library) == null
                ? Optional.of(
                        "this jar has no libtorch for %s: use the jar that is made for it, swinlake-VERSION-%s.jar, if there is one"
                                .formatted(platform, platform))
                : Optional.empty();
    }

    /** Why libtorch does not run; nothing is known about a CPU without flags. */
    static Optional<String> whyNoLibtorch(CpuFeatures cpu, Map<String, String> environment) {
        if (cpu.flags().isEmpty()) {
            return Optional.empty();
        }
        if (!cpu.has("avx")) {
            return Optional.of("libtorch needs a CPU with AVX, which this one is not: use one with AVX2 or more");
        }
        String asked = environment.getOrDefault(ATEN, "");
        Map<String, String> flagOf = Map.of("avx2", "avx2", "avx512", "avx512f");
        return flagOf.containsKey(asked) && !cpu.has(flagOf.get(asked))
                ? Optional.of(
                        "%s=%s makes libtorch use instructions that this CPU has not: remove it from the environment"
                                .formatted(ATEN, asked))
                : Optional.empty();
    }

    /**
     * Refuses a precision that this machine's CPU cannot compute, or has no instructions for.
     *
     * @throws UnsupportedCpuException with the reason
     */
    public static void require(Precision precision) {
        requireLibtorch();
        whyNot(precision, CpuFeatures.here(), "1".equals(System.getenv(FORCE))).ifPresent(reason -> {
            throw new UnsupportedCpuException(reason);
        });
    }

    /**
     * The fastest precision of this machine's CPU whose results are nearly those of fp32. Not int8: what it
     * costs depends on the network and the images.
     */
    public static Precision automatic() {
        return automatic(CpuFeatures.here());
    }

    static Precision automatic(CpuFeatures cpu) {
        return isFast(Precision.BF16, cpu) ? Precision.BF16 : Precision.FP32;
    }

    /** Whether a CPU has instructions for a precision. */
    static boolean isFast(Precision precision, CpuFeatures cpu) {
        return whyNot(precision, cpu, false).isEmpty();
    }

    /** Why a CPU should not run a network in this precision, or cannot though it is forced to. */
    static Optional<String> whyNot(Precision precision, CpuFeatures cpu, boolean forced) {
        Need need =
                switch (precision) {
                    case BF16 -> BF16;
                    case INT8 -> INT8;
                    case FP32, FP16 -> NOTHING;
                };
        String name = precision.word();
        if (lacks(cpu, need.toCompute)) {
            return Optional.of("precision %s needs a CPU with %s, which this one is not%s: %s; use fp32"
                    .formatted(name, String.join(" or ", need.toCompute), because(cpu), need.why));
        }
        if (lacks(cpu, need.toBeFast) && !forced) {
            return Optional.of(
                    "precision %s is slower than fp32 on a CPU without %s, which this one is%s: use fp32, or set %s=1 in the executors' environment"
                            .formatted(name, String.join(" or ", need.toBeFast), because(cpu), FORCE));
        }
        return Optional.empty();
    }

    private static boolean lacks(CpuFeatures cpu, List<String> anyOf) {
        return !anyOf.isEmpty() && !cpu.hasAny(anyOf);
    }

    private static String because(CpuFeatures cpu) {
        return cpu.limits().isEmpty() ? "" : " with " + String.join(" and ", cpu.limits());
    }
}
