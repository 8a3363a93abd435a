package io.swinlake.torchscript;

import io.swinlake.tensor.DType;

/**
 * How a graph is written for a target.
 *
 * @param compute type of weights and activations: F32, BF16 or F16
 * @param linear how linear layers are computed
 * @param normWeights type of the LayerNorms' weights: the CPU's kernel takes F32 with activations of any type
 * @param attention how attention is computed
 */
public record Lowering(DType compute, Linear linear, DType normWeights, Attention attention) {
    /** How a linear layer is computed. */
    public enum Linear {
        /** {@code aten::linear}, on any device. */
        PLAIN,
        /**
         * By oneDNN on a CPU, with weights reordered when the module is loaded and with GELU and residual additions fused
         * into the layer.
         */
        ONEDNN,
        /**
         * As int8 on a CPU, where the layer acts on tokens: each output channel's weights with a scale of their own, the
         * inputs with one scale and offset for each image, found anew in every call, so that a result does not depend on what
         * else is in the batch. Layers that widen run by oneDNN, the others by FBGEMM.
         */
        DYNAMIC_INT8
    }

    /** How attention is computed. */
    public enum Attention {
        /** Every step as the papers have it. */
        STEPS,
        /**
         * For bfloat16 on a CPU, where PyTorch's softmax is slow: {@code exp(scale Q Kᵀ) exp(B) V}, divided by the row sums of
         * the exponentials. No row's maximum is subtracted first; a batch in which that would show takes a softmax in float32
         * instead.
         */
        EXPONENTIALS,
        /** The CPU's fused kernel: reads queries, keys and values where they lie, and never stores the scores. */
        CPU_FLASH,
        /** CUDA's fused kernels, chosen by PyTorch. */
        CUDA_FUSED
    }

    /** Every operation as PyTorch spells it: the reference that the others are compared with, on any device. */
    public static final Lowering REFERENCE = new Lowering(DType.F32, Linear.PLAIN, DType.F32, Attention.STEPS);

    public static final Lowering CPU_FP32 = new Lowering(DType.F32, Linear.ONEDNN, DType.F32, Attention.CPU_FLASH);
    public static final Lowering CPU_BF16 = new Lowering(DType.BF16, Linear.ONEDNN, DType.F32, Attention.EXPONENTIALS);
    /** All but the linear layers is float32. */
    public static final Lowering CPU_INT8 =
            new Lowering(DType.F32, Linear.DYNAMIC_INT8, DType.F32, Attention.CPU_FLASH);
    /** The same for a CPU that is fast in bfloat16 too: attention is computed in it. */
    public static final Lowering CPU_INT8_BF16 =
            new Lowering(DType.F32, Linear.DYNAMIC_INT8, DType.F32, Attention.EXPONENTIALS);

    public static final Lowering CUDA_FP32 = REFERENCE;
    public static final Lowering CUDA_BF16 = new Lowering(DType.BF16, Linear.PLAIN, DType.BF16, Attention.CUDA_FUSED);
    public static final Lowering CUDA_FP16 = new Lowering(DType.F16, Linear.PLAIN, DType.F16, Attention.CUDA_FUSED);
}
