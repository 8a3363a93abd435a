package io.swinlake.torchscript;

import io.swinlake.tensor.DType;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Real tensors in another type, rounded to the nearest number, ties to even. */
final class Numbers {
    private Numbers() {}

    static Tensor convert(Tensor tensor, DType dtype) {
        if (tensor.dtype() == dtype) {
            return tensor;
        }
        float[] values = tensor.toFloats();
        if (dtype == DType.F32) {
            return Tensor.of(tensor.shape(), values);
        }
        ByteBuffer data = ByteBuffer.allocate(Math.multiplyExact(values.length, dtype.bytes()))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            data.putShort(dtype == DType.BF16 ? toBfloat16(value) : toFloat16(value));
        }
        return Tensor.view(dtype, tensor.shape(), data.flip());
    }

    /** Each row (the last axis) continued by zeros until its length is a multiple of {@code multiple}. */
    static Tensor padRows(Tensor tensor, int multiple) {
        long[] dims = tensor.shape().dims();
        int length = (int) dims[dims.length - 1];
        int padded = (length + multiple - 1) / multiple * multiple;
        float[] values = tensor.toFloats();
        int rows = values.length / length;
        float[] result = new float[Math.multiplyExact(rows, padded)];
        for (int row = 0; row < rows; row++) {
            System.arraycopy(values, row * length, result, row * padded, length);
        }
        dims[dims.length - 1] = padded;
        return Tensor.of(Shape.of(dims), result);
    }

    private static short toBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) ((bits >>> 16) | 0x40); // stays a NaN after its low bits are gone
        }
        return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }

    /** IEEE 754 binary16; too large numbers become infinite. Java 20 has {@code Float.floatToFloat16}. */
    private static short toFloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = (bits >>> 16) & 0x8000;
        float magnitude = Math.abs(value);
        if (Float.isNaN(value)) {
            return (short) (sign | 0x7e00);
        }
        if (magnitude >= 65520) { // halfway between the largest number, 65504, and the next step
            return (short) (sign | 0x7c00);
        }
        if (magnitude < 0x1p-14f) { // subnormal: multiples of 2^-24
            return (short) (sign | (int) Math.rint(magnitude * 0x1p24f));
        }
        int rounded = (bits & 0x7fffffff) + 0xfff + ((bits >>> 13) & 1);
        return (short) (sign | ((rounded - (112 << 23)) >>> 13));
    }
}
