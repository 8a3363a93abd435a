package io.swinlake.spark;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.unsafe.Platform;

/**
 * The arithmetic of the vector functions. Public because generated code calls it; SQL is the way in. A null result is
 * SQL's NULL. Sums are kept in float64, so a result that fits a float never overflows on the way. Each has several parts
 * that do not wait for each other, which the processor adds side by side.
 */
public final class VectorMath {
    private static final boolean FUSED = hasFusedInstruction();

    private VectorMath() {}

    public static Float cosineSimilarity(ArrayData left, ArrayData right) {
        requireSameDimension("vector_cosine_similarity", left, right);
        Floats v = Floats.of(left);
        Floats w = Floats.of(right);
        return v == null || w == null ? null : cosine(v, w);
    }

    private static Float cosine(Floats v, Floats w) {
        // Locals, which stay in registers: reading the records in the loop took twice the time.
        Object vBase = v.base();
        Object wBase = w.base();
        long vAt = v.offset();
        long wAt = w.offset();
        int size = v.size();
        double vw0 = 0;
        double vw1 = 0;
        double vw2 = 0;
        double vw3 = 0;
        double vv0 = 0;
        double vv1 = 0;
        double vv2 = 0;
        double vv3 = 0;
        double ww0 = 0;
        double ww1 = 0;
        double ww2 = 0;
        double ww3 = 0;
        int i = 0;
        for (; i < size - 3; i += 4, vAt += 4 * Float.BYTES, wAt += 4 * Float.BYTES) {
            double v0 = Platform.getFloat(vBase, vAt);
            double v1 = Platform.getFloat(vBase, vAt + 4);
            double v2 = Platform.getFloat(vBase, vAt + 8);
            double v3 = Platform.getFloat(vBase, vAt + 12);
            double w0 = Platform.getFloat(wBase, wAt);
            double w1 = Platform.getFloat(wBase, wAt + 4);
            double w2 = Platform.getFloat(wBase, wAt + 8);
            double w3 = Platform.getFloat(wBase, wAt + 12);
            vw0 = sum(vw0, v0, w0);
            vw1 = sum(vw1, v1, w1);
            vw2 = sum(vw2, v2, w2);
            vw3 = sum(vw3, v3, w3);
            vv0 = sum(vv0, v0, v0);
            vv1 = sum(vv1, v1, v1);
            vv2 = sum(vv2, v2, v2);
            vv3 = sum(vv3, v3, v3);
            ww0 = sum(ww0, w0, w0);
            ww1 = sum(ww1, w1, w1);
            ww2 = sum(ww2, w2, w2);
            ww3 = sum(ww3, w3, w3);
        }
        for (; i < size; i++, vAt += Float.BYTES, wAt += Float.BYTES) {
            double v0 = Platform.getFloat(vBase, vAt);
            double w0 = Platform.getFloat(wBase, wAt);
            vw0 = sum(vw0, v0, w0);
            vv0 = sum(vv0, v0, v0);
            ww0 = sum(ww0, w0, w0);
        }
        double lengths = Math.sqrt(((vv0 + vv1) + (vv2 + vv3)) * ((ww0 + ww1) + (ww2 + ww3)));
        return lengths == 0 ? null : (float) (((vw0 + vw1) + (vw2 + vw3)) / lengths);
    }

    /** {@code sum + v w}, for float values: their product is exact in float64, so fused or not, the result is the same. */
    private static double sum(double sum, double v, double w) {
        return FUSED ? Math.fma(v, w, sum) : sum + v * w;
    }

    /** Without the instruction, {@link Math#fma} is a hundred times slower than two operations. */
    private static boolean hasFusedInstruction() {
        try {
            return Boolean.parseBoolean(ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                    .getVMOption("UseFMA")
                    .getValue());
        } catch (RuntimeException | LinkageError e) { // not HotSpot, or not on this processor
            return false;
        }
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
            s0 = sum(s0, v.get(i), w.get(i));
            s1 = sum(s1, v.get(i + 1), w.get(i + 1));
            s2 = sum(s2, v.get(i + 2), w.get(i + 2));
            s3 = sum(s3, v.get(i + 3), w.get(i + 3));
        }
        for (; i < v.size(); i++) {
            s0 = sum(s0, v.get(i), w.get(i));
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
