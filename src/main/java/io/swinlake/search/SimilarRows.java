package io.swinlake.search;

import io.swinlake.search.PairTile.NumberedRows;
import io.swinlake.search.product.MatrixProduct;
import io.swinlake.search.product.ThresholdProduct;
import io.swinlake.search.product.ThresholdProduct.Side;
import io.swinlake.search.product.VectorApi;
import java.util.Arrays;

/**
 * All pairs of embeddings that are equal or whose similarity reaches a threshold, exactly as float64 sees it: the heads of a plan, or a float32
 * product, rule out what certainly does not, and the rest is computed again. For one thread.
 */
public final class SimilarRows {
    /** Rows of one side that are compared with each other's and with all after them. */
    private static final int STRIP = 2048;

    /** Below what float64 makes of the cosine of equal embeddings, which are pairs at every threshold. */
    private static final double NEARLY_ONE = 1 - 1e-9;

    private final double threshold;
    private final SearchPlan plan;
    private final ThresholdProduct product;
    private final float firstLeast;
    private final float secondLeast;
    private final int secondWidth;
    private final SearchWork work = new SearchWork();

    /** Takes one pair. */
    @FunctionalInterface
    public interface PairConsumer<I> {
        void accept(I left, I right, double similarity);
    }

    /**
     * @param threshold least cosine of a pair, above -1 and at most 1
     * @param product multiplies; that of {@link VectorApi} compares as well
     */
    public SimilarRows(double threshold, SearchPlan plan, MatrixProduct product) {
        this(threshold, plan, ThresholdProduct.by(product));
    }

    SimilarRows(double threshold, SearchPlan plan, ThresholdProduct product) {
        if (!(threshold > -1 && threshold <= 1)) {
            throw new IllegalArgumentException(
                    "a cosine threshold is above -1 and at most 1, found %s".formatted(threshold));
        }
        this.threshold = threshold;
        this.plan = plan;
        this.product = product;
        int[] stages = plan.stages();
        this.firstLeast = stages.length == 0
                ? Float32Error.below(threshold - Float32Error.bound(plan.dimension()))
                : least(stages[0]);
        this.secondLeast = stages.length < 2 ? Float.NEGATIVE_INFINITY : least(stages[1]);
        this.secondWidth = stages.length < 2 ? 0 : stages[1] + 1;
    }

    private float least(int head) {
        return Float32Error.below(threshold - new HeadBound(plan.rotation(), head).slack());
    }

    /** Finds the pairs of one embedding of each side. */
    public <I extends Comparable<? super I>> void between(
            HeadedRows<I> left, HeadedRows<I> right, PairConsumer<? super I> pairs) {
        between(new NumberedRows<>(left, 0), new NumberedRows<>(right, 0), null, pairs);
    }

    /** Finds the pairs among embeddings, each pair once. */
    public <I extends Comparable<? super I>> void among(HeadedRows<I> rows, PairConsumer<? super I> pairs) {
        among(new NumberedRows<>(rows, 0), null, pairs);
    }

    /** What all searches so far took. */
    public SearchWork work() {
        return work;
    }

    /** @param forest what is connected already is not looked for; null: all pairs */
    <I extends Comparable<? super I>> void between(
            NumberedRows<I> left, NumberedRows<I> right, RowForest forest, PairConsumer<? super I> pairs) {
        int leftSize = left.rows().size();
        int rightSize = right.rows().size();
        Sink<I> sink = new Sink<>(left, right, false, forest, pairs);
        product.pairs(side(left.rows(), 0, leftSize), side(right.rows(), 0, rightSize), leasts(leftSize), sink);
        work.addPairs((long) leftSize * rightSize, width());
    }

    /** @param forest what is connected already is not looked for; null: all pairs */
    <I extends Comparable<? super I>> void among(
            NumberedRows<I> numbered, RowForest forest, PairConsumer<? super I> pairs) {
        HeadedRows<I> rows = numbered.rows();
        Sink<I> sink = new Sink<>(numbered, numbered, true, forest, pairs);
        float[] leasts = leasts(rows.size());
        for (int i = 0; i < rows.size(); i += STRIP) {
            int end = Math.min(rows.size(), i + STRIP);
            product.pairs(side(rows, i, end), side(rows, i, end), leasts, sink);
            if (end < rows.size()) {
                product.pairs(side(rows, i, end), side(rows, end, rows.size()), leasts, sink);
            }
        }
        work.addPairs((long) rows.size() * (rows.size() - 1) / 2, width());
    }

    private int width() {
        return plan.isInFull() ? plan.dimension() : plan.stages()[0] + 1;
    }

    private Side side(HeadedRows<?> rows, int from, int to) {
        return new Side(rows.first(), width(), from, to);
    }

    private float[] leasts(int rows) {
        float[] leasts = new float[rows];
        Arrays.fill(leasts, firstLeast);
        return leasts;
    }

    /** What the first stage leaves: the second stage, then float64. */
    private final class Sink<I extends Comparable<? super I>> implements ThresholdProduct.PairSink {
        private final HeadedRows<I> left;
        private final HeadedRows<I> right;
        private final int firstLeft;
        private final int firstRight;
        private final boolean isAmong;
        private final RowForest forest; // null: all pairs
        private final PairConsumer<? super I> pairs;

        /** @param isAmong both sides are the same rows */
        Sink(
                NumberedRows<I> left,
                NumberedRows<I> right,
                boolean isAmong,
                RowForest forest,
                PairConsumer<? super I> pairs) {
            this.left = left.rows();
            this.right = right.rows();
            this.firstLeft = left.first();
            this.firstRight = right.first();
            this.isAmong = isAmong;
            this.forest = forest;
            this.pairs = pairs;
        }

        @Override
        public boolean isDoneLeft(int i) {
            return forest != null && forest.isInGreatest(firstLeft + i);
        }

        @Override
        public boolean isDoneRight(int j) {
            return forest != null && forest.isInGreatest(firstRight + j);
        }

        @Override
        public void accept(int i, int j) {
            if ((isAmong && j <= i) || (forest != null && forest.areConnected(firstLeft + i, firstRight + j))) {
                return; // among themselves, rows meet twice
            }
            if (secondWidth > 0) {
                work.addPicked(secondWidth);
                if (product.dot(left.second(), i * secondWidth, right.second(), j * secondWidth, secondWidth)
                        < secondLeast) {
                    return;
                }
            }
            work.addInFull(plan.dimension());
            double similarity = left.embeddings().similarity(i, right.embeddings(), j, Similarity.COSINE);
            // False for the NaN of a zero row.
            if (similarity >= threshold
                    || (similarity > NEARLY_ONE && left.embeddings().isEqual(i, right.embeddings(), j))) {
                if (forest != null) {
                    forest.connect(firstLeft + i, firstRight + j);
                }
                pairs.accept(left.embeddings().id(i), right.embeddings().id(j), similarity);
            }
        }
    }
}
