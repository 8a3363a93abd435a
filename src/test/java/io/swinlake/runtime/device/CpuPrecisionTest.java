package io.swinlake.runtime.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.torchscript.Lowering;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is computed on which CPU, and under which limits of libtorch's libraries. */
class CpuPrecisionTest {
    private static final String NEHALEM = "fpu sse sse2 ssse3 sse4_1 sse4_2";
    private static final String SANDY_BRIDGE = NEHALEM + " avx";
    private static final String HASWELL = SANDY_BRIDGE + " fma avx2 f16c";
    private static final String SKYLAKE_SERVER = HASWELL + " avx512f avx512dq avx512cd avx512bw avx512vl";
    private static final String CASCADE_LAKE = SKYLAKE_SERVER + " avx512_vnni";
    private static final String ZEN_4 = CASCADE_LAKE + " avx512_bf16";
    private static final String SAPPHIRE_RAPIDS = ZEN_4 + " avx_vnni avx512_fp16 amx_bf16 amx_tile amx_int8";
    private static final String ALDER_LAKE = HASWELL + " avx_vnni";

    private static CpuFeatures cpu(String flags, Map<String, String> environment) {
        return CpuFeatures.of(List.of("processor\t: 0", "flags\t\t: " + flags, "bogomips\t: 4600.00"), environment);
    }

    private static CpuFeatures cpu(String flags) {
        return cpu(flags, Map.of());
    }

    private static String precisions(CpuFeatures cpu) {
        return Stream.of(Precision.FP32, Precision.BF16, Precision.INT8)
                .filter(precision -> CpuPrecision.whyNot(precision, cpu, false).isEmpty())
                .map(Precision::name)
                .collect(Collectors.joining(" "));
    }

    @Test
    void aJarWithoutLibrariesForThisMachineSaysWhichHasThem() {
        assertThat(CpuPrecision.whyNotThisJar("Linux", "amd64")).isEmpty();
        assertThat(CpuPrecision.whyNotThisJar("Linux", "riscv64")).hasValueSatisfying(reason -> assertThat(reason)
                .startsWith("this jar has no libtorch for linux-riscv64: use")
                .contains("swinlake-VERSION-linux-riscv64.jar"));
    }

    @Test
    void eachCpuHasThePrecisionsThatItHasInstructionsFor() {
        assertThat(precisions(cpu(HASWELL))).isEqualTo("FP32");
        assertThat(precisions(cpu(SKYLAKE_SERVER))).isEqualTo("FP32");
        assertThat(precisions(cpu(ALDER_LAKE))).isEqualTo("FP32");
        assertThat(precisions(cpu(CASCADE_LAKE))).isEqualTo("FP32 INT8");
        assertThat(precisions(cpu(ZEN_4))).isEqualTo("FP32 BF16 INT8");
        assertThat(precisions(cpu(SAPPHIRE_RAPIDS))).isEqualTo("FP32 BF16 INT8");
    }

    @Test
    void autoIsBf16OnlyWhereTheCpuHasInstructionsForIt() {
        assertThat(Stream.of(NEHALEM, HASWELL, SKYLAKE_SERVER, ALDER_LAKE, CASCADE_LAKE)
                        .map(flags -> CpuPrecision.automatic(cpu(flags))))
                .containsOnly(Precision.FP32);
        assertThat(Stream.of(ZEN_4, SAPPHIRE_RAPIDS).map(flags -> CpuPrecision.automatic(cpu(flags))))
                .containsOnly(Precision.BF16);
        assertThat(CpuPrecision.automatic(cpu(ZEN_4, Map.of("ONEDNN_MAX_CPU_ISA", "AVX512_CORE"))))
                .isEqualTo(Precision.FP32);
    }

    @ParameterizedTest
    @CsvSource({
        "ONEDNN_MAX_CPU_ISA, SSE41, FP32",
        "ONEDNN_MAX_CPU_ISA, AVX2, FP32",
        "ONEDNN_MAX_CPU_ISA, avx2_vnni, FP32",
        "ONEDNN_MAX_CPU_ISA, AVX512_CORE, FP32",
        "ONEDNN_MAX_CPU_ISA, AVX512_CORE_VNNI, FP32 INT8",
        "ONEDNN_MAX_CPU_ISA, AVX512_CORE_BF16, FP32 BF16 INT8",
        "ONEDNN_MAX_CPU_ISA, AVX512_CORE_AMX, FP32 BF16 INT8",
        "ONEDNN_MAX_CPU_ISA, no such, FP32 BF16 INT8",
        "DNNL_MAX_CPU_ISA, AVX2, FP32",
        "ATEN_CPU_CAPABILITY, default, FP32",
        "ATEN_CPU_CAPABILITY, avx2, FP32",
        "ATEN_CPU_CAPABILITY, avx512, FP32 BF16 INT8",
        "FBGEMM_ENABLE_INSTRUCTIONS, AVX512, FP32 BF16",
        "FBGEMM_ENABLE_INSTRUCTIONS, AVX512_E1, FP32 BF16 INT8",
    })
    void aLimitOfTheLibrariesLeavesWhatSuchACpuHas(String variable, String value, String precisions) {
        CpuFeatures cpu = cpu(SAPPHIRE_RAPIDS, Map.of(variable, value));

        assertThat(precisions(cpu)).isEqualTo(precisions);
        assertThat(CpuPrecision.whyNoLibtorch(cpu, Map.of(variable, value))).isEmpty();
    }

