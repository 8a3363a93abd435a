package io.swinlake.swin;

import io.swinlake.graph.Scope;
import io.swinlake.tensor.Tensor;

/**
 * What a pair of tokens' relative position adds to its score, {@code [heads, tokens, tokens]}: a learned table in V1
 * (arXiv:2103.14030, eq. 4), a small network of log-spaced coordinates in V2 (arXiv:2111.09883, section 3.3). It depends on
 * no image, so it is computed once, when the network is built.
 */
final class PositionBias {
    /** Hidden units of V2's network. */
    private static final int HIDDEN = 512;

    private PositionBias() {}

    /** V1: looked up in {@code relative_position_bias_table}. */
    static float[] table(Scope scope, ImageSize window, int heads) {
        int offsets = offsets(window.height()) * offsets(window.width());
        float[] table =
                scope.tensor("relative_position_bias_table", offsets, heads).toFloats();
        return gather(table, window, heads);
    }

    /**
     * V2: {@code 16 sigmoid(MLP(log-spaced offsets))}.
     *
     * @param pretrainedWindow window that the offsets are measured in, tokens; 0 for the window itself
     */
    static float[] continuous(Scope scope, ImageSize window, int pretrainedWindow, int heads) {
        Scope mlp = scope.child("cpb_mlp");
        Tensor weight1 = mlp.tensor("0.weight", HIDDEN, 2);
        Tensor bias1 = mlp.tensor("0.bias", HIDDEN);
        Tensor weight2 = mlp.tensor("2.weight", heads, HIDDEN);
        float[] w1 = weight1.toFloats();
        float[] b1 = bias1.toFloats();
        float[] w2 = weight2.toFloats();

        int rows = offsets(window.height());
        int columns = offsets(window.width());
        float[] table = new float[rows * columns * heads];
        double[] hidden = new double[HIDDEN];
        for (int row = 0; row < rows; row++) {
            double y = logSpaced(row - window.height() + 1, pretrainedWindow > 0 ? pretrainedWindow : window.height());
            for (int column = 0; column < columns; column++) {
                double x = logSpaced(
                        column - window.width() + 1, pretrainedWindow > 0 ? pretrainedWindow : window.width());
                for (int i = 0; i < HIDDEN; i++) {
                    hidden[i] = Math.max(0, w1[2 * i] * y + w1[2 * i + 1] * x + b1[i]);
                }
                for (int head = 0; head < heads; head++) {
                    double sum = 0;
                    for (int i = 0; i < HIDDEN; i++) {
                        sum += w2[head * HIDDEN + i] * hidden[i];
                    }
                    table[(row * columns + column) * heads + head] = (float) (16 / (1 + Math.exp(-sum)));
                }
            }
        }
        return gather(table, window, heads);
    }

    /** {@code sign(c) log2(1 + |c|) / log2(8)}, where c runs from -8 to 8 over the offsets of a window. Eq. 4 of V2. */
    private static double logSpaced(int offset, int window) {
        if (window == 1) {
            return 0; // the one offset of a one-token window is 0; 0 / 0 otherwise
        }
        double scaled = 8.0 * offset / (window - 1);
        return Math.signum(scaled) * Math.log1p(Math.abs(scaled)) / Math.log(8);
    }

    /** Number of different offsets between two positions of a window's side. */
    private static int offsets(int side) {
        return 2 * side - 1;
    }

    /** From {@code [offsets, heads]} to {@code [heads, query, key]}; the offset is query minus key. */
    private static float[] gather(float[] table, ImageSize window, int heads) {
        int tokens = window.height() * window.width();
        float[] bias = new float[heads * tokens * tokens];
        for (int query = 0; query < tokens; query++) {
            for (int key = 0; key < tokens; key++) {
                int row = query / window.width() - key / window.width() + window.height() - 1;
                int column = query % window.width() - key % window.width() + window.width() - 1;
                int offset = row * offsets(window.width()) + column;
                for (int head = 0; head < heads; head++) {
                    bias[(head * tokens + query) * tokens + key] = table[offset * heads + head];
                }
            }
        }
        return bias;
    }
}
