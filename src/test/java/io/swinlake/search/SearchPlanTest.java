package io.swinlake.search;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.search.product.MatrixProduct;
import io.swinlake.search.product.ThresholdProduct;
import io.swinlake.search.product.VectorApi;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The head and residual bound: whatever rules a pair out, what is found is what float64 finds of every pair. */
class SearchPlanTest {
    private static final int DIMENSION = 96;

    private static EmbeddingMatrix<Integer> rows(Spectrum spectrum, int from, int count) {
        EmbeddingMatrix<Integer> rows = new EmbeddingMatrix<>(spectrum.dimension());
        for (int i = from; i < from + count; i++) {
            rows.add(i, spectrum.row(i));
        }
        return rows;
    }

    private static SearchPlan plan(EmbeddingMatrix<Integer> sample, int... stages) {
        int last = stages[stages.length - 1];
        Rotation rotation =
                Rotation.of(sample.unitRows(), sample.size(), sample.dimension(), last, MatrixProduct.inJava());
        return SearchPlan.of(sample.dimension(), rotation.axes(), stages);
    }

    /** Pairs as {@code left-right}, each with its cosine. */
    private static Map<String, Double> found(
            SearchPlan plan, ThresholdProduct product, EmbeddingMatrix<Integer> rows, double threshold) {
        Map<String, Double> found = new HashMap<>();
        new SimilarRows(threshold, plan, product)
                .among(HeadedRows.of(rows, plan, MatrixProduct.inJava()), (a, b, similarity) -> assertThat(
                                found.put(Math.min(a, b) + "-" + Math.max(a, b), similarity))
                        .isNull());
        return found;
    }

    private static Map<String, Double> everyPair(EmbeddingMatrix<Integer> rows, double threshold) {
        Map<String, Double> found = new HashMap<>();
        for (int i = 0; i < rows.size(); i++) {
            for (int j = i + 1; j < rows.size(); j++) {
                double similarity = rows.similarity(i, rows, j, Similarity.COSINE);
                if (similarity >= threshold || (similarity > 0 && rows.isEqual(i, rows, j))) {
                    found.put(rows.id(i) + "-" + rows.id(j), similarity);
                }
            }
        }
        return found;
    }

    static Stream<ThresholdProduct> products() {
        return Stream.concat(
                Stream.of(ThresholdProduct.by(MatrixProduct.inJava())),
                VectorApi.product().map(ThresholdProduct::by).stream());
    }

    static Stream<Spectrum> spectra() {
        return Stream.concat(Stream.of(Spectrum.all(DIMENSION, 40)), Stream.of(Spectrum.none(DIMENSION)));
    }

    @ParameterizedTest
    @MethodSource("spectra")
    void everySpectrumGivesThePairsOfFloat64(Spectrum spectrum) {
        EmbeddingMatrix<Integer> rows = rows(spectrum, 0, 701);
        EmbeddingMatrix<Integer> sample = rows(spectrum, 10_000, 500);
        double[] thresholds = {0.5, 0.9, 0.99};
        Map<String, Double> every = everyPair(rows, thresholds[0]);
        for (int[] stages : new int[][] {{7}, {31}, {7, 63}, {15, 96}}) {
            SearchPlan plan = plan(sample, stages);
            for (double threshold : thresholds) {
                Map<String, Double> expected = new HashMap<>(every);
                expected.values().removeIf(similarity -> similarity < threshold);
                products().forEach(product -> assertThat(found(plan, product, rows, threshold))
                        .as("heads of %s, cosine %s, %s", Arrays.toString(stages), threshold, product)
                        .isEqualTo(expected));
            }
        }
    }

    /** Axes of another table are as right, only of less use. */
    @ParameterizedTest
    @MethodSource("products")
    void axesThatHaveNothingToDoWithTheRowsHideNoPair(ThresholdProduct product) {
        EmbeddingMatrix<Integer> rows = rows(new Spectrum(DIMENSION, 30, 1, 0.3, 11), 0, 300);
        SearchPlan plan = plan(rows(new Spectrum(DIMENSION, 30, 1.5, 0.3, 12), 0, 300), 15, 31);
        assertThat(found(plan, product, rows, 0.9)).isEqualTo(everyPair(rows, 0.9));
    }

