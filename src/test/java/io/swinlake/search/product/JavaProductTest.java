package io.swinlake.search.product;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JavaProductTest {
    /** Sizes on either side of the blocks of the product. Whole numbers: float32 adds them without rounding. */
    @ParameterizedTest
    @CsvSource({
        "1, 1, 1",
        "3, 5, 4",
        "2, 17, 7",
        "129, 1025, 6",
        "128, 1024, 3",
        "1, 2049, 2",
        "9, 65, 300",
        "17, 31, 130",
        "6, 81, 129"
    })
    void isTheProductOfItsMatrices(int queryCount, int rowCount, int dimension) {
        Random random = new Random(1);
        float[] queries = wholeNumbers(random, queryCount * dimension);
        float[] rows = wholeNumbers(random, rowCount * dimension);
        float[] scores = new float[queryCount * rowCount + 1];
        scores[scores.length - 1] = 42;

        float[] byVectorApi = scores.clone();
        new JavaProduct().multiply(queries, queryCount, rows, rowCount, dimension, scores);
        VectorApi.product().orElseThrow().multiply(queries, queryCount, rows, rowCount, dimension, byVectorApi);

        float[] expected = new float[scores.length];
        expected[scores.length - 1] = 42;
        for (int q = 0; q < queryCount; q++) {
            for (int r = 0; r < rowCount; r++) {
                for (int k = 0; k < dimension; k++) {
                    expected[q * rowCount + r] += queries[q * dimension + k] * rows[r * dimension + k];
                }
            }
        }
        assertThat(scores).isEqualTo(expected);
        assertThat(byVectorApi).isEqualTo(expected);
    }

    /** Lengths on either side of registers, and vectors that begin in the middle of an array. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 4, 7, 16, 63, 64, 65, 257, 768})
    void twoVectorsHaveTheirInnerProduct(int count) {
        Random random = new Random(2);
        float[] v = wholeNumbers(random, count + 5);
        float[] w = wholeNumbers(random, count + 2);
        float expected = 0;
        for (int i = 0; i < count; i++) {
            expected += v[5 + i] * w[1 + i];
        }
        assertThat(new JavaProduct().dot(v, 5, w, 1, count)).isEqualTo(expected);
        assertThat(VectorApi.product().orElseThrow().dot(v, 5, w, 1, count)).isEqualTo(expected);
    }

    private static float[] wholeNumbers(Random random, int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = random.nextInt(21) - 10;
        }
        return numbers;
    }
}
