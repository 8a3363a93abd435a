package io.swinlake.search;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.search.product.MatrixProduct;
import io.swinlake.search.product.VectorApi;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PairTileTest {
    private static final Spectrum SPECTRUM = new Spectrum(64, 30, 0.7, 0.4, 4);

    private final SearchPlan plan = SearchPlan.choose(embeddings(10_000, 10_500), 0.9, MatrixProduct.inJava());

    private static EmbeddingMatrix<Integer> embeddings(int from, int to) {
        EmbeddingMatrix<Integer> rows = new EmbeddingMatrix<>(SPECTRUM.dimension());
        for (int id = from; id < to; id++) {
            rows.add(id, SPECTRUM.row(id));
        }
        return rows;
    }

    private HeadedRows<Integer> rows(int from, int to) {
        return HeadedRows.of(embeddings(from, to), plan, MatrixProduct.inJava());
    }

    private SimilarRows search() {
        return new SimilarRows(0.9, plan, VectorApi.product().orElseGet(MatrixProduct::inJava));
    }

    /** Numbers at which blocks of rows begin, the last one the end. */
    private static List<Integer> cuts(Random random) {
        List<Integer> cuts = new ArrayList<>(List.of(0));
        for (int block = 0; block < 6; block++) {
            cuts.add(cuts.get(block) + random.nextInt(150));
        }
        return cuts;
    }

    /** Three blocks are held and compared, three pass by. */
    private void run(PairTile<Integer> tile, List<Integer> cuts) {
        for (int block = 0; block < 3; block++) {
            tile.holdCompared(rows(cuts.get(block), cuts.get(block + 1)));
        }
        for (int block = 3; block < 6; block++) {
            tile.pass(rows(cuts.get(block), cuts.get(block + 1)));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5})
    void pairsAreThoseOfEveryTwoRowsThatMeetEachOnce(int seed) {
        List<Integer> cuts = cuts(new Random(seed));
        List<List<Integer>> found = new ArrayList<>();
        SimilarRows search = search();
        run(PairTile.ofPairs(search, (a, b, similarity) -> found.add(List.of(Math.min(a, b), Math.max(a, b)))), cuts);
        EmbeddingMatrix<Integer> all = embeddings(0, cuts.get(6));
        List<List<Integer>> expected = new ArrayList<>();
        int pairs = 0;
        for (int j = 0; j < all.size(); j++) {
            for (int i = 0; i < Math.min(j, cuts.get(3)); i++) {
                pairs++;
                if (all.similarity(i, all, j, Similarity.COSINE) >= 0.9) {
                    expected.add(List.of(i, j));
                }
            }
        }
        assertThat(found).hasSameSizeAs(expected).hasSameElementsAs(expected).isNotEmpty();
        assertThat(search.work().pairs()).isEqualTo(pairs);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5})
    void everyLinkIsNeededAndTogetherTheyConnectWhatAllPairsConnect(int seed) {
        List<Integer> cuts = cuts(new Random(seed));
        Groups<Integer> all = new Groups<>();
        run(PairTile.ofPairs(search(), (a, b, similarity) -> all.connect(a, b)), cuts);
        Groups<Integer> linked = new Groups<>();
        HashSet<Boolean> needed = new HashSet<>();
        run(PairTile.ofLinks(search(), (a, b, similarity) -> needed.add(linked.connect(a, b))), cuts);
        assertThat(linked.smallestIds()).isEqualTo(all.smallestIds()).isNotEmpty();
        assertThat(needed).containsExactly(true);
    }

    /** Blocks that are only held were compared by another tile. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void rowsThatAreOnlyHeldMeetThoseThatPass(int seed) {
        List<Integer> cuts = cuts(new Random(seed));
        List<Integer> sides = new ArrayList<>();
        PairTile<Integer> tile = PairTile.ofPairs(search(), (a, b, similarity) -> {
            sides.add(Math.min(a, b));
            sides.add(-Math.max(a, b));
        });
        for (int block = 0; block < 3; block++) {
            tile.hold(rows(cuts.get(block), cuts.get(block + 1)));
        }
        assertThat(sides).isEmpty();
        tile.pass(rows(cuts.get(3), cuts.get(4)));
        assertThat(sides).isNotEmpty().allMatch(id -> id > 0 ? id < cuts.get(3) : -id >= cuts.get(3) || id == 0);
    }
}