    /** Equal, opposite, zero, huge, tiny and nearly equal rows. */
    @ParameterizedTest
    @MethodSource("products")
    void hostileRowsGiveThePairsOfFloat64(ThresholdProduct product) {
        Random random = new Random(5);
        EmbeddingMatrix<Integer> rows = new EmbeddingMatrix<>(DIMENSION);
        float[] base = rows(Spectrum.none(DIMENSION), 0, 1).elements();
        for (int i = 0; i < 260; i++) {
            float[] row = base.clone();
            switch (i % 6) {
                case 0 -> {}
                case 1 -> scale(row, -1);
                case 2 -> scale(row, 0);
                case 3 -> scale(row, 0x1p60f);
                case 4 -> scale(row, 0x1p-60f);
                default -> row[random.nextInt(row.length)] += 1e-6f * random.nextInt(50);
            }
            rows.add(i, row);
        }
        for (int[] stages : List.of(new int[] {3}, new int[] {3, 48}, new int[] {DIMENSION})) {
            SearchPlan plan = plan(rows, stages);
            for (double threshold : new double[] {-0.5, 0.999, 1 - 1e-12, 1}) {
                assertThat(found(plan, product, rows, threshold)).isEqualTo(everyPair(rows, threshold));
            }
        }
    }

    private static void scale(float[] row, float factor) {
        for (int i = 0; i < row.length; i++) {
            row[i] *= factor;
        }
    }

    @ParameterizedTest
    @MethodSource("products")
    void aBlockOfOneRowHasNoPairsAndOneOfEachSideHasOne(ThresholdProduct product) {
        EmbeddingMatrix<Integer> rows = rows(Spectrum.none(DIMENSION), 0, 64);
        SearchPlan plan = plan(rows, 15);
        HeadedRows<Integer> one = HeadedRows.of(rows(Spectrum.none(DIMENSION), 0, 1), plan, MatrixProduct.inJava());
        SimilarRows search = new SimilarRows(0.9, plan, product);
        List<List<Integer>> found = new ArrayList<>();
        search.among(one, (a, b, similarity) -> found.add(List.of(a, b)));
        assertThat(found).isEmpty();
        search.between(one, one, (a, b, similarity) -> found.add(List.of(a, b)));
        assertThat(found).containsExactly(List.of(0, 0));
    }

    @ParameterizedTest
    @MethodSource("products")
    void linksConnectWhatAllPairsConnect(ThresholdProduct product) {
        for (Spectrum spectrum : Spectrum.all(DIMENSION, 20)) {
            EmbeddingMatrix<Integer> left = rows(spectrum, 0, 400);
            EmbeddingMatrix<Integer> right = rows(spectrum, 400, 333);
            SearchPlan plan = plan(rows(spectrum, 10_000, 500), 15, 63);
            SimilarRows search = new SimilarRows(0.9, plan, product);
            HeadedRows<Integer> one = HeadedRows.of(left, plan, MatrixProduct.inJava());
            HeadedRows<Integer> other = HeadedRows.of(right, plan, MatrixProduct.inJava());
            Groups<Integer> all = new Groups<>();
            search.between(one, other, (a, b, similarity) -> all.connect(a, b));
            search.among(one, (a, b, similarity) -> all.connect(a, b));
            Groups<Integer> linked = new Groups<>();
            Set<Boolean> needed = new HashSet<>();
            PairTile<Integer> tile = PairTile.ofLinks(search, (a, b, similarity) -> needed.add(linked.connect(a, b)));
            tile.holdCompared(one);
            tile.pass(other);
            assertThat(needed).containsExactly(true);
            assertThat(linked.smallestIds()).isEqualTo(all.smallestIds());
        }
    }

    /** What is computed in float32 may be as wrong as its bound allows. */
    @Test
    void aProductThatIsWrongWithinItsBoundHidesNoPair() {
        EmbeddingMatrix<Integer> rows = rows(new Spectrum(DIMENSION, 10, 1, 0.3, 3), 0, 400);
        SearchPlan plan = plan(rows, 15, 63);
        MatrixProduct wrong = (q, queryCount, r, rowCount, dimension, scores) -> {
            MatrixProduct.inJava().multiply(q, queryCount, r, rowCount, dimension, scores);
            for (int i = 0; i < queryCount * rowCount; i++) {
                scores[i] -= (float) (0.9 * Float32Error.bound(dimension));
            }
        };
        Map<String, Double> found = new HashMap<>();
        new SimilarRows(0.95, plan, ThresholdProduct.by(wrong))
                .among(
                        HeadedRows.of(rows, plan, wrong),
                        (a, b, similarity) -> found.put(Math.min(a, b) + "-" + Math.max(a, b), similarity));
        assertThat(found).isEqualTo(everyPair(rows, 0.95)).isNotEmpty();
    }

