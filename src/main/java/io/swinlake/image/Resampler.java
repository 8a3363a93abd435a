package io.swinlake.image;

import static io.swinlake.image.ResampleWeights.HALF;
import static io.swinlake.image.ResampleWeights.PRECISION_BITS;

import java.util.Arrays;

/**
 * Pillow's two passes over one image: each source row horizontally, rounded and clamped to 0..255, then these rows
 * vertically. Rows are made when an output row first needs them and kept while later ones may.
 */
final class Resampler {
    private static final int CHANNELS = 3;

    private final Pixels image;
    private final ResampleWeights columns;
    private final ResampleWeights rows;
    /** Ring of horizontally resized source rows, samples 0..255; source row {@code y} is at {@code y % length}. */
    private final int[][] resized;

    private final int[] sums;
    private int nextSourceRow;

    Resampler(Pixels image, ResampleWeights columns, ResampleWeights rows) {
        int samples = columns.first().length * CHANNELS;
        this.image = image;
        this.columns = columns;
        this.rows = rows;
        this.resized = new int[Math.min(rows.stride(), image.height())][samples];
        this.sums = new int[samples];
        this.nextSourceRow = rows.first()[0];
    }

    /** Writes output row {@code y}; rows are asked for in order. */
    void row(int y, byte[] target, int offset) {
        int first = rows.first()[y];
        int taps = rows.taps()[y];
        while (nextSourceRow < first + taps) {
            resizeRow(nextSourceRow, resized[nextSourceRow % resized.length]);
            nextSourceRow++;
        }
        Arrays.fill(sums, HALF);
        for (int t = 0; t < taps; t++) {
            addWeighted(resized[(first + t) % resized.length], rows.weights()[y * rows.stride() + t], sums);
        }
        for (int i = 0; i < sums.length; i++) {
            target[offset + i] = (byte) sample(sums[i]);
        }
    }

    private static void addWeighted(int[] samples, int weight, int[] sums) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] += weight * samples[i];
        }
    }

    private void resizeRow(int y, int[] target) {
        byte[] rgb = image.rgb();
        int row = y * image.width() * CHANNELS;
        int[] weights = columns.weights();
        int stride = columns.stride();
        for (int x = 0; x < columns.first().length; x++) {
            int source = row + columns.first()[x] * CHANNELS;
            int end = x * stride + columns.taps()[x];
            int red = HALF;
            int green = HALF;
            int blue = HALF;
            for (int w = x * stride; w < end; w++) {
                red += weights[w] * (rgb[source] & 0xFF);
                green += weights[w] * (rgb[source + 1] & 0xFF);
                blue += weights[w] * (rgb[source + 2] & 0xFF);
                source += CHANNELS;
            }
            target[x * CHANNELS] = sample(red);
            target[x * CHANNELS + 1] = sample(green);
            target[x * CHANNELS + 2] = sample(blue);
        }
    }

    private static int sample(int sum) {
        return Math.max(0, Math.min(255, sum >> PRECISION_BITS));
    }
}