    @Test
    void aLimitThatTakesNothingFromACpuIsNoneThere() {
        assertThat(cpu(HASWELL, Map.of("ONEDNN_MAX_CPU_ISA", "AVX2"))).isEqualTo(cpu(HASWELL));
        assertThat(cpu(ZEN_4, Map.of("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16", "DNNL_MAX_CPU_ISA", "AVX2")))
                .as("oneDNN reads the new name first")
                .isEqualTo(cpu(ZEN_4));
    }

    @Test
    void theReasonNamesTheInstructionsAndTheLimit() {
        assertThat(CpuPrecision.whyNot(Precision.BF16, cpu(CASCADE_LAKE), false))
                .hasValue(
                        "precision bf16 is slower than fp32 on a CPU without avx512_bf16 or amx_bf16, which this one is:"
                                + " use fp32, or set SWINLAKE_FORCE_PRECISION=1 in the executors' environment");
        assertThat(CpuPrecision.whyNot(Precision.BF16, cpu(ZEN_4, Map.of("ONEDNN_MAX_CPU_ISA", "AVX512_CORE")), false))
                .hasValue(
                        "precision bf16 is slower than fp32 on a CPU without avx512_bf16 or amx_bf16, which this one is"
                                + " with ONEDNN_MAX_CPU_ISA=AVX512_CORE: use fp32, or set SWINLAKE_FORCE_PRECISION=1 in the"
                                + " executors' environment");
    }

    @Test
    void aSlowPrecisionCanBeForcedAndAWrongOneCannot() {
        assertThat(CpuPrecision.whyNot(Precision.BF16, cpu(SKYLAKE_SERVER), true))
                .isEmpty();
        assertThat(CpuPrecision.whyNot(Precision.BF16, cpu(HASWELL), true))
                .hasValue(
                        "precision bf16 needs a CPU with avx512bw or avx_ne_convert, which this one is not: libtorch has"
                                + " no linear layers in it for others; use fp32");
        assertThat(CpuPrecision.whyNot(Precision.INT8, cpu(SKYLAKE_SERVER), true))
                .hasValue("precision int8 needs a CPU with avx512_vnni, which this one is not: on others libtorch adds"
                        + " products in 16 bits, which overflow; use fp32");
        assertThat(CpuPrecision.whyNot(Precision.INT8, cpu(ZEN_4, Map.of("ATEN_CPU_CAPABILITY", "avx2")), true))
                .hasValue("precision int8 needs a CPU with avx512_vnni, which this one is not with"
                        + " ATEN_CPU_CAPABILITY=avx2: on others libtorch adds products in 16 bits, which overflow; use"
                        + " fp32");
    }

    @Test
    void int8ComputesAttentionInBf16WhereTheCpuIsFastInIt() {
        Target int8 = new Target("cpu", Precision.INT8);

        assertThat(Lowerings.of(int8, cpu(ZEN_4))).isEqualTo(Lowering.CPU_INT8_BF16);
        assertThat(Lowerings.of(int8, cpu(CASCADE_LAKE))).isEqualTo(Lowering.CPU_INT8);
        assertThat(Lowerings.of(int8, cpu(SAPPHIRE_RAPIDS, Map.of("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_VNNI"))))
                .isEqualTo(Lowering.CPU_INT8);
    }

    /** Seen in emulated CPUs: libtorch 2.7.1 gives a Sandy Bridge the right numbers and ends a Nehalem by SIGILL. */
    @Test
    void whereLibtorchWouldCrashTheReasonIsOneLine() {
        assertThat(CpuPrecision.whyNoLibtorch(cpu(SANDY_BRIDGE), Map.of())).isEmpty();
        assertThat(CpuPrecision.whyNoLibtorch(cpu(NEHALEM), Map.of()))
                .hasValue("libtorch needs a CPU with AVX, which this one is not: use one with AVX2 or more");
        assertThat(CpuPrecision.whyNoLibtorch(cpu(HASWELL), Map.of("ATEN_CPU_CAPABILITY", "avx512")))
                .hasValue(
                        "ATEN_CPU_CAPABILITY=avx512 makes libtorch use instructions that this CPU has not: remove it from"
                                + " the environment");
        assertThat(CpuPrecision.whyNoLibtorch(new CpuFeatures(java.util.Set.of(), List.of()), Map.of()))
                .as("nothing is known")
                .isEmpty();
    }
}
