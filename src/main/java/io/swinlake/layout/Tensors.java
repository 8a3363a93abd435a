package io.swinlake.layout;

import io.swinlake.tensor.DType;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.List;

/** Rearranges stored elements, whatever their type. */
final class Tensors {
    /** Where the canonical patches (0,0), (1,0), (0,1), (1,1) stand in {@code nn.Unfold}'s row-major order. */
    private static final int[] PATCH_IN_UNFOLD = {0, 2, 1, 3};

    private Tensors() {}

    static Tensor zeros(DType dtype, Shape shape) {
        return Tensor.view(dtype, shape, allocate(shape.elements() * dtype.bytes()));
    }

    /** Tensors of one type, one after the other along the first axis. */
    static Tensor concatenate(Shape shape, List<Tensor> parts) {
        DType dtype = parts.get(0).dtype();
        ByteBuffer bytes = allocate(shape.elements() * dtype.bytes());
        parts.forEach(part -> bytes.put(part.data()));
        return Tensor.view(dtype, shape, bytes.flip());
    }

    /** Sets the key part of a bias of queries, keys and values to zero. */
    static Tensor zeroMiddleThird(Tensor bias) {
        int third = bias.data().remaining() / 3;
        ByteBuffer bytes = allocate(3L * third);
        bytes.put(0, bias.data(), 0, third);
        bytes.put(2 * third, bias.data(), 2 * third, third);
        return Tensor.view(bias.dtype(), bias.shape(), bytes);
    }

    /** Brings the last axis, merged patches in {@code nn.Unfold}'s channel-major order, into the canonical order. */
    static Tensor patchByPatch(Tensor unfolded) {
        int width = unfolded.dtype().bytes();
        int inputs = Math.toIntExact(unfolded.shape().dim(-1));
        int channels = inputs / 4;
        ByteBuffer from = unfolded.data();
        ByteBuffer to = allocate(from.remaining());
        for (int row = 0; row < from.remaining(); row += inputs * width) {
            for (int patch : PATCH_IN_UNFOLD) {
                for (int channel = 0; channel < channels; channel++) {
                    to.put(to.position(), from, row + (channel * 4 + patch) * width, width);
                    to.position(to.position() + width);
                }
            }
        }
        return Tensor.view(unfolded.dtype(), unfolded.shape(), to.flip());
    }

    private static ByteBuffer allocate(long bytes) {
        return ByteBuffer.allocate(Math.toIntExact(bytes));
    }
}
