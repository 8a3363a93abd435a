package io.swinlake.search;

import io.swinlake.search.product.MatrixProduct;
import io.swinlake.search.product.ThresholdProduct;
import io.swinlake.search.product.ThresholdProduct.PairSink;
import io.swinlake.search.product.ThresholdProduct.Side;

/** The heads of some queries, and the least that a row's head has to reach for its row to be a neighbour. */
final class QueryHeads {
    private final int queries;
    private final Rotation rotation;
    private final MatrixProduct product;
    private final ThresholdProduct thresholdProduct;
    private final HeadBound first;
    private final HeadBound second; // null without a second stage
    private final float[] firstRows;
    private final float[] secondRows;
    private final float[] firstLeast;
    private final float[] secondLeast;

    /**
     * @param units {@code [queries, dimension]}, of opposite sign where the least similar rows are wanted
     * @param plan of at least one stage
     */
    QueryHeads(float[] units, int queries, SearchPlan plan, MatrixProduct product) {
        this.queries = queries;
        this.rotation = plan.rotation();
        this.product = product;
        this.thresholdProduct = ThresholdProduct.by(product);
        int[] stages = plan.stages();
        this.first = new HeadBound(rotation, stages[0]);
        this.second = stages.length == 1 ? null : new HeadBound(rotation, stages[1]);
        float[] coordinates = rotation.coordinates(units, queries, product);
        this.firstRows = first.rows(coordinates, queries, rotation.count());
        this.secondRows = second == null ? new float[0] : second.rows(coordinates, queries, rotation.count());
        this.firstLeast = new float[queries];
        this.secondLeast = new float[queries];
    }

    /** From now on, gives a query only rows whose cosine, or its opposite, may reach this one. */
    void require(int query, double cosine) {
        firstLeast[query] = Float32Error.below(cosine - first.slack());
        secondLeast[query] = second == null ? 0 : Float32Error.below(cosine - second.slack());
    }

    /** Gives the rows that are not ruled out, by query and row. */
    void search(float[] rowUnits, int rows, SearchWork work, PairSink sink) {
        float[] coordinates = rotation.coordinates(rowUnits, rows, product);
        float[] firsts = first.rows(coordinates, rows, rotation.count());
        float[] seconds = second == null ? firsts : second.rows(coordinates, rows, rotation.count());
        work.addPairs((long) queries * rows, first.width());
        work.addPicked((long) rows * rotation.count() * rotation.dimension());
        thresholdProduct.pairs(
                new Side(firstRows, first.width(), 0, queries),
                new Side(firsts, first.width(), 0, rows),
                firstLeast,
                (query, row) -> {
                    if (second != null) {
                        int width = second.width();
                        work.addPicked(width);
                        if (SimilarRows.dot(secondRows, query * width, seconds, row * width, width)
                                < secondLeast[query]) {
                            return;
                        }
                    }
                    sink.accept(query, row);
                });
    }
}
