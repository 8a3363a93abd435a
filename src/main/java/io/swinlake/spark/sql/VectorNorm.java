package io.swinlake.spark.sql;

/** The norms that {@code vector_norm} and {@code vector_normalize} know, by their degree. */
enum VectorNorm {
    /** Sum of absolute values. */
    L1 {
        @Override
        double of(VectorView vector) {
            double sum = 0;
            for (int i = 0; i < vector.size(); i++) {
                sum += Math.abs((double) vector.get(i));
            }
            return sum;
        }
    },
    /** Euclidean length. */
    L2 {
        @Override
        double of(VectorView vector) {
            return Math.sqrt(VectorMath.squaredLength(vector));
        }
    },
    /** Greatest absolute value. */
    MAXIMUM {
        @Override
        double of(VectorView vector) {
            double greatest = 0;
            for (int i = 0; i < vector.size(); i++) {
                greatest = Math.max(greatest, Math.abs(vector.get(i))); // not a comparison: NaN must come through
            }
            return greatest;
        }
    };

    abstract double of(VectorView vector);

    static VectorNorm ofDegree(String function, float degree) {
        if (degree == 1) {
            return L1;
        }
        if (degree == 2) {
            return L2;
        }
        if (degree == Float.POSITIVE_INFINITY) {
            return MAXIMUM;
        }
        throw VectorException.unknownDegree(function, degree);
    }
}
