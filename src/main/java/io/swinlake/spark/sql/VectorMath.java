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

    private static final ThreadLocal<Room> ROOM = ThreadLocal.withInitial(Room::new);

    private VectorMath() {}

    /**
     * What a thread writes over again and again: sums, and copies of the vectors that are not in an array of bytes, where the Vector
     * API could read them. Spark's rows are, and copying both took as long as their product.
     */
    private static final class Room {
        private byte[] first = {};
        private byte[] second = {};
        private final double[] sums = new double[3];

        byte[] first(VectorView v) {
            if (v.base() instanceof byte[] bytes) {
                return bytes;
            }
            first = enough(first, v);
            return copied(v, first);
        }

        byte[] second(VectorView w) {
            if (w.base() instanceof byte[] bytes) {
                return bytes;
            }
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

    /** The place of its first element in the array that {@link Room} gives. */
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
        Room room = ROOM.get();
        SUMS.products(room.first(v), start(v), room.second(w), start(w), v.size(), room.sums);
        double lengths = Math.sqrt(room.sums[1] * room.sums[2]);
        return lengths == 0 ? null : (float) (room.sums[0] / lengths);
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
        Room room = ROOM.get();
        return (float) SUMS.products(room.first(v), start(v), room.second(w), start(w), v.size());
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
        Room room = ROOM.get();
        return (float) Math.sqrt(SUMS.squaredDifferences(room.first(v), start(v), room.second(w), start(w), v.size()));
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
            SUMS.divide(ROOM.get().first(v), start(v), length, unit, unit.length);
        }
        return UnsafeArrayData.fromPrimitiveArray(unit);
    }

    /** The sum of squares of the elements. */
    static double squaredLength(VectorView vector) {
        if (SUMS == null) {
            return VectorLoops.dot(vector.base(), vector.offset(), vector.base(), vector.offset(), vector.size());
        }
        byte[] elements = ROOM.get().first(vector);
        return SUMS.products(elements, start(vector), elements, start(vector), vector.size());
    }

    /** Adds each element to a sum of its own. */
    static void addTo(double[] sums, VectorView vector) {
        if (SUMS == null) {
            for (int i = 0; i < sums.length; i++) {
                sums[i] += vector.get(i);
            }
        } else {
            SUMS.addTo(sums, ROOM.get().first(vector), start(vector), sums.length);
        }
    }

    private static void requireSameDimension(String function, ArrayData left, ArrayData right) {
        if (left.numElements() != right.numElements()) {
            throw VectorException.dimensionMismatch(function, left.numElements(), right.numElements());
        }
    }
}
