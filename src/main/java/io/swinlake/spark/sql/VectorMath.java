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

    /** Copies of two vectors: the Vector API reads Java's arrays of floats, which Spark seldom has. */
    private static final ThreadLocal<Copies> COPIES = ThreadLocal.withInitial(Copies::new);

    private VectorMath() {}

    /** What a thread writes over again and again. */
    private static final class Copies {
        private float[] first = {};
        private float[] second = {};
        private final double[] sums = new double[3];

        float[] first(VectorView v) {
            if (first.length < v.size()) {
                first = new float[v.size()];
            }
            return copied(v, first);
        }

        float[] second(VectorView w) {
            if (second.length < w.size()) {
                second = new float[w.size()];
            }
            return copied(w, second);
        }

        private static float[] copied(VectorView from, float[] to) {
            Platform.copyMemory(
                    from.base(), from.offset(), to, Platform.FLOAT_ARRAY_OFFSET, (long) Float.BYTES * from.size());
            return to;
        }
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
        Copies copies = COPIES.get();
        SUMS.products(copies.first(v), copies.second(w), v.size(), copies.sums);
        double lengths = Math.sqrt(copies.sums[1] * copies.sums[2]);
        return lengths == 0 ? null : (float) (copies.sums[0] / lengths);
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
        Copies copies = COPIES.get();
        return (float) SUMS.products(copies.first(v), copies.second(w), v.size());
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
        Copies copies = COPIES.get();
        return (float) Math.sqrt(SUMS.squaredDifferences(copies.first(v), copies.second(w), v.size()));
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
            SUMS.divide(COPIES.get().first(v), length, unit, unit.length);
        }
        return UnsafeArrayData.fromPrimitiveArray(unit);
    }

    /** The sum of squares of the elements. */
    static double squaredLength(VectorView vector) {
        if (SUMS == null) {
            return VectorLoops.dot(vector.base(), vector.offset(), vector.base(), vector.offset(), vector.size());
        }
        float[] elements = COPIES.get().first(vector);
        return SUMS.products(elements, elements, vector.size());
    }

    /** Adds each element to a sum of its own. */
    static void addTo(double[] sums, VectorView vector) {
        if (SUMS == null) {
            for (int i = 0; i < sums.length; i++) {
                sums[i] += vector.get(i);
            }
        } else {
            SUMS.addTo(sums, COPIES.get().first(vector), sums.length);
        }
    }

    private static void requireSameDimension(String function, ArrayData left, ArrayData right) {
        if (left.numElements() != right.numElements()) {
            throw VectorException.dimensionMismatch(function, left.numElements(), right.numElements());
        }
    }
}
