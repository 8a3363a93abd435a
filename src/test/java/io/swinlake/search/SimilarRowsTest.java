package io.swinlake.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.search.product.MatrixProduct;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SimilarRowsTest {
    private static EmbeddingMatrix<Integer> near(Random random, int firstId, int count, int dimension) {
        EmbeddingMatrix<Integer> embeddings = new EmbeddingMatrix<>(dimension);
        for (int id = firstId; id < firstId + count; id++) {
            float[] row = new float[dimension];
            for (int i = 0; i < dimension; i++) {
                row[i] = 1 + (float) (0.01 * random.nextGaussian());
            }
            embeddings.add(id, row);
        }
        return embeddings;
    }

    private static SimilarRows inFull(double threshold, int dimension) {
        return new SimilarRows(threshold, SearchPlan.inFull(dimension), MatrixProduct.inJava());
    }

    private static <I extends Comparable<? super I>> HeadedRows<I> inFull(EmbeddingMatrix<I> embeddings) {
        return HeadedRows.of(embeddings, SearchPlan.inFull(embeddings.dimension()), MatrixProduct.inJava());
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.9998, 0.9999, 0.99995})
    void findsThePairsThatFloat64Finds(double threshold) {
        EmbeddingMatrix<Integer> left = near(new Random(1), 0, 300, 33);
        EmbeddingMatrix<Integer> right = near(new Random(2), 300, 200, 33);
        Set<List<Integer>> expected = new HashSet<>();
        for (int i = 0; i < left.size(); i++) {
            for (int j = 0; j < right.size(); j++) {
                if (left.similarity(i, right, j, Similarity.COSINE) >= threshold) {
                    expected.add(List.of(left.id(i), right.id(j)));
                }
            }
        }
        List<List<Integer>> found = new ArrayList<>();
        inFull(threshold, 33).between(inFull(left), inFull(right), (a, b, similarity) -> found.add(List.of(a, b)));
        assertThat(found).doesNotHaveDuplicates().isNotEmpty();
        assertThat(new HashSet<>(found)).isEqualTo(expected);
    }

    @Test
    void pairsAmongEmbeddingsComeOnceAndNoneWithItself() {
        EmbeddingMatrix<Integer> embeddings = new EmbeddingMatrix<>(2);
        embeddings.add(1, new float[] {1, 0});
        embeddings.add(2, new float[] {0, 0});
        embeddings.add(3, new float[] {2, 0});
        embeddings.add(4, new float[] {0, 1});
        List<List<Integer>> found = new ArrayList<>();
        inFull(1.0, 2).among(inFull(embeddings), (a, b, similarity) -> found.add(List.of(a, b)));
        assertThat(found).containsExactly(List.of(1, 3));
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1, 1.5, Double.NaN})
    void refusesAThresholdThatNoCosineHas(double threshold) {
        assertThatThrownBy(() -> inFull(threshold, 2))
                .hasMessage("a cosine threshold is above -1 and at most 1, found " + threshold);
    }

    @Test
    void groupsAreWhatPairsConnectAndBearTheSmallestId() {
        Groups<Integer> groups = new Groups<>();
        groups.connect(7, 8);
        groups.connect(9, 3);
        groups.connect(5, 4);
        groups.connect(8, 9);
        assertThat(groups.smallestIds()).isEqualTo(Map.of(3, 3, 7, 3, 8, 3, 9, 3, 4, 4, 5, 4));
    }

    @Test
    void aLongChainIsOneGroup() {
        Groups<Integer> groups = new Groups<>();
        for (int id = 100_000; id > 0; id--) {
            groups.connect(id, id - 1);
        }
        assertThat(groups.smallestIds().values()).hasSize(100_001).containsOnly(0);
    }
}
