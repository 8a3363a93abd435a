package io.swinlake.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.search.EmbeddingMatrix;
import io.swinlake.search.HeadedRows;
import io.swinlake.search.NearestRows;
import io.swinlake.search.Neighbor;
import io.swinlake.search.Ranking;
import io.swinlake.search.SearchPlan;
import io.swinlake.search.SimilarRows;
import io.swinlake.search.product.MatrixProduct;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LibtorchProductTest {
    private static final MatrixProduct PRODUCT = LibtorchProduct.ifAvailable().orElseThrow();

    /** Whole numbers: float32 adds them without rounding. Sizes that shrink, so that a buffer is larger than its matrix. */
    @ParameterizedTest
    @CsvSource({"129, 1025, 61", "3, 5, 4", "1, 1, 1", "2, 2049, 7"})
    void givesWhatTheProductInJavaGives(int queryCount, int rowCount, int dimension) {
        Random random = new Random(5);
        float[] queries = wholeNumbers(random, queryCount * dimension);
        float[] rows = wholeNumbers(random, rowCount * dimension);
        float[] scores = new float[queryCount * rowCount + 1];
        float[] expected = new float[queryCount * rowCount + 1];
        PRODUCT.multiply(queries, queryCount, rows, rowCount, dimension, scores);
        MatrixProduct.inJava().multiply(queries, queryCount, rows, rowCount, dimension, expected);
        assertThat(scores).isEqualTo(expected);
    }

    private static float[] wholeNumbers(Random random, int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = random.nextInt(21) - 10;
        }
        return numbers;
    }

    /** The rows differ by less than float32 can tell, and some are the same: float64 and the ids decide. */
    @Test
    void searchesFindTheIdsOfAFloat64BruteForce() {
        Random random = new Random(6);
        float[] center = gaussian(random);
        List<float[]> rows = IntStream.range(0, 3000)
                .mapToObj(i -> {
                    float[] row = i % 3 == 0 ? gaussian(random) : center.clone();
                    row[random.nextInt(row.length)] += 1e-6f * random.nextInt(50);
                    return row;
                })
                .toList();
        List<float[]> queries = rows.subList(100, 140);
        NearestRows<Integer> search = new NearestRows<>(embeddings(queries), Ranking.nearest(12), PRODUCT);
        for (int i = 0; i < rows.size(); i++) {
            search.add(i, rows.get(i));
        }
        for (int query = 0; query < queries.size(); query++) {
            float[] asked = queries.get(query);
            List<Integer> expected = IntStream.range(0, rows.size())
                    .mapToObj(i -> new Neighbor<>(i, cosine(asked, rows.get(i))))
                    .sorted((a, b) -> a.similarity() == b.similarity()
                            ? Integer.compare(a.id(), b.id())
                            : Double.compare(b.similarity(), a.similarity()))
                    .limit(12)
                    .map(Neighbor::id)
                    .toList();
            assertThat(search.neighborsOf(query).stream().map(Neighbor::id))
                    .as("query %d", query)
                    .isEqualTo(expected);
        }
    }

    @Test
    void pairsAreThoseOfTheProductInJava() {
        Random random = new Random(7);
        EmbeddingMatrix<Integer> rows = new EmbeddingMatrix<>(256);
        for (int i = 0; i < 1000; i++) {
            float[] row = gaussian(random);
            rows.add(i, row);
            if (i % 10 == 0) {
                row[0] += 0.01f;
                rows.add(1000 + i, row);
            }
        }
        assertThat(pairs(PRODUCT, rows)).hasSize(100).isEqualTo(pairs(MatrixProduct.inJava(), rows));
    }

    private static Set<String> pairs(MatrixProduct product, EmbeddingMatrix<Integer> rows) {
        SearchPlan plan = SearchPlan.inFull(rows.dimension());
        Set<String> pairs = new TreeSet<>();
        new SimilarRows(0.9999, plan, product)
                .among(
                        HeadedRows.of(rows, plan, product),
                        (left, right, cosine) -> pairs.add(left + " " + right + " " + cosine));
        return pairs;
    }

    @Test
    void threadsDoNotDisturbEachOther() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            Callable<float[]> multiply = () -> {
                float[] ones = new float[64 * 300];
                float[] scores = new float[64 * 64];
                Arrays.fill(ones, 1);
                for (int i = 0; i < 50; i++) {
                    PRODUCT.multiply(ones, 64, ones, 64, 300, scores);
                }
                return scores;
            };
            for (Future<float[]> scores : threads.invokeAll(Collections.nCopies(8, multiply))) {
                assertThat(scores.get()).containsOnly(300);
            }
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void aProductInBfloat16IsFoundOut() {
        assertThat(LibtorchProduct.computesInFloat32(MatrixProduct.inJava())).isTrue();
        MatrixProduct rounding = (queries, queryCount, rows, rowCount, dimension, scores) -> MatrixProduct.inJava()
                .multiply(bfloat16(queries), queryCount, bfloat16(rows), rowCount, dimension, scores);
        assertThat(LibtorchProduct.computesInFloat32(rounding)).isFalse();
    }

    private static float[] bfloat16(float[] values) {
        float[] rounded = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            rounded[i] = Float.intBitsToFloat((Float.floatToRawIntBits(values[i]) + 0x8000) & 0xFFFF0000);
        }
        return rounded;
    }

    private static EmbeddingMatrix<Integer> embeddings(List<float[]> vectors) {
        EmbeddingMatrix<Integer> embeddings = new EmbeddingMatrix<>(vectors.get(0).length);
        vectors.forEach(vector -> embeddings.add(embeddings.size(), vector));
        return embeddings;
    }

    private static float[] gaussian(Random random) {
        float[] vector = new float[256];
        for (int i = 0; i < vector.length; i++) {
            vector[i] = (float) random.nextGaussian();
        }
        return vector;
    }

    /** As the search defines it: float64 sums in four parts. */
    private static double cosine(float[] v, float[] w) {
        return dot(v, w) / (Math.sqrt(dot(v, v)) * Math.sqrt(dot(w, w)));
    }

    private static double dot(float[] v, float[] w) {
        double[] sums = new double[4];
        for (int i = 0; i < v.length; i++) {
            sums[i % 4] += (double) v[i] * w[i];
        }
        return (sums[0] + sums[1]) + (sums[2] + sums[3]);
    }
}
