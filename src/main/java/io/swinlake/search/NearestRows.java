package io.swinlake.search;

import io.swinlake.search.product.MatrixProduct;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;

/**
 * The nearest rows of every query, exactly as a float64 comparison with every row would rank them; rows of equal
 * similarity rank by ascending id. Rows come one by one and are searched a block at a time: a float32 matrix product
 * gives all similarities of the block, or those that the heads of a plan leave, and only those that, give or take the
 * error of float32, reach the worst neighbour kept so far are computed again in float64. Memory is bounded by
 * queries × (numResults + block), whatever the number of rows. For one thread.
 *
 * @param <I> type of a row's id
 */
public final class NearestRows<I extends Comparable<? super I>> {
    private static final int BLOCK_ROWS = 1024;

    /** Queries multiplied in full at a time: 4 MiB of scores. */
    private static final int QUERIES = 1024;

    private final EmbeddingMatrix<?> queries;
    private final Ranking ranking;
    private final MatrixProduct product;
    private final double error;
    private final float[] queryUnits;
    private final EmbeddingMatrix<I> block;
    private final float[] scaledRows;
    private final float[] scores;
    private final GreatestScores greatest;
    private final int[] candidates = new int[BLOCK_ROWS];
    private final QueryHeads heads; // null: every pair in full
    private final LeastSimilarities least;
    private final SearchWork work = new SearchWork();
    private final List<PriorityQueue<Neighbor<I>>> found = new ArrayList<>(); // the worst neighbour at the head

    public NearestRows(EmbeddingMatrix<?> queries, Ranking ranking, MatrixProduct product) {
        this(queries, ranking, SearchPlan.inFull(queries.dimension()), new LeastSimilarities(queries.size()), product);
    }

    /**
     * A part of a search.
     *
     * @param plan by which rows are ruled out, of a search by cosine
     * @param least of all parts of the search; rows that cannot be neighbours of the whole are then left out of this part's
     */
    public NearestRows(
            EmbeddingMatrix<?> queries,
            Ranking ranking,
            SearchPlan plan,
            LeastSimilarities least,
            MatrixProduct product) {
        this.queries = queries;
        this.least = least;
        this.ranking = ranking;
        this.product = product;
        this.error = Float32Error.bound(queries.dimension());
        this.queryUnits = queries.unitRows();
        if (ranking.direction() == RankOrder.LEAST_SIMILAR) {
            for (int i = 0; i < queryUnits.length; i++) {
                queryUnits[i] = -queryUnits[i];
            }
        }
        this.heads = plan.isInFull() || ranking.similarity() != Similarity.COSINE
                ? null
                : new QueryHeads(queryUnits, queries.size(), plan, product);
        this.block = new EmbeddingMatrix<>(queries.dimension());
        this.scaledRows = new float[Math.multiplyExact(BLOCK_ROWS, queries.dimension())];
        this.scores = new float[Math.min(queries.size(), QUERIES) * BLOCK_ROWS];
        this.greatest = new GreatestScores(Math.min(ranking.numResults(), BLOCK_ROWS + 1)); // none is full of more
        for (int query = 0; query < queries.size(); query++) {
            found.add(new PriorityQueue<>(
                    Neighbor.<I>bestFirst(ranking.direction()).reversed()));
        }
    }

    /** A search with the matrix product in plain Java. */
    public NearestRows(EmbeddingMatrix<?> queries, Ranking ranking) {
        this(queries, ranking, MatrixProduct.inJava());
    }

    public void add(I id, float[] row) {
        block.add(id, row);
        if (block.size() == BLOCK_ROWS) {
            searchBlock();
        }
    }

    /** The neighbours of a query among all rows added, the best first; without those that another part has enough better ones of. */
    public List<Neighbor<I>> neighborsOf(int query) {
        searchBlock();
        double needed = least.of(query);
        return found.get(query).stream()
                .filter(neighbor -> ranking.direction().sign() * neighbor.similarity() >= needed)
                .sorted(Neighbor.bestFirst(ranking.direction()))
                .toList();
    }

    /** Searches the rows that wait for a block to be full. */
    public void finish() {
        searchBlock();
    }

    private void searchBlock() {
        int rows = block.size();
        if (rows == 0) {
            return;
        }
        if (heads != null && everyQueryHasAll()) {
            searchHeads(rows);
        } else {
            searchInFull(rows);
        }
        for (int query = 0; query < queries.size(); query++) {
            least.raise(query, worst(found.get(query)));
        }
        block.clear();
    }

