package io.swinlake.preprocess;

import io.swinlake.preprocess.Recipe.Filter;

/**
 * Weights of one resampling pass along one axis, as Pillow computes them: in double, normalised, then rounded to integers
 * of 22 fractional bits. When shrinking, the filter is stretched by the scale, so that every source pixel has a share.
 *
 * @param first for each output pixel the first source pixel that it reads
 * @param taps for each output pixel how many source pixels it reads
 * @param weights {@code [outputs, stride]}
 * @param stride room for one output's weights
 */
@SuppressWarnings("ArrayRecordComponent") // shared by the threads that resize, written by none, compared never
record ResampleWeights(int[] first, int[] taps, int[] weights, int stride) {
    /** Fractional bits of a weight: 32 less 8 of a sample and 2 of headroom for bicubic overshoot. */
    static final int PRECISION_BITS = 22;

    /** One half, to which weighted samples are added so that the shift by {@link #PRECISION_BITS} rounds. */
    static final int HALF = 1 << (PRECISION_BITS - 1);

    /**
     * Weights of the output pixels {@code outStart .. outStart + outCount - 1} when {@code inSize} pixels become
     * {@code outSize}.
     */
    static ResampleWeights of(Filter filter, int inSize, int outSize, int outStart, int outCount) {
        double scale = (double) inSize / outSize;
        if (filter == Filter.NEAREST) {
            return nearest(scale, inSize, outStart, outCount);
        }
        double filterScale = Math.max(scale, 1.0);
        double support = radius(filter) * filterScale;
        int stride = stride(filter, inSize, outSize);
        int[] first = new int[outCount];
        int[] taps = new int[outCount];
        int[] weights = new int[outCount * stride];
        double[] exact = new double[stride];
        for (int i = 0; i < outCount; i++) {
            double center = (outStart + i + 0.5) * scale;
            first[i] = Math.max(0, (int) (center - support + 0.5));
            taps[i] = Math.min(inSize, (int) (center + support + 0.5)) - first[i];
            double sum = 0;
            for (int t = 0; t < taps[i]; t++) {
                exact[t] = value(filter, (first[i] + t - center + 0.5) * (1.0 / filterScale));
                sum += exact[t];
            }
            for (int t = 0; t < taps[i]; t++) {
                weights[i * stride + t] = fixedPoint(exact[t] / sum);
            }
        }
        return new ResampleWeights(first, taps, weights, stride);
    }

    /** Pillow adds up the steps, so rounding errors add up as well. */
    private static ResampleWeights nearest(double scale, int inSize, int outStart, int outCount) {
        int[] first = new int[outCount];
        int[] taps = new int[outCount];
        int[] weights = new int[outCount];
        double at = scale * 0.5;
        for (int i = 0; i < outStart + outCount; i++) {
            if (i >= outStart) {
                first[i - outStart] = Math.min((int) at, inSize - 1);
                taps[i - outStart] = 1;
                weights[i - outStart] = 1 << PRECISION_BITS;
            }
            at += scale;
        }
        return new ResampleWeights(first, taps, weights, 1);
    }

    /** How many weights one output pixel may have: what a table costs, times its outputs. */
    static int stride(Filter filter, int inSize, int outSize) {
        double filterScale = Math.max((double) inSize / outSize, 1.0);
        return (int) Math.ceil(radius(filter) * filterScale) * 2 + 1;
    }

    /** Source pixel after the last one that any output reads. */
    int end() {
        int last = first.length - 1;
        return first[last] + taps[last];
    }

    private static int fixedPoint(double weight) {
        double scaled = weight * (1 << PRECISION_BITS);
        return (int) (scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    }

    private static double radius(Filter filter) {
        return switch (filter) {
            case NEAREST, BOX -> 0.5;
            case BILINEAR, HAMMING -> 1.0;
            case BICUBIC -> 2.0;
            case LANCZOS -> 3.0;
        };
    }

    private static double value(Filter filter, double offset) {
        double x = Math.abs(offset);
        return switch (filter) {
            case NEAREST -> throw new IllegalArgumentException("nearest reads one pixel, not a weighted sum");
            case BOX -> offset > -0.5 && offset <= 0.5 ? 1 : 0;
            case HAMMING -> x < 1 ? sinc(x) * (0.54f + 0.46f * Math.cos(Math.PI * x)) : 0; // Pillow has floats there
            case LANCZOS -> offset >= -3 && offset < 3 ? sinc(x) * sinc(x / 3) : 0;
            case BILINEAR -> x < 1 ? 1 - x : 0;
            case BICUBIC -> bicubic(x);
        };
    }

    private static double sinc(double x) {
        return x == 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    }

    /** Keys' cubic convolution with a = -0.5. */
    private static double bicubic(double x) {
        double a = -0.5;
        if (x < 1) {
            return ((a + 2) * x - (a + 3)) * x * x + 1;
        }
        return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    }
}
