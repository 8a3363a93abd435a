package io.swinlake.search.product;

/** Multiplies two float32 vectors. The order in which an implementation sums is free, a precision below float32 is not. */
interface InnerProduct {
    /**
     * {@return the inner product of some elements of two arrays}
     *
     * @param vAt where the first vector begins
     * @param wAt where the second one begins
     */
    default float dot(float[] v, int vAt, float[] w, int wAt, int count) {
        // Four sums that do not wait for each other.
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        int i = 0;
        for (; i < count - 3; i += 4) {
            s0 += v[vAt + i] * w[wAt + i];
            s1 += v[vAt + i + 1] * w[wAt + i + 1];
            s2 += v[vAt + i + 2] * w[wAt + i + 2];
            s3 += v[vAt + i + 3] * w[wAt + i + 3];
        }
        for (; i < count; i++) {
            s0 += v[vAt + i] * w[wAt + i];
        }
        return (s0 + s1) + (s2 + s3);
    }
}
