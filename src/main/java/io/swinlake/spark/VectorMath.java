package io.swinlake.spark;

import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.unsafe.Platform;
import org.apache.spark.unsafe.array.ByteArrayMethods;

/**
 * The arithmetic of the vector functions, on Spark's own arrays. Public because generated code calls it; SQL is the way
 * in. A null result is SQL's NULL. Sums are kept in float64, so a result that fits a float never overflows on the way.
 */
public final class VectorMath {
    private VectorMath() {}

    public static Float cosineSimilarity(ArrayData left, ArrayData right) {
        requireSameDimension("vector_cosine_similarity", left, right);
        float[] a = elements(left);
        float[] b = elements(right);
        if (a == null || b == null) {
            return null;
        }
        double norms = Math.sqrt(dot(a, a) * dot(b, b));
        return norms == 0 ? null : (float) (dot(a, b) / norms);
    }

    public static Float innerProduct(ArrayData left, ArrayData right) {
        requireSameDimension("vector_inner_product", left, right);
        float[] a = elements(left);
        float[] b = elements(right);
        return a == null || b == null ? null : (float) dot(a, b);
    }

    public static Float l2Distance(ArrayData left, ArrayData right) {
        requireSameDimension("vector_l2_distance", left, right);
        float[] a = elements(left);
        float[] b = elements(right);
        return a == null || b == null ? null : (float) Math.sqrt(squaredDistance(a, b));
    }

    public static Float norm(ArrayData vector, float degree) {
        VectorNorm norm = VectorNorm.ofDegree("vector_norm", degree);
        float[] v = elements(vector);
        return v == null ? null : (float) norm.of(v);
    }

    public static ArrayData normalize(ArrayData vector, float degree) {
        VectorNorm norm = VectorNorm.ofDegree("vector_normalize", degree);
        float[] v = elements(vector);
        if (v == null) {
            return null;
        }
        double length = norm.of(v);
        if (length == 0 && v.length > 0) {
            return null;
        }
        for (int i = 0; i < v.length; i++) {
            v[i] = (float) (v[i] / length);
        }
        return UnsafeArrayData.fromPrimitiveArray(v);
    }

    /** A copy of the elements, or null if one of them is null. */
    static float[] elements(ArrayData vector) {
        return hasNull(vector) ? null : vector.toFloatArray();
    }

    private static boolean hasNull(ArrayData vector) {
        int n = vector.numElements();
        if (vector instanceof UnsafeArrayData unsafe) {
            // One bit for each element, after the element count: 64 elements in one look.
            long bits = unsafe.getBaseOffset() + Long.BYTES;
            long end = bits + ByteArrayMethods.roundNumberOfBytesToNearestWord((n + 7) / 8);
            for (; bits < end; bits += Long.BYTES) {
                if (Platform.getLong(unsafe.getBaseObject(), bits) != 0) {
                    return true;
                }
            }
            return false;
        }
        for (int i = 0; i < n; i++) {
            if (vector.isNullAt(i)) {
                return true;
            }
        }
        return false;
    }

    private static void requireSameDimension(String function, ArrayData left, ArrayData right) {
        if (left.numElements() != right.numElements()) {
            throw VectorException.dimensionMismatch(function, left.numElements(), right.numElements());
        }
    }

    /** Four sums that do not wait for each other. */
    static double dot(float[] a, float[] b) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i < a.length - 3; i += 4) {
            s0 += (double) a[i] * b[i];
            s1 += (double) a[i + 1] * b[i + 1];
            s2 += (double) a[i + 2] * b[i + 2];
            s3 += (double) a[i + 3] * b[i + 3];
        }
        for (; i < a.length; i++) {
            s0 += (double) a[i] * b[i];
        }
        return (s0 + s1) + (s2 + s3);
    }

    private static double squaredDistance(float[] a, float[] b) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i < a.length - 3; i += 4) {
            double d0 = (double) a[i] - b[i];
            double d1 = (double) a[i + 1] - b[i + 1];
            double d2 = (double) a[i + 2] - b[i + 2];
            double d3 = (double) a[i + 3] - b[i + 3];
            s0 += d0 * d0;
            s1 += d1 * d1;
            s2 += d2 * d2;
            s3 += d3 * d3;
        }
        for (; i < a.length; i++) {
            double d = (double) a[i] - b[i];
            s0 += d * d;
        }
        return (s0 + s1) + (s2 + s3);
    }
}
