package io.swinlake.search;

import io.swinlake.search.product.MatrixProduct;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How pairs are ruled out before they are multiplied in full: by a short head, then what is left by a longer one, or not at all.
 * Which, a sample tells: it is rotated, all its pairs are bounded, and the plan of least arithmetic is taken. The plan decides
 * how long a search takes, never what it finds.
 */
public final class SearchPlan {
    /** Sampled rows that axes are found from; as many again try the plans. */
    public static final int SAMPLE = 2048;

    private static final int[] FIRST = {15, 23, 31, 47, 63, 95, 127, 191, 255};

    private static final int[] SECOND = {63, 127, 191, 255};

    private static final int FEW_AXES = 127;

    private static final int MOST_AXES = SECOND[SECOND.length - 1];

    /**
     * What a pair costs that a matrix product does not rule out, in multiplications of that product, measured: to be given
     * out and looked up among those that are connected already;
     */
    private static final double GIVEN = 2000;

    /** to be fetched, */
    private static final double FETCHED = 8000;

    /** each element in float32 (not measured: two loads from a cache for each product), */
    private static final double IN_FLOAT32 = 3;

    /** and each element in float64. */
    private static final double IN_FLOAT64 = 40;

    private final int dimension;
    private final Rotation rotation; // null: every pair in full
    private final int first;
    private final int second;

    private SearchPlan(int dimension, Rotation rotation, int first, int second) {
        this.dimension = dimension;
        this.rotation = rotation;
        this.first = first;
        this.second = second;
    }

    /** Every pair is multiplied in full. */
    public static SearchPlan inFull(int dimension) {
        return new SearchPlan(dimension, null, 0, 0);
    }

    /**
     * A plan as it travels.
     *
     * @param axes see {@link #axes}
     * @param stages see {@link #stages}
     */
    public static SearchPlan of(int dimension, float[] axes, int[] stages) {
        return stages.length == 0
                ? inFull(dimension)
                : new SearchPlan(
                        dimension,
                        new Rotation(dimension, axes.length / dimension, axes),
                        stages[0],
                        stages.length > 1 ? stages[1] : 0);
    }

    /**
     * The plan of least arithmetic for pairs of at least a cosine.
     *
     * @param sample of the embeddings; of 2 × {@link #SAMPLE} all are used
     */
    public static SearchPlan choose(EmbeddingMatrix<?> sample, double threshold, MatrixProduct product) {
        int dimension = sample.dimension();
        if (isTooSmall(sample)) {
            return inFull(dimension);
        }
        Trial trial = Trial.of(sample, MOST_AXES, product);
        float[] others = trial.rows();
        float[] coordinates = trial.coordinates();
        // Pairs that do reach the threshold are found by every plan, and most are connected by others before they are
        // looked at.
        float[] thresholds = new float[others.length / dimension];
        Arrays.fill(thresholds, (float) threshold);
        double pairs = reaching(others, others, dimension, thresholds, 0, product);
        return least(
                trial.rotation(),
                0,
                IN_FLOAT64,
                head -> left(trial.rotation(), head, coordinates, coordinates, thresholds, product) - pairs);
    }

    /**
     * The plan of least arithmetic for the nearest rows of some queries, by cosine.
     *
     * @param sample of the rows; of 2 × {@link #SAMPLE} all are used
     * @param queries of which the first few are tried
     * @param together queries that a row, once it is rotated, is compared with
     */
    public static SearchPlan choose(
            EmbeddingMatrix<?> sample, EmbeddingMatrix<?> queries, int together, MatrixProduct product) {
        if (isTooSmall(sample) || queries.dimension() != sample.dimension()) {
            return inFull(sample.dimension());
        }
        // Axes take the longer to find the more there are, and few searches need many.
        SearchPlan plan = choose(sample, queries, together, FEW_AXES, product);
        boolean isAtItsLongest = plan.isInFull() || plan.rotation.count() == FEW_AXES;
        return isAtItsLongest && sample.dimension() > FEW_AXES
                ? choose(sample, queries, together, MOST_AXES, product)
                : plan;
    }

    private static SearchPlan choose(
            EmbeddingMatrix<?> sample, EmbeddingMatrix<?> queries, int together, int axes, MatrixProduct product) {
        int dimension = sample.dimension();
        Trial trial = Trial.of(sample, axes, product);
        float[] asked = queries.unitRows(0, Math.min(queries.size(), SAMPLE / 8));
        float[] thresholds = secondBest(asked, trial.rows(), dimension, product);
        float[] askedCoordinates = trial.rotation().coordinates(asked, thresholds.length, product);
        return least(
                trial.rotation(),
                (double) dimension / together,
                IN_FLOAT32,
                head -> left(trial.rotation(), head, askedCoordinates, trial.coordinates(), thresholds, product));
    }

    private static boolean isTooSmall(EmbeddingMatrix<?> sample) {
        return sample.size() / 2 < 32 || sample.dimension() <= 2 * FIRST[0];
    }

