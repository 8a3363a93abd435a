package io.swinlake.graph;

import io.swinlake.tensor.DType;
import io.swinlake.tensor.Tensor;
import java.util.List;

/**
 * What computes a {@link Value} from its inputs. Axes count from 0. The meaning is that of the ATen operator in the comment;
 * how it is printed for a target is the business of the lowering.
 */
public sealed interface Op {
    /** What the network is given. */
    record Input(String name, DType dtype) implements Op {}

    /** A weight, or something computed when the network was built. */
    record Constant(String name, Tensor tensor) implements Op {}

    /** {@code x Wᵀ + b} over the last axis; inputs x, W {@code [out, in]} and, if there is one, b. {@code aten::linear} */
    record Linear() implements Op {}

    /** Over the last axis; inputs x, weight, bias. {@code aten::layer_norm} */
    record LayerNorm(double epsilon) implements Op {}

    /** With the exact erf, not its tanh approximation. {@code aten::gelu} */
    record Gelu() implements Op {}

    /**
     * {@code softmax(scale Q Kᵀ + B) V} over the last two axes; inputs Q, K, V {@code [n * batch, heads, tokens, size]} and B
     * {@code [n or 1, heads, tokens, tokens]}. {@code aten::scaled_dot_product_attention}
     */
    record Attention(double scale) implements Op {}

    /** Broadcasting. {@code aten::add} */
    record Add() implements Op {}

    /** Broadcasting. {@code aten::mul} */
    record Multiply() implements Op {}

    /** {@code x / max(|x|, epsilon)} over the last axis, Euclidean norm. {@code aten::linalg_vector_norm} */
    record Normalize(double epsilon) implements Op {}

    /** {@code aten::permute} */
    record Permute(List<Integer> axes) implements Op {}

    /** To the value's own shape. {@code aten::reshape} */
    record Reshape() implements Op {}

    /** The slices of an axis at the places that the second input, a constant, holds. {@code aten::index_select} */
    record IndexSelect(int axis) implements Op {}

    /** One slice of an axis, which vanishes. {@code aten::select} */
    record Select(int axis, long index) implements Op {}

    /** Elements {@code [from, to)} of an axis. {@code aten::slice} */
    record Slice(int axis, long from, long to) implements Op {}

    /** Zeros at the end of an axis. {@code aten::constant_pad_nd} */
    record PadEnd(int axis, long count) implements Op {}

    /** Over these axes, which vanish. {@code aten::mean} */
    record Mean(List<Integer> axes) implements Op {}

    /** uint8 samples to real numbers, {@code x * scale + offset}, in float32 whatever the network computes in. */
    record PixelsToReal() implements Op {}
}
