package io.swinlake.layout;

import io.swinlake.swin.Window;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.util.OptionalInt;

/** Swin V1's tables of relative positions for windows of another size, as the code bases resize them when they load them. */
final class BiasTables {
    /** PyTorch's constant of cubic convolution. */
    private static final double A = -0.75;

    private BiasTables() {}

    /** The side of a table of {@code side x side} offsets, if that is what its rows are. */
    static OptionalInt side(long rows) {
        int side = (int) Math.round(Math.sqrt((double) rows));
        return (long) side * side == rows && side % 2 == 1 ? OptionalInt.of(side) : OptionalInt.empty();
    }

    /** What one axis of the new table reads of the old one: places and their weights. */
    private static final class Axis {
        private final int[][] places;
        private final double[][] weights;

        Axis(int[][] places, double[][] weights) {
            this.places = places;
            this.weights = weights;
        }
    }

    /**
     * timm's {@code resize_rel_pos_bias_table}: the old offsets lie in a geometric progression that reaches as far as the new
     * ones, dense in the middle; between them it is linear.
     */
    static Tensor resizedAsTimm(Tensor table, Window window) {
        int side = side(table.shape().dim(0)).orElseThrow();
        return resized(
                table, side, geometric(side, 2 * window.height() - 1), geometric(side, 2 * window.width() - 1), window);
    }

    /** The original repository's {@code load_pretrained}: bicubic, as torch.nn.functional.interpolate. */
    static Tensor resizedAsMicrosoft(Tensor table, Window window) {
        int side = side(table.shape().dim(0)).orElseThrow();
        return resized(table, side, cubic(side, 2 * window.height() - 1), cubic(side, 2 * window.width() - 1), window);
    }

    private static Tensor resized(Tensor table, int side, Axis rows, Axis columns, Window window) {
        int heads = (int) table.shape().dim(1);
        int width = 2 * window.width() - 1;
        float[] from = table.toFloats();
        float[] to = new float[(int) window.offsets() * heads];
        for (int i = 0; i < to.length; i++) {
            int head = i % heads;
            int row = i / heads / width;
            int column = i / heads % width;
            double sum = 0;
            for (int y = 0; y < rows.places[row].length; y++) {
                double line = 0;
                for (int x = 0; x < columns.places[column].length; x++) {
                    int place = rows.places[row][y] * side + columns.places[column][x];
                    line += columns.weights[column][x] * from[place * heads + head];
                }
                sum += rows.weights[row][y] * line;
            }
            to[i] = (float) sum;
        }
        return Tensor.of(Shape.of(window.offsets(), heads), to);
    }

    private static Axis geometric(int from, int to) {
        float[] offsets = offsets(from, to);
        Axis axis = new Axis(new int[to][2], new double[to][2]);
        for (int i = 0; i < to; i++) {
            double wanted = i - to / 2;
            int right = 0;
            while (right < from - 1 && offsets[right] < wanted) {
                right++;
            }
            int left = Math.max(0, right - 1);
            double before = Math.max(0, wanted - offsets[left]);
            double behind = Math.max(0, offsets[right] - wanted);
            boolean isAlone = before == 0 && behind == 0;
            axis.places[i] = new int[] {left, right};
            axis.weights[i] = isAlone
                    ? new double[] {0.5, 0.5}
                    : new double[] {behind / (before + behind), before / (before + behind)};
        }
        return axis;
    }

    /** The old offsets in units of the new ones; the ratio is found by bisection, as closely as timm finds it. */
    private static float[] offsets(int from, int to) {
        double left = 1.01;
        double right = 1.5;
        double ratio = right;
        int steps = from / 2;
        int reachWanted = to / 2;
        while (right - left > 1e-6) {
            ratio = (left + right) / 2;
            double reach = (1 - Math.pow(ratio, steps)) / (1 - ratio);
            if (reach > reachWanted) {
                right = ratio;
            } else {
                left = ratio;
            }
        }
        float[] offsets = new float[from];
        double distance = 1;
        for (int i = 0; i < from / 2; i++) {
            offsets[from / 2 + 1 + i] = (float) distance;
            offsets[from / 2 - 1 - i] = (float) -distance;
            distance += Math.pow(ratio, i + 1);
        }
        return offsets;
    }

    private static Axis cubic(int from, int to) {
        Axis axis = new Axis(new int[to][4], new double[to][4]);
        double scale = (double) from / to;
        for (int i = 0; i < to; i++) {
            double center = (i + 0.5) * scale - 0.5;
            int first = (int) Math.floor(center);
            double t = center - first;
            double[] distances = {1 + t, t, 1 - t, 2 - t};
            for (int tap = 0; tap < 4; tap++) {
                axis.places[i][tap] = Math.max(0, Math.min(from - 1, first - 1 + tap));
                axis.weights[i][tap] = convolution(distances[tap]);
            }
        }
        return axis;
    }

    private static double convolution(double x) {
        return x <= 1 ? ((A + 2) * x - (A + 3)) * x * x + 1 : ((A * x - 5 * A) * x + 8 * A) * x - 4 * A;
    }
}