    @Test
    void theBoundIsAboveEveryCosineAndNotByMuch() {
        Spectrum spectrum = new Spectrum(DIMENSION, 40, 1, 0.6, 2);
        EmbeddingMatrix<Integer> rows = rows(spectrum, 0, 300);
        Rotation rotation = Rotation.of(rows.unitRows(), 300, DIMENSION, 32, MatrixProduct.inJava());
        HeadBound bound = new HeadBound(rotation, 32);
        assertThat(bound.slack()).isBetween(0.0, 2e-4);
        float[] heads = bound.rows(rotation.coordinates(rows.unitRows(), 300, MatrixProduct.inJava()), 300, 32);
        double excess = 0;
        for (int i = 0; i < 300; i++) {
            for (int j = 0; j < 300; j++) {
                double dot = 0;
                for (int k = 0; k < bound.width(); k++) {
                    dot += (double) heads[i * bound.width() + k] * heads[j * bound.width() + k];
                }
                double cosine = rows.similarity(i, rows, j, Similarity.COSINE);
                assertThat(dot + bound.slack()).isGreaterThanOrEqualTo(cosine);
                excess = Math.max(excess, dot - cosine);
            }
        }
        assertThat(excess).isLessThan(0.2);
    }

    @Test
    void thePlanFollowsTheSample() {
        SearchPlan steep =
                SearchPlan.choose(rows(new Spectrum(256, 50, 1, 0.3, 3), 0, 1500), 0.95, MatrixProduct.inJava());
        assertThat(steep.stages()).isNotEmpty();
        assertThat(steep.stages()[0]).isLessThan(64);
        // At a cosine that nearly every pair reaches by its bound, nothing helps.
        assertThat(SearchPlan.choose(rows(Spectrum.none(256), 0, 1500), 0.05, MatrixProduct.inJava())
                        .stages())
                .isEmpty();
        assertThat(SearchPlan.choose(rows(Spectrum.none(8), 0, 1500), 0.9, MatrixProduct.inJava())
                        .stages())
                .isEmpty();
        assertThat(SearchPlan.choose(rows(Spectrum.none(256), 0, 1), 0.9, MatrixProduct.inJava())
                        .stages())
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("products")
    void aProductGivesEveryPairThatReachesTheLeastOfItsRowOnce(ThresholdProduct product) {
        Random random = new Random(3);
        for (int[] sizes : new int[][] {{1, 1, 1}, {5, 70, 3}, {130, 65, 33}, {1030, 129, 16}, {17, 1100, 200}}) {
            float[] left = whole(random, sizes[0] * sizes[2]);
            float[] right = whole(random, sizes[1] * sizes[2]);
            float[] least = new float[sizes[0]];
            for (int i = 0; i < least.length; i++) {
                least[i] = random.nextInt(9) - 4;
            }
            int firstLeft = sizes[0] / 3;
            int firstRight = sizes[1] / 4;
            List<Long> found = new ArrayList<>();
            product.pairs(
                    new ThresholdProduct.Side(left, sizes[2], firstLeft, sizes[0]),
                    new ThresholdProduct.Side(right, sizes[2], firstRight, sizes[1]),
                    least,
                    (i, j) -> found.add(i * 10_000L + j));
            List<Long> expected = new ArrayList<>();
            for (int i = firstLeft; i < sizes[0]; i++) {
                for (int j = firstRight; j < sizes[1]; j++) {
                    int dot = 0;
                    for (int k = 0; k < sizes[2]; k++) {
                        dot += (int) (left[i * sizes[2] + k] * right[j * sizes[2] + k]);
                    }
                    if (dot >= least[i]) {
                        expected.add(i * 10_000L + j);
                    }
                }
            }
            found.sort(null);
            assertThat(found).isEqualTo(expected);
        }
    }

    private static float[] whole(Random random, int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = random.nextInt(5) - 2;
        }
        return numbers;
    }
}
