package io.swinlake.spark.sql;

import io.swinlake.search.product.VectorApi;
import io.swinlake.search.product.VectorSums;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.unsafe.Platform;

/**
 * The arithmetic of the vector functions. Public because generated code calls it; SQL is the way in. A null result is
 * SQL's NULL. Sums are kept in float64, so a result that fits a float never overflows on the way: by Java's Vector API where it
 * is there, else by {@link VectorLoops}, which differ in the last bits of float64.
 */
public final class VectorMath {
    /** Null where there are loops only. */
    private static final VectorSums SUMS = VectorApi.sums().orElse(null);

    private static final ThreadLocal<Copies> COPIES = ThreadLocal.withInitial(Copies::new);

    private VectorMath() {}

    /**
     * What a thread writes over again and again: copies of the vectors that are not in an array of bytes, where the Vector API could
     * read them. Those in Spark's rows are, and need neither the copy nor the look for this.
     */
    private static final class Copies {
        private byte[] first = {};
        private byte[] second = {};

        byte[] first(VectorView v) {
            first = enough(first, v);
            return copied(v, first);
        }

        byte[] second(VectorView w) {
            second = enough(second, w);
            return copied(w, second);
        }

        private static byte[] enough(byte[] room, VectorView v) {
            int needed = Math.multiplyExact(Float.BYTES, v.size());
            return room.length < needed ? new byte[needed] : room;
        }

        private static byte[] copied(VectorView from, byte[] to) {
            Platform.copyMemory(
                    from.base(), from.offset(), to, Platform.BYTE_ARRAY_OFFSET, (long) Float.BYTES * from.size());
            return to;
        }
    }

    /** An array of bytes that has the elements from {@link #start} on. */
    private static byte[] first(VectorView v) {
        return v.base() instanceof byte[] bytes ? bytes : COPIES.get().first(v);
    }

    /** The same of another vector beside the first. */
    private static byte[] second(VectorView w) {
        return w.base() instanceof byte[] bytes ? bytes : COPIES.get().second(w);
    }

    private static int start(VectorView v) {
        return v.base() instanceof byte[] ? (int) (v.offset() - Platform.BYTE_ARRAY_OFFSET) : 0;
    }

    public static Float cosineSimilarity(ArrayData left, ArrayData right) {
        requireSameDimension("vector_cosine_similarity", left, right);
        VectorView v = VectorView.of(left);
        VectorView w = VectorView.of(right);
        if (v == null || w == null) {
            return null;
        }
        if (SUMS == null) {
            return VectorLoops.cosine(v.base(), v.offset(), w.base(), w.offset(), v.size());
        }
        double[] sums = new double[3];
        SUMS.products(first(v), start(v), second(w), start(w), v.size(), sums);
        double lengths = Math.sqrt(sums[1] * sums[2]);
        return lengths == 0 ? null : (float) (sums[0] / lengths);
    }

    public static Float innerProduct(ArrayData left, ArrayData right) {
        requireSameDimension("vector_inner_product", left, right);
        VectorView v = VectorView.of(left);
        VectorView w = VectorView.of(right);
        if (v == null || w == null) {
            return null;
        }
        if (SUMS == null) {
            return (float) VectorLoops.dot(v.base(), v.offset(), w.base(), w.offset(), v.size());
        }
        return (float) SUMS.products(first(v), start(v), second(w), start(w), v.size());
    }

    public static Float l2Distance(ArrayData left, ArrayData right) {
        requireSameDimension("vector_l2_distance", left, right);
        VectorView v = VectorView.of(left);
        VectorView w = VectorView.of(right);
        if (v == null || w == null) {
            return null;
        }
        if (SUMS == null) {
            return (float) Math.sqrt(VectorLoops.squaredDistance(v.base(), v.offset(), w.base(), w.offset(), v.size()));
        }
        return (float) Math.sqrt(SUMS.squaredDifferences(first(v), start(v), second(w), start(w), v.size()));
    }

    public static Float norm(ArrayData vector, float degree) {
        VectorNorm norm = VectorNorm.ofDegree("vector_norm", degree);
        VectorView v = VectorView.of(vector);
        return v == null ? null : (float) norm.of(v);
    }

    public static ArrayData normalize(ArrayData vector, float degree) {
        VectorNorm norm = VectorNorm.ofDegree("vector_normalize", degree);
        VectorView v = VectorView.of(vector);
        if (v == null) {
            return null;
        }
        double length = norm.of(v);
        if (length == 0 && v.size() > 0) {
            return null;
        }
        float[] unit = new float[v.size()];
        if (SUMS == null) {
            for (int i = 0; i < unit.length; i++) {
                unit[i] = (float) (v.get(i) / length);
            }
        } else {
            SUMS.divide(first(v), start(v), length, unit, unit.length);
        }
        return UnsafeArrayData.fromPrimitiveArray(unit);
    }

    /** The sum of squares of the elements. */
    static double squaredLength(VectorView vector) {
        if (SUMS == null) {
            return VectorLoops.dot(vector.base(), vector.offset(), vector.base(), vector.offset(), vector.size());
        }
        byte[] elements = first(vector);
        return SUMS.products(elements, start(vector), elements, start(vector), vector.size());
    }

    /** Adds each element to a sum of its own. */
    static void addTo(double[] sums, VectorView vector) {
        if (SUMS == null) {
            for (int i = 0; i < sums.length; i++) {
                sums[i] += vector.get(i);
            }
        } else {
            SUMS.addTo(sums, first(vector), start(vector), sums.length);
        }
    }

    private static void requireSameDimension(String function, ArrayData left, ArrayData right) {
        if (left.numElements() != right.numElements()) {
            throw VectorException.dimensionMismatch(function, left.numElements(), right.numElements());
        }
    }
}