    /** Whether every query has as many neighbours as it wants, here or in another part of the search. */
    private boolean everyQueryHasAll() {
        for (int query = 0; query < queries.size(); query++) {
            if (queries.length(query) != 0 && needed(query) == Double.NEGATIVE_INFINITY) {
                return false;
            }
        }
        return true;
    }

    /** What a row has to reach to be a neighbour of a query. */
    private double needed(int query) {
        return Math.max(worst(found.get(query)), least.of(query));
    }

    /** The similarity, or its opposite, of the worst neighbour; negative infinity while there are fewer than are wanted. */
    private double worst(PriorityQueue<Neighbor<I>> neighbors) {
        return neighbors.size() < ranking.numResults()
                ? Double.NEGATIVE_INFINITY
                : ranking.direction().sign() * neighbors.element().similarity();
    }

    private void searchInFull(int rows) {
        boolean cosine = ranking.similarity() == Similarity.COSINE;
        double rowLength = cosine ? 1 : unlessZero(block.greatestLength());
        if (cosine) {
            block.writeUnitRows(scaledRows);
        } else {
            block.writeRowsDividedBy(rowLength, scaledRows);
        }
        int dimension = queries.dimension();
        for (int first = 0; first < queries.size(); first += QUERIES) {
            int end = Math.min(queries.size(), first + QUERIES);
            float[] units = queries.size() <= QUERIES
                    ? queryUnits
                    : Arrays.copyOfRange(queryUnits, first * dimension, end * dimension);
            product.multiply(units, end - first, scaledRows, rows, dimension, scores);
            for (int query = first; query < end; query++) {
                if (cosine && queries.length(query) == 0) {
                    continue;
                }
                // A score times this is a similarity.
                double scale = cosine ? 1 : unlessZero(queries.length(query)) * rowLength;
                searchScores(query, (query - first) * rows, rows, scale);
            }
        }
        work.addPairsInFull((long) queries.size() * rows, dimension);
    }

    /** Once every query has as many neighbours as it wants, a bound on its worst rules most rows out. */
    private void searchHeads(int rows) {
        block.writeUnitRows(scaledRows);
        for (int query = 0; query < queries.size(); query++) {
            heads.require(query, headsNeeded(query));
        }
        heads.search(scaledRows, rows, work, (query, row) -> {
            if (!isNobodysNeighbor(row) && offer(query, row, found.get(query))) {
                heads.require(query, headsNeeded(query));
            }
        });
    }

    /** Nothing reaches a zero query. */
    private double headsNeeded(int query) {
        return queries.length(query) == 0 ? Double.POSITIVE_INFINITY : needed(query);
    }

    /** What the search took so far. */
    public SearchWork work() {
        return work;
    }

    private static double unlessZero(double length) {
        return length == 0 ? 1 : length;
    }

    /**
     * Looks twice: what float32 says of all rows tells how good the best of this block are, give or take its error, and only
     * rows that can be among them are computed again: half of all that would be otherwise.
     */
    private void searchScores(int query, int first, int rows, double scale) {
        PriorityQueue<Neighbor<I>> neighbors = found.get(query);
        float reached = leastScore(query, scale);
        int count = 0;
        greatest.clear();
        for (int row = 0; row < rows; row++) {
            float score = scores[first + row];
            if (score >= reached && !isNobodysNeighbor(row)) {
                candidates[count++] = row;
                greatest.add(score);
                reached = Math.max(reached, Float32Error.below(greatest.least() - 2 * error));
            }
        }
        for (int i = 0; i < count; i++) {
            int row = candidates[i];
            if (scores[first + row] >= reached && offer(query, row, neighbors)) {
                reached = Math.max(reached, leastScore(query, scale));
            }
        }
    }

    /** A zero row has no cosine. */
    private boolean isNobodysNeighbor(int row) {
        return ranking.similarity() == Similarity.COSINE && block.length(row) == 0;
    }

    /** The float32 score below which no row can be a neighbour. */
    private float leastScore(int query, double scale) {
        double needed = needed(query);
        return needed == Double.NEGATIVE_INFINITY
                ? Float.NEGATIVE_INFINITY
                : Float32Error.below(needed / scale - error);
    }

    private boolean offer(int query, int row, PriorityQueue<Neighbor<I>> neighbors) {
        double similarity = queries.similarity(query, block, row, ranking.similarity());
        if (ranking.direction().sign() * similarity < least.of(query)) {
            return false;
        }
        Neighbor<I> neighbor = new Neighbor<>(block.id(row), similarity);
        if (neighbors.size() == ranking.numResults()) {
            if (neighbors.comparator().compare(neighbor, neighbors.element()) <= 0) {
                return false;
            }
            neighbors.remove();
        }
        return neighbors.add(neighbor);
    }
}
