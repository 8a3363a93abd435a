package io.swinlake.search;

import java.util.ArrayList;
import java.util.List;

/**
 * Embeddings that are held while others pass by, some at a time: a part of all pairs. Where links are wanted, a tile knows what all its earlier
 * ones connect, whichever rows they lead over. For one thread.
 */
public final class PairTile<I extends Comparable<? super I>> {
    private final SimilarRows search;
    private final RowForest forest; // null: all pairs
    private final SimilarRows.PairConsumer<I> pairs;
    private final List<NumberedRows<I>> held = new ArrayList<>();

    /** @param first number of the first row in the forest */
    record NumberedRows<I extends Comparable<? super I>>(HeadedRows<I> rows, int first) {}

    private PairTile(SimilarRows search, RowForest forest, SimilarRows.PairConsumer<I> pairs) {
        this.search = search;
        this.forest = forest;
        this.pairs = pairs;
    }

    /** Finds all pairs. */
    public static <I extends Comparable<? super I>> PairTile<I> ofPairs(
            SimilarRows search, SimilarRows.PairConsumer<I> pairs) {
        return new PairTile<>(search, null, pairs);
    }

    /** Finds as many of the pairs as connect all that those pairs connect. */
    public static <I extends Comparable<? super I>> PairTile<I> ofLinks(
            SimilarRows search, SimilarRows.PairConsumer<I> links) {
        return new PairTile<>(search, new RowForest(), links);
    }

    /** Holds rows, which are compared with none that are held. */
    public void hold(HeadedRows<I> rows) {
        held.add(numbered(rows));
    }

    /** Holds rows, which are first compared with each other and with all that are held. */
    public void holdCompared(HeadedRows<I> rows) {
        NumberedRows<I> numbered = numbered(rows);
        search.among(numbered, forest, pairs);
        pass(numbered);
        held.add(numbered);
    }

    /** Compares rows with all that are held. */
    public void pass(HeadedRows<I> rows) {
        pass(numbered(rows));
    }

    private void pass(NumberedRows<I> rows) {
        for (NumberedRows<I> others : held) {
            search.between(others, rows, forest, pairs);
        }
    }

    private NumberedRows<I> numbered(HeadedRows<I> rows) {
        return new NumberedRows<>(rows, forest == null ? 0 : forest.add(rows.size()));
    }
}
