package io.swinlake.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.swinlake.search.product.MatrixProduct;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CellsTest {
    private static final MatrixProduct PRODUCT = MatrixProduct.inJava();

    private static final Spectrum SPECTRUM = new Spectrum(48, 40, 1, 0.4, 2);

    private static EmbeddingMatrix<Integer> embeddings(List<float[]> rows) {
        EmbeddingMatrix<Integer> embeddings = new EmbeddingMatrix<>(rows.get(0).length);
        rows.forEach(row -> embeddings.add(embeddings.size(), row));
        return embeddings;
    }

    private static EmbeddingMatrix<Integer> embeddings(int first, int count) {
        return embeddings(
                IntStream.range(first, first + count).mapToObj(SPECTRUM::row).toList());
    }

    /** In float64, one after the other. */
    private static double dot(float[] rows, int row, float[] centers, int cell, int dimension) {
        return IntStream.range(0, dimension)
                .mapToDouble(i -> (double) rows[row * dimension + i] * centers[cell * dimension + i])
                .sum();
    }

    /** More rows than are multiplied at a time. */
    @Test
    void theNearestCellsAreThoseOfTheGreatestCosines() {
        EmbeddingMatrix<Integer> rows = embeddings(0, 1500);
        Cells cells = Cells.of(rows, 30, PRODUCT);
        assertThat(cells.count()).isEqualTo(30);
        int[] nearest = cells.nearest(rows, 5, PRODUCT);
        float[] units = rows.unitRows();
        for (int row = 0; row < rows.size(); row++) {
            int at = row;
            double[] cosines = IntStream.range(0, 30)
                    .mapToDouble(cell -> dot(units, at, cells.centers(), cell, 48))
                    .toArray();
            double[] best = Arrays.stream(cosines).sorted().skip(25).toArray();
            for (int i = 0; i < 5; i++) {
                assertThat(cosines[nearest[5 * row + i]]).isCloseTo(best[4 - i], within(1e-6));
            }
            assertThat(Arrays.stream(nearest, 5 * row, 5 * row + 5).distinct()).hasSize(5);
        }
    }

    @Test
    void centersAreTheMeanDirectionsOfTheirRows() {
        EmbeddingMatrix<Integer> rows = embeddings(0, 3000);
        Cells cells = Cells.of(rows, 20, PRODUCT);
        float[] units = rows.unitRows();
        Cells first = new Cells(48, Arrays.copyOf(units, 20 * 48));
        assertThat(meanCosine(cells, rows)).isGreaterThan(meanCosine(first, rows) + 0.05);
        for (int cell = 0; cell < 20; cell++) {
            assertThat(dot(cells.centers(), cell, cells.centers(), cell, 48)).isCloseTo(1, within(1e-5));
        }
    }

    private static double meanCosine(Cells cells, EmbeddingMatrix<Integer> rows) {
        int[] nearest = cells.nearest(rows, 1, PRODUCT);
        float[] units = rows.unitRows();
        return IntStream.range(0, rows.size())
                .mapToDouble(row -> dot(units, row, cells.centers(), nearest[row], 48))
                .average()
                .orElseThrow();
    }

    /** What a search of the nearest cells would find, of the ten nearest rows: more with each cell, and all in all of them. */
    @Test
    void mostNeighboursLieInTheCellsNearestToAQuery() {
        EmbeddingMatrix<Integer> rows = embeddings(0, 4000);
        EmbeddingMatrix<Integer> queries = embeddings(5000, 100);
        Cells cells = Cells.of(rows, 63, PRODUCT);
        int[] cellOfRow = cells.nearest(rows, 1, PRODUCT);
        int[] probes = cells.nearest(queries, 63, PRODUCT);
        NearestRows<Integer> exact = new NearestRows<>(queries, Ranking.nearest(10));
        IntStream.range(0, 4000).forEach(row -> exact.add(row, SPECTRUM.row(row)));
        int[] found = new int[64]; // by cells probed
        for (int query = 0; query < 100; query++) {
            int[] own = Arrays.copyOfRange(probes, 63 * query, 63 * query + 63);
            for (Neighbor<Integer> neighbor : exact.neighborsOf(query)) {
                for (int probed = 1; probed <= 63; probed++) {
                    int cell = cellOfRow[neighbor.id()];
                    found[probed] += Arrays.stream(own, 0, probed).anyMatch(probe -> probe == cell) ? 1 : 0;
                }
            }
        }
        assertThat(found[63]).isEqualTo(1000);
        assertThat(found).isSorted();
        // Of 63 cells at random, one would have a 63rd of the neighbours, four a 16th.
        assertThat(found[1]).isBetween(300, 950);
        assertThat(found[4]).isBetween(found[1] + 1, 1000);
    }

    @Test
    void fewerDifferentRowsThanCellsAreACellEach() {
        List<float[]> rows = IntStream.range(0, 300)
                .mapToObj(row -> new float[] {row % 3 == 0 ? 1 : 0, row % 3 == 1 ? 1 : 0, row % 3 == 2 ? 1 : 0})
                .toList();
        Cells cells = Cells.of(embeddings(rows), 8, PRODUCT);
        assertThat(cells.count()).isEqualTo(3);
        int[] nearest = cells.nearest(embeddings(rows), 1, PRODUCT);
        Set<Integer> different = new HashSet<>();
        for (int row = 0; row < 300; row++) {
            assertThat(nearest[row]).isEqualTo(nearest[row % 3]);
            different.add(nearest[row]);
        }
        assertThat(different).hasSize(3);
    }

    @Test
    void zeroVectorsMakeNoCell() {
        float[] zero = new float[4];
        float[] one = {0, 0, 2, 0};
        assertThat(Cells.of(embeddings(List.of(zero, one, zero, one)), 4, PRODUCT)
                        .centers())
                .containsExactly(0, 0, 1, 0);
        assertThat(Cells.of(embeddings(List.of(zero, zero)), 4, PRODUCT).count())
                .isZero();
    }

    /** Opposite rows of one cell have no mean direction. */
    @Test
    void aCenterWhoseRowsCancelOutStays() {
        Cells cells = Cells.of(embeddings(List.of(new float[] {0, 1}, new float[] {0, -1})), 1, PRODUCT);
        assertThat(cells.centers()).containsExactly(0, 1);
    }
}
