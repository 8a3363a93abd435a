package io.swinlake.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.search.product.MatrixProduct;
import io.swinlake.search.product.VectorApi;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class NearestRowsTest {
    private static final Random RANDOM = new Random(7);

    /** What the search has to equal: every pair in float64, one element after the other, then a stable sort. */
    private static List<Integer> bruteForce(float[] query, List<float[]> rows, Ranking ranking) {
        record Scored(int id, double score) {}
        return IntStream.range(0, rows.size())
                .mapToObj(id -> new Scored(id, ranking.direction().sign() * similarity(query, rows.get(id), ranking)))
                .filter(scored -> !Double.isNaN(scored.score))
                .sorted(Comparator.comparingDouble((Scored scored) -> -scored.score)
                        .thenComparing(Scored::id))
                .limit(ranking.numResults())
                .map(Scored::id)
                .toList();
    }

    private static double similarity(float[] v, float[] w, Ranking ranking) {
        double dot = 0;
        double vv = 0;
        double ww = 0;
        for (int i = 0; i < v.length; i++) {
            dot += (double) v[i] * w[i];
            vv += (double) v[i] * v[i];
            ww += (double) w[i] * w[i];
        }
        return ranking.similarity() == Similarity.COSINE ? dot / (Math.sqrt(vv) * Math.sqrt(ww)) : dot;
    }

    /** By every product, in full and by heads of the rows' own axes: one stage, two, and all axes. */
    private static void assertExact(List<float[]> queries, List<float[]> rows, Ranking ranking) {
        EmbeddingMatrix<Integer> matrix = embeddings(rows);
        int dimension = matrix.dimension();
        List<SearchPlan> plans = new ArrayList<>(List.of(SearchPlan.inFull(dimension)));
        Rotation rotation = Rotation.of(matrix.unitRows(), rows.size(), dimension, dimension, MatrixProduct.inJava());
        for (int[] stages : List.of(
                new int[] {(dimension + 3) / 4},
                new int[] {(dimension + 7) / 8, (dimension + 1) / 2},
                new int[] {dimension})) {
            plans.add(SearchPlan.of(
                    dimension, rotation.first(stages[stages.length - 1]).axes(), stages));
        }
        List<List<Integer>> expected =
                queries.stream().map(query -> bruteForce(query, rows, ranking)).toList();
        for (MatrixProduct product :
                List.of(MatrixProduct.inJava(), VectorApi.product().orElseThrow())) {
            for (SearchPlan plan : plans) {
                NearestRows<Integer> search = new NearestRows<>(
                        embeddings(queries), ranking, plan, new LeastSimilarities(queries.size()), product);
                // The order of arrival must not matter.
                IntStream.range(0, rows.size()).map(i -> rows.size() - 1 - i).forEach(i -> search.add(i, rows.get(i)));
                for (int query = 0; query < queries.size(); query++) {
                    assertThat(search.neighborsOf(query).stream().map(Neighbor::id))
                            .as("query %d, %s, %s", query, ranking, plan)
                            .isEqualTo(expected.get(query));
                }
            }
        }
    }

    private static EmbeddingMatrix<Integer> embeddings(List<float[]> vectors) {
        EmbeddingMatrix<Integer> embeddings = new EmbeddingMatrix<>(vectors.get(0).length);
        for (float[] vector : vectors) {
            embeddings.add(embeddings.size(), vector);
        }
        return embeddings;
    }

    private static float[] gaussian(int dimension) {
        float[] vector = new float[dimension];
        for (int i = 0; i < dimension; i++) {
            vector[i] = (float) RANDOM.nextGaussian();
        }
        return vector;
    }

    private static List<float[]> gaussians(int count, int dimension) {
        return IntStream.range(0, count).mapToObj(i -> gaussian(dimension)).toList();
    }

    @ParameterizedTest
    @CsvSource({
        "COSINE, MOST_SIMILAR",
        "COSINE, LEAST_SIMILAR",
        "INNER_PRODUCT, MOST_SIMILAR",
        "INNER_PRODUCT, LEAST_SIMILAR"
    })
    void givesTheIdsOfAFloat64BruteForce(Similarity similarity, RankOrder direction) {
        assertExact(gaussians(13, 67), gaussians(3000, 67), new Ranking(similarity, direction, 10));
    }

    @ParameterizedTest
    @EnumSource(Similarity.class)
    void rowsOfEqualSimilarityRankByAscendingId(Similarity similarity) {
        // Small whole numbers: many equal rows, and sums that are exact in any order.
        List<float[]> rows = IntStream.range(0, 4000)
                .mapToObj(i -> new float[] {RANDOM.nextInt(3), RANDOM.nextInt(3), RANDOM.nextInt(2)})
                .toList();
        assertExact(rows.subList(0, 50), rows, new Ranking(similarity, RankOrder.MOST_SIMILAR, 100));
    }

    @ParameterizedTest
    @EnumSource(Similarity.class)
    void tellsRowsApartThatFloat32Cannot(Similarity similarity) {
        float[] center = gaussian(256);
        List<float[]> rows = IntStream.range(0, 2500)
                .mapToObj(i -> {
                    float[] row = center.clone();
                    row[RANDOM.nextInt(row.length)] += 1e-6f * RANDOM.nextInt(100);
                    return row;
                })
                .toList();
        assertExact(List.of(center, gaussian(256)), rows, new Ranking(similarity, RankOrder.MOST_SIMILAR, 20));
    }

    @ParameterizedTest
    @EnumSource(Similarity.class)
    void isExactForVectorsOfAnyLength(Similarity similarity) {
        List<float[]> rows = gaussians(1500, 9);
        for (float[] row : rows) {
            float scale = (float) Math.pow(10, RANDOM.nextInt(60) - 30);
            for (int i = 0; i < row.length; i++) {
                row[i] *= scale;
            }
        }
        assertExact(rows.subList(100, 120), rows, new Ranking(similarity, RankOrder.MOST_SIMILAR, 5));
    }

    @Test
    void everySpectrumGivesTheIdsOfAFloat64BruteForce() {
        for (Spectrum spectrum : Spectrum.all(96, 50)) {
            List<float[]> rows =
                    IntStream.range(0, 3000).mapToObj(spectrum::row).toList();
            List<float[]> queries =
                    IntStream.range(5000, 5011).mapToObj(spectrum::row).toList();
            assertExact(queries, rows, Ranking.nearest(10));
            assertExact(queries, rows, new Ranking(Similarity.COSINE, RankOrder.LEAST_SIMILAR, 3));
        }
    }

    /** Zero rows and zero queries among others, after the heads have taken over. */
    @Test
    void zeroVectorsChangeNothingForTheHeads() {
        List<float[]> rows = new ArrayList<>(gaussians(3000, 48));
        for (int i = 0; i < rows.size(); i += 3) {
            rows.set(i, new float[48]);
        }
        assertExact(rows.subList(0, 9), rows, Ranking.nearest(4));
    }

    @Test
    void mostPairsAreRuledOutByTheirHeads() {
        Spectrum spectrum = new Spectrum(96, 50, 1, 0.6, 2);
        EmbeddingMatrix<Integer> rows =
                embeddings(IntStream.range(0, 9000).mapToObj(spectrum::row).toList());
        EmbeddingMatrix<Integer> queries =
                embeddings(IntStream.range(9000, 9200).mapToObj(spectrum::row).toList());
        SearchPlan plan = SearchPlan.choose(rows, queries, queries.size(), MatrixProduct.inJava());
        assertThat(plan.stages()).isNotEmpty();
        NearestRows<Integer> search = new NearestRows<>(
                queries, Ranking.nearest(10), plan, new LeastSimilarities(queries.size()), MatrixProduct.inJava());
        for (int i = 0; i < rows.size(); i++) {
            search.add(i, spectrum.row(i));
        }
        search.neighborsOf(0);
        assertThat(search.work().pairs()).isEqualTo(200 * 9000);
        int firstBlock = 200 * 1024; // before any query has neighbours
        assertThat(search.work().inFull()).isBetween((long) firstBlock, firstBlock + 200L * 9000 / 20);
    }

    /** Two parts that know of each other: together they find what one search of all rows does, and less is left to look at. */
    @ParameterizedTest
    @CsvSource({"COSINE, MOST_SIMILAR", "COSINE, LEAST_SIMILAR", "INNER_PRODUCT, MOST_SIMILAR"})
    void partsOfASearchRuleOutByWhatTheOthersFound(Similarity similarity, RankOrder direction) {
        Ranking ranking = new Ranking(similarity, direction, 10);
        Spectrum spectrum = new Spectrum(96, 50, 1, 0.6, 2);
        // Every row three times: the last place is shared by equal ones.
        List<float[]> rows =
                IntStream.range(0, 9000).mapToObj(i -> spectrum.row(i % 3000)).toList();
        List<float[]> queries =
                IntStream.range(9000, 9040).mapToObj(spectrum::row).toList();
        SearchPlan plan =
                SearchPlan.choose(embeddings(rows), embeddings(queries), queries.size(), MatrixProduct.inJava());
        LeastSimilarities least = new LeastSimilarities(queries.size());
        List<List<Neighbor<Integer>>> found = new ArrayList<>();
        queries.forEach(query -> found.add(new ArrayList<>()));
        int kept = 0;
        for (int part = 0; part < 3; part++) {
            NearestRows<Integer> search =
                    new NearestRows<>(embeddings(queries), ranking, plan, least, MatrixProduct.inJava());
            for (int i = part * 3000; i < (part + 1) * 3000; i++) {
                search.add(i, rows.get(i));
            }
            for (int query = 0; query < queries.size(); query++) {
                List<Neighbor<Integer>> neighbors = search.neighborsOf(query);
                kept += neighbors.size();
                found.get(query).addAll(neighbors);
            }
        }
        for (int query = 0; query < queries.size(); query++) {
            assertThat(found.get(query).stream()
                            .sorted(Neighbor.bestFirst(direction))
                            .limit(10)
                            .map(Neighbor::id))
                    .isEqualTo(bruteForce(queries.get(query), rows, ranking));
        }
        assertThat(kept).isGreaterThanOrEqualTo(400).isLessThanOrEqualTo(1200);
    }

    @Test
    void aZeroVectorIsNobodysNeighbourByCosine() {
        List<float[]> rows = List.of(new float[] {0, 0}, new float[] {-1, 0}, new float[] {0, 1});
        assertExact(List.of(new float[] {1, 0}, new float[] {0, 0}), rows, Ranking.nearest(3));
        NearestRows<Integer> search = new NearestRows<>(embeddings(List.of(new float[] {0, 0})), Ranking.nearest(1));
        search.add(1, new float[] {1, 1});
        assertThat(search.neighborsOf(0)).isEmpty();
    }

    /** A score of 0, in float32, is better than theirs. */
    @Test
    void zeroVectorsDoNotHideRowsOfNegativeCosine() {
        NearestRows<Integer> search = new NearestRows<>(embeddings(List.of(new float[] {1, 0})), Ranking.nearest(2));
        for (int id = 0; id < 100; id++) {
            search.add(id, id % 10 == 0 ? new float[] {-1, id} : new float[] {0, 0});
        }
        assertThat(search.neighborsOf(0)).extracting(Neighbor::id).containsExactly(90, 80);
    }

    @Test
    void aZeroVectorHasAnInnerProduct() {
        List<float[]> rows = List.of(new float[] {0, 0}, new float[] {-1, 0}, new float[] {0, 1});
        assertExact(rows, rows, new Ranking(Similarity.INNER_PRODUCT, RankOrder.MOST_SIMILAR, 2));
    }

    @Test
    void aProductThatIsWrongWithinItsBoundChangesNothing() {
        List<float[]> queries = gaussians(5, 64);
        List<float[]> rows = gaussians(2000, 64);
        double bound = Float32Error.bound(64);
        MatrixProduct product = (q, queryCount, r, rowCount, dimension, scores) -> {
            MatrixProduct.inJava().multiply(q, queryCount, r, rowCount, dimension, scores);
            for (int i = 0; i < queryCount * rowCount; i++) {
                scores[i] += (float) (0.5 * bound * (i % 2 == 0 ? 1 : -1));
            }
        };
        NearestRows<Integer> search = new NearestRows<>(embeddings(queries), Ranking.nearest(10), product);
        for (int i = 0; i < rows.size(); i++) {
            search.add(i, rows.get(i));
        }
        assertThat(search.neighborsOf(3).stream().map(Neighbor::id))
                .isEqualTo(bruteForce(queries.get(3), rows, Ranking.nearest(10)));
    }

    @Test
    void aLakeSmallerThanTheNumberOfResultsGivesAllItsRows() {
        assertExact(gaussians(2, 5), gaussians(3, 5), Ranking.nearest(10));
    }

    @Test
    void refusesAnEmbeddingOfAnotherLength() {
        EmbeddingMatrix<String> embeddings = new EmbeddingMatrix<>(3);
        assertThatThrownBy(() -> embeddings.add("cat.jpg", new float[] {1, 2}))
                .hasMessage(
                        "the embedding of cat.jpg has 2 elements, the first one had 3: embeddings of two models do not compare");
    }

    @Test
    void refusesAnEmbeddingThatIsNoNumber() {
        EmbeddingMatrix<String> embeddings = new EmbeddingMatrix<>(2);
        assertThatThrownBy(() -> embeddings.add("cat.jpg", new float[] {1, Float.NaN}))
                .hasMessage(
                        "the embedding of cat.jpg holds a NaN or an infinity, which is near to nothing: filter it out first");
    }

    @Test
    void refusesAnEmptyEmbedding() {
        assertThatThrownBy(() -> new EmbeddingMatrix<String>(0))
                .hasMessage("an embedding needs at least 1 element to be searched for, found 0");
    }

    @ParameterizedTest
    @CsvSource({"0", "100001"})
    void refusesANumberOfResultsThatSpark42Refuses(int numResults) {
        assertThatThrownBy(() -> Ranking.nearest(numResults))
                .hasMessage("a search gives 1 to 100,000 neighbours of each query, found numResults = " + numResults);
    }
}
