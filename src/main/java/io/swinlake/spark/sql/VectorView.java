package io.swinlake.spark.sql;

import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.unsafe.Platform;

/**
 * The elements of a vector where Spark keeps them, read without a copy and without a null check each.
 *
 * @param base the object that holds them, null for memory outside the heap
 * @param offset of the first, in bytes
 */
public record VectorView(Object base, long offset, int size) {
    /** The elements, or null if one of them is null. */
    public static VectorView of(ArrayData vector) {
        int size = vector.numElements();
        if (vector instanceof UnsafeArrayData unsafe) {
            // One null bit for each element follows the element count: 64 elements in one look.
            long nullBits = unsafe.getBaseOffset() + Long.BYTES;
            long elements = unsafe.getBaseOffset() + UnsafeArrayData.calculateHeaderPortionInBytes(size);
            for (long word = nullBits; word < elements; word += Long.BYTES) {
                if (Platform.getLong(unsafe.getBaseObject(), word) != 0) {
                    return null;
                }
            }
            return new VectorView(unsafe.getBaseObject(), elements, size);
        }
        float[] elements = new float[size]; // not toFloatArray: Spark before 3.5.1 copies those of a dictionary wrongly
        for (int i = 0; i < size; i++) {
            if (vector.isNullAt(i)) {
                return null;
            }
            elements[i] = vector.getFloat(i);
        }
        return new VectorView(elements, Platform.FLOAT_ARRAY_OFFSET, size);
    }

    float get(int i) {
        return Platform.getFloat(base, offset + (long) Float.BYTES * i);
    }
}
