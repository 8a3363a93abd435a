package io.swinlake.spark;

import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayData;

/**
 * The arithmetic of the vector functions. Public because generated code calls it; SQL is the way in. A null result is
 * SQL's NULL. Sums are kept in float64, so a result that fits a float never overflows on the way. Each has several parts
 * that do not wait for each other, which the processor adds side by side.
 */
public final class VectorMath {
    private VectorMath() {}

    public static Float cosineSimilarity(ArrayData left, ArrayData right) {
        requireSameDimension("vector_cosine_similarity", left, right);
        Floats v = Floats.of(left);
        Floats w = Floats.of(right);
        return v == null || w == null ? null : cosine(v, w);
    }

    private static Float cosine(Floats v, Floats w) {
        double vw0 = 0;
        double vw1 = 0;
        double vv0 = 0;
        double vv1 = 0;
        double ww0 = 0;
        double ww1 = 0;
        int even = v.size() & ~1;
        for (int i = 0; i < even; i += 2) {
            double v0 = v.get(i);
            double v1 = v.get(i + 1);
            double w0 = w.get(i);
            double w1 = w.get(i + 1);
            vw0 += v0 * w0;
            vw1 += v1 * w1;
            vv0 += v0 * v0;
            vv1 += v1 * v1;
            ww0 += w0 * w0;
            ww1 += w1 * w1;
        }
        if (even < v.size()) {
            double v0 = v.get(even);
            double w0 = w.get(even);
            vw0 += v0 * w0;
            vv0 += v0 * v0;
            ww0 += w0 * w0;
        }
        double lengths = Math.sqrt((vv0 + vv1) * (ww0 + ww1));
        return lengths == 0 ? null : (float) ((vw0 + vw1) / lengths);
    }

    public static Float innerProduct(ArrayData left, ArrayData right) {
        requireSameDimension("vector_inner_product", left, right);
        Floats v = Floats.of(left);
        Floats w = Floats.of(right);
        return v == null || w == null ? null : (float) dot(v, w);
    }

    public static Float l2Distance(ArrayData left, ArrayData right) {
        requireSameDimension("vector_l2_distance", left, right);
        Floats v = Floats.of(left);
        Floats w = Floats.of(right);
        return v == null || w == null ? null : (float) Math.sqrt(squaredDistance(v, w));
    }

    public static Float norm(ArrayData vector, float degree) {
        VectorNorm norm = VectorNorm.ofDegree("vector_norm", degree);
        Floats v = Floats.of(vector);
        return v == null ? null : (float) norm.of(v);
    }

    public static ArrayData normalize(ArrayData vector, float degree) {
        VectorNorm norm = VectorNorm.ofDegree("vector_normalize", degree);
        Floats v = Floats.of(vector);
        if (v == null) {
            return null;
        }
        double length = norm.of(v);
        if (length == 0 && v.size() > 0) {
            return null;
        }
        float[] unit = new float[v.size()];
        for (int i = 0; i < unit.length; i++) {
            unit[i] = (float) (v.get(i) / length);
        }
        return UnsafeArrayData.fromPrimitiveArray(unit);
    }

    static double dot(Floats v, Floats w) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i < v.size() - 3; i += 4) {
            s0 += (double) v.get(i) * w.get(i);
            s1 += (double) v.get(i + 1) * w.get(i + 1);
            s2 += (double) v.get(i + 2) * w.get(i + 2);
            s3 += (double) v.get(i + 3) * w.get(i + 3);
        }
        for (; i < v.size(); i++) {
            s0 += (double) v.get(i) * w.get(i);
        }
        return (s0 + s1) + (s2 + s3);
    }

    private static double squaredDistance(Floats v, Floats w) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i < v.size() - 3; i += 4) {
            double d0 = (double) v.get(i) - w.get(i);
            double d1 = (double) v.get(i + 1) - w.get(i + 1);
            double d2 = (double) v.get(i + 2) - w.get(i + 2);
            double d3 = (double) v.get(i + 3) - w.get(i + 3);
            s0 += d0 * d0;
            s1 += d1 * d1;
            s2 += d2 * d2;
            s3 += d3 * d3;
        }
        for (; i < v.size(); i++) {
            double d = (double) v.get(i) - w.get(i);
            s0 += d * d;
        }
        return (s0 + s1) + (s2 + s3);
    }

    private static void requireSameDimension(String function, ArrayData left, ArrayData right) {
        if (left.numElements() != right.numElements()) {
            throw VectorException.dimensionMismatch(function, left.numElements(), right.numElements());
        }
    }
}
