package io.swinlake.torchscript;

import io.swinlake.tensor.DType;

/**
 * How a graph is written for a target.
 *
 * @param compute type of weights and activations: F32, BF16 or F16
 * @param oneDnn whether linear layers are oneDNN's, with weights reordered when the module is loaded and with GELU and
 *     residual additions fused into them; only the CPU has these
 * @param normWeights type of the LayerNorms' weights: the CPU's kernel takes F32 with activations of any type
 */
public record Lowering(DType compute, boolean oneDnn, DType normWeights, Attention attention) {
    /** How attention is computed. */
    public enum Attention {
        /** Every step as the papers have it. */
        STEPS,
        /**
         * As {@link #STEPS}, but with bias and softmax in float32. On a CPU that is also faster for bfloat16: PyTorch's
         * softmax is slow on short rows of it.
         */
        FLOAT32_SOFTMAX,
        /** The CPU's fused kernel: reads queries, keys and values where they lie, and never stores the scores. */
        CPU_FLASH,
        /** CUDA's fused kernels, chosen by PyTorch. */
        CUDA_FUSED
    }

    /** Every operation as PyTorch spells it: the reference that the others are compared with, on any device. */
    public static final Lowering REFERENCE = new Lowering(DType.F32, false, DType.F32, Attention.STEPS);

    public static final Lowering CPU_FP32 = new Lowering(DType.F32, true, DType.F32, Attention.CPU_FLASH);
    public static final Lowering CPU_BF16 = new Lowering(DType.BF16, true, DType.F32, Attention.FLOAT32_SOFTMAX);
    public static final Lowering CUDA_FP32 = REFERENCE;
    public static final Lowering CUDA_BF16 = new Lowering(DType.BF16, false, DType.BF16, Attention.CUDA_FUSED);
    public static final Lowering CUDA_FP16 = new Lowering(DType.F16, false, DType.F16, Attention.CUDA_FUSED);
}
