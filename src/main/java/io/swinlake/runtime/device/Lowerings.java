package io.swinlake.runtime.device;

import io.swinlake.torchscript.Lowering;

/** How a network is written for each {@link Target}. */
public final class Lowerings {
    private Lowerings() {}

    public static Lowering of(Target target) {
        return of(target, CpuFeatures.here());
    }

    static Lowering of(Target target, CpuFeatures cpu) {
        return switch (target.precision()) {
            case FP32 -> target.isCuda() ? Lowering.CUDA_FP32 : Lowering.CPU_FP32;
            case BF16 -> target.isCuda() ? Lowering.CUDA_BF16 : Lowering.CPU_BF16;
            case FP16 -> Lowering.CUDA_FP16;
            case INT8 -> CpuPrecision.isFast(Precision.BF16, cpu) ? Lowering.CPU_INT8_BF16 : Lowering.CPU_INT8;
        };
    }
}