    /**
     * Axes of the first half of a sample, and rows of the other half to try them on.
     *
     * @param rows {@code [rows, dimension]}, of length 1
     * @param coordinates of these rows along the axes
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Trial(Rotation rotation, float[] rows, float[] coordinates) {
        static Trial of(EmbeddingMatrix<?> sample, int axes, MatrixProduct product) {
            int dimension = sample.dimension();
            int half = sample.size() / 2;
            int count = Math.min(dimension, axes);
            Rotation rotation = Rotation.of(sample.unitRows(0, half), half, dimension, count, product);
            int tried = Math.min(sample.size() - half, SAMPLE / 2);
            float[] rows = sample.unitRows(half, half + tried);
            return new Trial(rotation, rows, rotation.coordinates(rows, tried, product));
        }
    }

    /** Of each query, a cosine that its neighbours among many more rows will be above: the best may be the query itself. */
    private static float[] secondBest(float[] queries, float[] rows, int dimension, MatrixProduct product) {
        int count = queries.length / dimension;
        int columns = rows.length / dimension;
        float[] scores = new float[count * columns];
        product.multiply(queries, count, rows, columns, dimension, scores);
        float[] second = new float[count];
        GreatestScores greatest = new GreatestScores(2);
        for (int query = 0; query < count; query++) {
            greatest.clear();
            for (int row = 0; row < columns; row++) {
                greatest.add(scores[query * columns + row]);
            }
            second[query] = greatest.least();
        }
        return second;
    }

    /** What part of pairs a head leaves. */
    @FunctionalInterface
    private interface Left {
        double of(int head);
    }

    /**
     * @param rotated multiplications that each number of a head costs for every pair
     * @param compared what each element costs of a pair that no head rules out
     */
    private static SearchPlan least(Rotation rotation, double rotated, double compared, Left leaves) {
        int dimension = rotation.dimension();
        double wholePair = FETCHED + compared * dimension;
        SearchPlan best = inFull(dimension);
        double least = dimension;
        for (int first : below(FIRST, Math.min(rotation.count(), dimension / 2))) {
            double left = leaves.of(first);
            double given = first + 1 + left * GIVEN;
            double one = given + first * rotated + left * wholePair;
            if (one < least) {
                least = one;
                best = new SearchPlan(dimension, rotation.first(first), first, 0);
            }
            for (int second : below(SECOND, rotation.count() + 1)) {
                double cost = given + second * rotated + left * (FETCHED + IN_FLOAT32 * second);
                if (second <= first || cost >= least) {
                    continue;
                }
                cost += leaves.of(second) * wholePair;
                if (cost < least) {
                    least = cost;
                    best = new SearchPlan(dimension, rotation.first(second), first, second);
                }
            }
        }
        return best;
    }

    private static List<Integer> below(int[] heads, int end) {
        List<Integer> below = new ArrayList<>();
        for (int head : heads) {
            if (head < end) {
                below.add(head);
            }
        }
        return below;
    }

    /** The part of pairs that a head does not rule out. */
    private static double left(
            Rotation rotation, int head, float[] left, float[] right, float[] thresholds, MatrixProduct product) {
        HeadBound bound = new HeadBound(rotation, head);
        int count = rotation.count();
        float[] leftHeads = bound.rows(left, left.length / count, count);
        float[] rightHeads = left == right ? leftHeads : bound.rows(right, right.length / count, count);
        return reaching(leftHeads, rightHeads, bound.width(), thresholds, bound.slack(), product);
    }

    /** The part of pairs that reach the threshold of their left row, less some slack; without those of a row and itself. */
    private static double reaching(
            float[] left, float[] right, int width, float[] thresholds, double slack, MatrixProduct product) {
        int rows = left.length / width;
        int columns = right.length / width;
        float[] scores = new float[rows * columns];
        product.multiply(left, rows, right, columns, width, scores);
        long reaching = left == right ? -rows : 0;
        for (int i = 0; i < rows; i++) {
            float least = Float32Error.below(thresholds[i] - slack);
            for (int j = 0; j < columns; j++) {
                if (scores[i * columns + j] >= least) {
                    reaching++;
                }
            }
        }
        return Math.max(0, reaching) / ((double) rows * columns);
    }

    public int dimension() {
        return dimension;
    }

    /** Axes of the rotation, {@code [last of stages, dimension]}; empty without stages. */
    public float[] axes() {
        return rotation == null ? new float[0] : rotation.axes();
    }

    /** Lengths of the heads that rule pairs out, one after the other; empty if every pair is multiplied in full. */
    public int[] stages() {
        if (rotation == null) {
            return new int[0];
        }
        return second == 0 ? new int[] {first} : new int[] {first, second};
    }

    boolean isInFull() {
        return rotation == null;
    }

    Rotation rotation() {
        return rotation;
    }

    @Override
    public String toString() {
        if (rotation == null) {
            return "every pair in full";
        }
        return second == 0
                ? "heads of %s".formatted(first)
                : "heads of %s, of what is left %s".formatted(first, second);
    }
}
