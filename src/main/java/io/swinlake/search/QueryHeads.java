package io.swinlake.search;

import io.swinlake.search.product.MatrixProduct;
import io.swinlake.search.product.ThresholdProduct;
import io.swinlake.search.product.ThresholdProduct.Side;
import java.util.Optional;

/** Which rows may be neighbours of some queries: what their heads leave, and then float32. */
final class QueryHeads {
    private final int queries;
    private final float[] units;
    private final Rotation rotation;
    private final MatrixProduct product;
    private final ThresholdProduct thresholdProduct;
    private final Stage first;
    private final Optional<Stage> second;

    /** What float32 has to say of all elements of a pair. */
    private final float[] least;

    private final double error;

    /** Heads of the queries, and the least that a row's head has to reach for its row to be a neighbour. */
    private final class Stage {
        private final HeadBound bound;
        private final float[] heads;
        private final float[] least = new float[queries];

        Stage(int head, float[] coordinates) {
            this.bound = new HeadBound(rotation, head);
            this.heads = bound.rows(coordinates, queries, rotation.count());
        }

        void require(int query, double cosine) {
            least[query] = Float32Error.below(cosine - bound.slack());
        }

        float[] rows(float[] coordinates, int rows) {
            return bound.rows(coordinates, rows, rotation.count());
        }

        boolean leaves(int query, float[] heads, int row) {
            int width = bound.width();
            return product.dot(this.heads, query * width, heads, row * width, width) >= least[query];
        }
    }

    /**
     * @param units {@code [queries, dimension]}, of opposite sign where the least similar rows are wanted
     * @param plan of at least one stage
     */
    QueryHeads(float[] units, int queries, SearchPlan plan, MatrixProduct product) {
        this.queries = queries;
        this.units = units;
        this.rotation = plan.rotation();
        this.product = product;
        this.thresholdProduct = ThresholdProduct.by(product);
        float[] coordinates = rotation.coordinates(units, queries, product);
        int[] stages = plan.stages();
        this.first = new Stage(stages[0], coordinates);
        this.second = stages.length == 1 ? Optional.empty() : Optional.of(new Stage(stages[1], coordinates));
        this.least = new float[queries];
        this.error = Float32Error.bound(rotation.dimension());
    }

    /** From now on, gives a query only rows whose cosine, or its opposite, may reach this one. */
    void require(int query, double cosine) {
        first.require(query, cosine);
        second.ifPresent(stage -> stage.require(query, cosine));
        least[query] = Float32Error.below(cosine - error);
    }

    /** Gives the rows that are not ruled out, by query and row. */
    void search(float[] rowUnits, int rows, SearchWork work, ThresholdProduct.PairSink sink) {
        int dimension = rotation.dimension();
        float[] coordinates = rotation.coordinates(rowUnits, rows, product);
        float[] firsts = first.rows(coordinates, rows);
        float[] seconds = second.map(stage -> stage.rows(coordinates, rows)).orElse(firsts);
        work.addPairs((long) queries * rows, first.bound.width());
        work.addPicked((long) rows * rotation.count() * dimension);
        thresholdProduct.pairs(
                new Side(first.heads, first.bound.width(), 0, queries),
                new Side(firsts, first.bound.width(), 0, rows),
                first.least,
                (query, row) -> {
                    if (second.isPresent()) {
                        work.addPicked(second.get().bound.width());
                        if (!second.get().leaves(query, seconds, row)) {
                            return;
                        }
                    }
                    work.addInFull(dimension);
                    if (product.dot(units, query * dimension, rowUnits, row * dimension, dimension) >= least[query]) {
                        sink.accept(query, row);
                    }
                });
    }
}
