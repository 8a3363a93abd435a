package io.swinlake.search;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.search.product.VectorApi;
import io.swinlake.search.product.VectorSums;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EmbeddingMatrixTest {
    /** A similarity is the same number whether the Vector API is there or not. The tests' JVM has its module open. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 4, 5, 7, 8, 31, 767, 768, 769})
    void bothWaysOfAddingGiveTheSameBits(int size) {
        VectorSums sums = VectorApi.sums().orElseThrow();
        Random random = new Random(size);
        for (int round = 0; round < 100; round++) {
            float[] v = new float[size + 3];
            float[] w = new float[size + 5];
            for (int i = 0; i < v.length; i++) {
                v[i] = (float) (random.nextGaussian() * Math.exp(4 * random.nextGaussian()));
                w[i] = (float) random.nextGaussian();
            }
            assertThat(sums.inFourParts(v, 2, w, 5, size)).isEqualTo(EmbeddingMatrix.dotInJava(v, 2, w, 5, size));
        }
    }
}
