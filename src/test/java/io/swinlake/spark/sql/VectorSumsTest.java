package io.swinlake.spark.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.swinlake.search.product.VectorApi;
import io.swinlake.search.product.VectorSums;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.unsafe.Platform;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The sums by the Vector API and by loops, beside exact ones: the tests' JVM has the module open. */
class VectorSumsTest {
    /** Of float64: half a unit of its last place. */
    private static final double ROUNDING = 0x1p-53;

    private static final VectorSums SUMS = VectorApi.sums().orElseThrow();

    private static float[] random(Random random, int size) {
        float[] v = new float[size];
        for (int i = 0; i < size; i++) {
            v[i] = (float) (random.nextGaussian() * Math.exp(4 * random.nextGaussian()));
        }
        return v;
    }

    /** Where a vector begins in {@link #bytes}: anywhere, as in Spark's rows. */
    private static int start(float[] v) {
        return 1 + v.length % 7;
    }

    private static byte[] bytes(float[] v) {
        byte[] bytes = new byte[start(v) + Float.BYTES * v.length];
        ByteBuffer.wrap(bytes, start(v), Float.BYTES * v.length)
                .slice()
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer()
                .put(v);
        return bytes;
    }

    private static double products(float[] v, float[] w, int size) {
        return SUMS.products(bytes(v), start(v), bytes(w), start(w), size);
    }

    private static double loops(float[] v, float[] w) {
        return VectorLoops.dot(v, Platform.FLOAT_ARRAY_OFFSET, w, Platform.FLOAT_ARRAY_OFFSET, v.length);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 767, 768, 769})
    void everyLengthGivesTheSumsOfBothWaysWithinFloat64(int size) {
        Random random = new Random(size);
        for (int round = 0; round < 20; round++) {
            float[] v = random(random, size);
            float[] w = random(random, size);
            BigDecimal product = BigDecimal.ZERO;
            BigDecimal squares = BigDecimal.ZERO;
            double magnitude = 0;
            for (int i = 0; i < size; i++) {
                product = product.add(new BigDecimal(v[i]).multiply(new BigDecimal(w[i])));
                squares = squares.add(new BigDecimal((double) v[i] - w[i]).pow(2));
                magnitude += Math.abs((double) v[i] * w[i]);
            }
            double most = size * ROUNDING * magnitude;
            assertThat(products(v, w, size)).isCloseTo(product.doubleValue(), within(most));
            assertThat(loops(v, w)).isCloseTo(product.doubleValue(), within(most));
            double difference = SUMS.squaredDifferences(bytes(v), start(v), bytes(w), start(w), size);
            assertThat(difference)
                    .isCloseTo(squares.doubleValue(), within((size + 1) * ROUNDING * squares.doubleValue()));

            double[] three = new double[3];
            SUMS.products(bytes(v), start(v), bytes(w), start(w), size, three);
            assertThat(three).containsExactly(products(v, w, size), products(v, v, size), products(w, w, size));
        }
    }

    /** What has no sum has no order of adding: these are the same bits in both. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 8, 9, 15, 17, 767, 768, 769})
    void quotientsAndSumsOfColumnsAreThoseOfLoops(int size) {
        Random random = new Random(size);
        float[] v = random(random, size);
        double divisor = random.nextDouble() + 0.1;
        float[] quotients = new float[size];
        double[] sums = random.doubles(size).toArray();
        float[] expected = new float[size];
        double[] added = sums.clone();
        for (int i = 0; i < size; i++) {
            expected[i] = (float) (v[i] / divisor);
            added[i] += v[i];
        }
        SUMS.divide(bytes(v), start(v), divisor, quotients, size);
        SUMS.addTo(sums, bytes(v), start(v), size);
        assertThat(quotients).isEqualTo(expected);
        assertThat(sums).isEqualTo(added);
    }

    /** An array may be longer than the vector in it, and what is behind must not count. */
    @ParameterizedTest
    @ValueSource(ints = {1, 7, 8, 9, 15, 17, 767, 768, 769})
    void aLongerVectorBeforeLeavesNothingBehind(int size) {
        Random random = new Random(size);
        UnsafeArrayData longer = UnsafeArrayData.fromPrimitiveArray(random(random, size + 40));
        float[] v = random(random, size);
        float[] w = random(random, size);
        UnsafeArrayData left = UnsafeArrayData.fromPrimitiveArray(v);
        UnsafeArrayData right = UnsafeArrayData.fromPrimitiveArray(w);
        VectorMath.cosineSimilarity(longer, longer);
        float dot = (float) loops(v, w);
        assertThat(VectorMath.innerProduct(left, right)).isCloseTo(dot, within(Math.ulp(dot)));
        float cosine = VectorLoops.cosine(v, Platform.FLOAT_ARRAY_OFFSET, w, Platform.FLOAT_ARRAY_OFFSET, size);
        assertThat(VectorMath.cosineSimilarity(left, right)).isCloseTo(cosine, within(Math.ulp(cosine)));
        float length = (float) Math.sqrt(loops(v, v));
        assertThat(VectorMath.norm(left, 2)).isCloseTo(length, within(Math.ulp(length)));
        assertThat(VectorMath.l2Distance(left, left)).isZero();
    }

    /** Spark's rows are arrays of bytes, which are read where they lie; what it makes from Java's floats is an array of longs. */
    @ParameterizedTest
    @ValueSource(ints = {1, 8, 17, 768, 769})
    void aVectorInARowOfSparkGivesTheSameBits(int size) {
        Random random = new Random(size);
        UnsafeArrayData v = UnsafeArrayData.fromPrimitiveArray(random(random, size));
        UnsafeArrayData w = UnsafeArrayData.fromPrimitiveArray(random(random, size));
        UnsafeArrayData inRow = inBytes(v, 24);
        assertThat(v.getBaseObject()).isNotInstanceOf(byte[].class);

        assertThat(VectorMath.innerProduct(inRow, w)).isEqualTo(VectorMath.innerProduct(v, w));
        assertThat(VectorMath.cosineSimilarity(w, inRow)).isEqualTo(VectorMath.cosineSimilarity(w, v));
        assertThat(VectorMath.l2Distance(inRow, inBytes(w, 40))).isEqualTo(VectorMath.l2Distance(v, w));
        assertThat(VectorMath.norm(inRow, 2)).isEqualTo(VectorMath.norm(v, 2));
        assertThat(VectorMath.normalize(inRow, 2).toFloatArray())
                .isEqualTo(VectorMath.normalize(v, 2).toFloatArray());
    }

    private static UnsafeArrayData inBytes(UnsafeArrayData vector, int before) {
        byte[] row = new byte[before + vector.getSizeInBytes()];
        vector.writeToMemory(row, Platform.BYTE_ARRAY_OFFSET + before);
        UnsafeArrayData inRow = new UnsafeArrayData();
        inRow.pointTo(row, Platform.BYTE_ARRAY_OFFSET + before, vector.getSizeInBytes());
        return inRow;
    }

    @Test
    void whatIsNoNumberComesThrough() {
        float[] v = new float[33];
        v[20] = Float.NaN;
        v[32] = Float.POSITIVE_INFINITY;
        assertThat(products(v, v, 20)).isZero();
        assertThat(products(v, v, 32)).isNaN();
        v[20] = 1;
        assertThat(products(v, v, 33)).isInfinite();
    }
}
