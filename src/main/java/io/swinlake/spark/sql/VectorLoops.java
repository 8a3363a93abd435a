package io.swinlake.spark.sql;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import org.apache.spark.unsafe.Platform;

/**
 * The sums of {@link VectorMath} in plain Java, over elements where Spark keeps them. Each has several parts that do not wait for
 * each other, which the processor adds side by side.
 */
final class VectorLoops {
    private static final boolean FUSED = hasFusedInstruction();

    private VectorLoops() {}

    /** Of arguments, here and below, which stay in registers: reading the fields of {@link VectorView} in the loop took twice the time. */
    static Float cosine(Object v, long vAt, Object w, long wAt, int size) {
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
            double v0 = Platform.getFloat(v, vAt);
            double v1 = Platform.getFloat(v, vAt + 4);
            double v2 = Platform.getFloat(v, vAt + 8);
            double v3 = Platform.getFloat(v, vAt + 12);
            double w0 = Platform.getFloat(w, wAt);
            double w1 = Platform.getFloat(w, wAt + 4);
            double w2 = Platform.getFloat(w, wAt + 8);
            double w3 = Platform.getFloat(w, wAt + 12);
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
            double v0 = Platform.getFloat(v, vAt);
            double w0 = Platform.getFloat(w, wAt);
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

    static double dot(Object v, long vAt, Object w, long wAt, int size) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i < size - 3; i += 4, vAt += 4 * Float.BYTES, wAt += 4 * Float.BYTES) {
            double v0 = Platform.getFloat(v, vAt);
            double v1 = Platform.getFloat(v, vAt + 4);
            double v2 = Platform.getFloat(v, vAt + 8);
            double v3 = Platform.getFloat(v, vAt + 12);
            double w0 = Platform.getFloat(w, wAt);
            double w1 = Platform.getFloat(w, wAt + 4);
            double w2 = Platform.getFloat(w, wAt + 8);
            double w3 = Platform.getFloat(w, wAt + 12);
            s0 = sum(s0, v0, w0);
            s1 = sum(s1, v1, w1);
            s2 = sum(s2, v2, w2);
            s3 = sum(s3, v3, w3);
        }
        for (; i < size; i++, vAt += Float.BYTES, wAt += Float.BYTES) {
            s0 = sum(s0, Platform.getFloat(v, vAt), Platform.getFloat(w, wAt));
        }
        return (s0 + s1) + (s2 + s3);
    }

    static double squaredDistance(Object v, long vAt, Object w, long wAt, int size) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i < size - 3; i += 4, vAt += 4 * Float.BYTES, wAt += 4 * Float.BYTES) {
            double v0 = Platform.getFloat(v, vAt);
            double v1 = Platform.getFloat(v, vAt + 4);
            double v2 = Platform.getFloat(v, vAt + 8);
            double v3 = Platform.getFloat(v, vAt + 12);
            double d0 = v0 - Platform.getFloat(w, wAt);
            double d1 = v1 - Platform.getFloat(w, wAt + 4);
            double d2 = v2 - Platform.getFloat(w, wAt + 8);
            double d3 = v3 - Platform.getFloat(w, wAt + 12);
            s0 += d0 * d0;
            s1 += d1 * d1;
            s2 += d2 * d2;
            s3 += d3 * d3;
        }
        for (; i < size; i++, vAt += Float.BYTES, wAt += Float.BYTES) {
            double d = (double) Platform.getFloat(v, vAt) - Platform.getFloat(w, wAt);
            s0 += d * d;
        }
        return (s0 + s1) + (s2 + s3);
    }
}
