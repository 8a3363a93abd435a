package io.swinlake.preprocess;

import static io.swinlake.preprocess.ResampleWeights.HALF;
import static io.swinlake.preprocess.ResampleWeights.PRECISION_BITS;

import io.swinlake.image.Pixels;
import java.util.Arrays;

/**
 * Pillow's two passes in the order that version 13 takes for tall images: source columns are resized vertically, rounded and
 * clamped to 0..255, then summed horizontally. Row by row of the output, so that nothing is kept.
 */
final class VerticalFirst implements RowSource {
    private static final int CHANNELS = 3;

    private final Pixels image;
    private final ResampleWeights columns;
    private final ResampleWeights rows;
    private final int firstColumn;

    /** One output row before the horizontal pass, {@code [source columns * 3]}. */
    private final int[] sums;

    VerticalFirst(Pixels image, ResampleWeights columns, ResampleWeights rows) {
        this.image = image;
        this.columns = columns;
        this.rows = rows;
        this.firstColumn = columns.first()[0];
        this.sums = new int[(columns.end() - firstColumn) * CHANNELS];
    }

    @Override
    public void row(int y, byte[] target, int offset) {
        vertical(y);
        for (int x = 0; x < columns.first().length; x++) {
            int from = (columns.first()[x] - firstColumn) * CHANNELS;
            for (int c = 0; c < CHANNELS; c++) {
                int sum = HALF;
                for (int t = 0; t < columns.taps()[x]; t++) {
                    sum += columns.weights()[x * columns.stride() + t] * sums[from + t * CHANNELS + c];
                }
                target[offset + x * CHANNELS + c] = (byte) clamped(sum);
            }
        }
    }

    private void vertical(int y) {
        Arrays.fill(sums, HALF);
        byte[] rgb = image.rgb();
        int rowBytes = image.width() * CHANNELS;
        for (int t = 0; t < rows.taps()[y]; t++) {
            int weight = rows.weights()[y * rows.stride() + t];
            int from = (rows.first()[y] + t) * rowBytes + firstColumn * CHANNELS;
            for (int i = 0; i < sums.length; i++) {
                sums[i] += weight * (rgb[from + i] & 0xFF);
            }
        }
        for (int i = 0; i < sums.length; i++) {
            sums[i] = clamped(sums[i]);
        }
    }

    private static int clamped(int sum) {
        return Math.max(0, Math.min(255, sum >> PRECISION_BITS));
    }
}
