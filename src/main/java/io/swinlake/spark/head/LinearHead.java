package io.swinlake.spark.head;

import io.swinlake.checkpoint.CheckpointException;

/** One linear layer on an embedding: {@code x W^T + b}. Read from a file, and checked. */
final class LinearHead {
    /** A gibibyte of float64; the head of ImageNet-22k on Swin-L has a quarter of it. */
    private static final int MOST_NUMBERS = 1 << 27;

    private final boolean isBinomial;
    private final int outputs;
    private final int dimension;
    private final double[] numbers;

    private LinearHead(boolean isBinomial, int outputs, int dimension, double[] numbers) {
        this.isBinomial = isBinomial;
        this.outputs = outputs;
        this.dimension = dimension;
        this.numbers = numbers;
    }

    /**
     * A head of which nothing is there yet but room for its numbers.
     *
     * @param isBinomial whether the one output is the margin of the second of two classes, as Spark ML keeps them
     */
    static LinearHead withRoom(String location, boolean isBinomial, long outputs, long dimension) {
        if (outputs * (dimension + 1) > MOST_NUMBERS) {
            throw new CheckpointException(
                    "%s: a linear layer of [%d, %d] has more than the %d numbers that a query can send to its executors",
                    location, outputs, dimension, MOST_NUMBERS);
        }
        return new LinearHead(
                isBinomial, (int) outputs, (int) dimension, new double[(int) (outputs * (dimension + 1))]);
    }

    void setWeight(int output, int element, double value) {
        numbers[output * dimension + element] = value;
    }

    void setBias(int output, double value) {
        numbers[outputs * dimension + output] = value;
    }

    boolean isBinomial() {
        return isBinomial;
    }

    int outputs() {
        return outputs;
    }

    int dimension() {
        return dimension;
    }

    /** The weights {@code [outputs, dimension]} in C order, then the biases {@code [outputs]}. */
    double[] numbers() {
        return numbers;
    }
}
