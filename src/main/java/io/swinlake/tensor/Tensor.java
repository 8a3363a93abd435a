package io.swinlake.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A read-only array of numbers: type, shape and little-endian elements in C order. Immutable, so freely shared. */
public final class Tensor {
    private final DType dtype;
    private final Shape shape;
    private final ByteBuffer data;

    private Tensor(DType dtype, Shape shape, ByteBuffer data) {
        this.dtype = dtype;
        this.shape = shape;
        this.data = data;
    }

    /**
     * A view of stored elements; nothing is copied, so the caller must not change {@code data} afterwards.
     *
     * @param data little-endian elements in C order, from position to limit
     * @throws IllegalArgumentException if the bytes are not exactly those of the shape
     */
    public static Tensor view(DType dtype, Shape shape, ByteBuffer data) {
        if (Math.multiplyExact(shape.elements(), (long) dtype.bytes()) != data.remaining()) {
            throw new IllegalArgumentException("%s %s takes %s bytes, found %s"
                    .formatted(dtype, shape, shape.elements() * dtype.bytes(), data.remaining()));
        }
        return new Tensor(dtype, shape, data.slice().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN));
    }

    /** An F32 tensor of these values (copied), in C order. */
    public static Tensor of(Shape shape, float... values) {
        ByteBuffer data = ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        data.asFloatBuffer().put(values);
        return view(DType.F32, shape, data);
    }

    /** An I64 tensor of these values (copied), in C order. */
    public static Tensor of(Shape shape, long... values) {
        ByteBuffer data = ByteBuffer.allocate(Math.multiplyExact(values.length, Long.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        data.asLongBuffer().put(values);
        return view(DType.I64, shape, data);
    }

    public DType dtype() {
        return dtype;
    }

    public Shape shape() {
        return shape;
    }

    /** The elements: read-only, little-endian, positioned at 0; every call gives an own position and limit. */
    public ByteBuffer data() {
        return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * The same elements under another shape.
     *
     * @throws IllegalArgumentException if the number of elements differs
     */
    public Tensor reshape(Shape newShape) {
        return view(dtype, newShape, data());
    }

    /**
     * The elements as float32, in C order: F16 and BF16 exactly, F64 rounded once.
     *
     * @throws IllegalStateException for a type that is not a real number
     */
    public float[] toFloats() {
        float[] values = new float[Math.toIntExact(shape.elements())];
        switch (dtype) {
            case F32 -> data().asFloatBuffer().get(values);
            case F64 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = (float) data.getDouble(i * Double.BYTES);
                }
            }
            case F16 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = halfToFloat(data.getShort(i * Short.BYTES));
                }
            }
            case BF16 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = Float.intBitsToFloat(data.getShort(i * Short.BYTES) << 16);
                }
            }
            default -> throw new IllegalStateException("a tensor of real numbers is needed, found " + dtype);
        }
        return values;
    }

    /** IEEE 754 binary16 to binary32, exact. Java 20 has {@code Float.float16ToFloat}; Java 17 has not. */
    private static float halfToFloat(short bits) {
        int sign = (bits & 0x8000) << 16;
        int exponent = (bits >>> 10) & 0x1f;
        int fraction = bits & 0x3ff;
        if (exponent == 0) { // zero or subnormal: fraction * 2^-24
            float magnitude = fraction * 0x1p-24f;
            return sign == 0 ? magnitude : -magnitude;
        }
        int wide = exponent == 0x1f ? 0xff : exponent - 15 + 127;
        return Float.intBitsToFloat(sign | (wide << 23) | (fraction << 13));
    }

    @Override
    public String toString() {
        return dtype + " " + shape;
    }
}
