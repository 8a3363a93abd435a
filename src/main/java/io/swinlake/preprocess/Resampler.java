package io.swinlake.preprocess;

import static io.swinlake.preprocess.ResampleWeights.HALF;
import static io.swinlake.preprocess.ResampleWeights.PRECISION_BITS;

import io.swinlake.image.Pixels;
import java.util.Arrays;

/**
 * Pillow's two passes over one image: source rows are resized horizontally, rounded and clamped to 0..255, then summed
 * vertically. Both passes add weighted int arrays as a whole, which the JIT compiler turns into vector instructions; for
 * this the horizontal pass takes up to 64 rows at a time, turned so that each column is one array. Rows are made when an output
 * row first needs them and kept while later ones may.
 */
final class Resampler implements RowSource {
    private static final int CHANNELS = 3;

    /** Source rows that are resized together, fewer where the image is wide. */
    private static final int MAX_BLOCK = 64;

    /** Samples that a block of more than one row may have. */
    private static final int MAX_BLOCK_SAMPLES = 1 << 20;

    private final Pixels image;
    private final ResampleWeights columns;
    private final ResampleWeights rows;
    private final int firstColumn;
    private final int block;
    /** One block of source rows, samples 0..255: {@code [source columns, 3 * block]}. */
    private final int[][] turned;
    /** The block resized, samples 0..255: {@code [output columns, 3 * block]}. */
    private final int[][] turnedResized;
    /** Ring of resized rows, {@code [rows, output columns * 3]}; source row {@code y} is at {@code y % length}. */
    private final int[][] resized;
    /** One output row, {@code [output columns * 3]}. */
    private final int[] sums;

    private int nextSourceRow;

    Resampler(Pixels image, ResampleWeights columns, ResampleWeights rows) {
        int width = columns.first().length;
        int sourceRows = rows.end() - rows.first()[0];
        this.image = image;
        this.columns = columns;
        this.rows = rows;
        this.firstColumn = columns.first()[0];
        int sourceColumns = columns.end() - firstColumn;
        this.block = Math.max(1, Math.min(MAX_BLOCK, MAX_BLOCK_SAMPLES / (sourceColumns * CHANNELS)));
        this.turned = new int[sourceColumns][CHANNELS * block];
        this.turnedResized = new int[width][CHANNELS * block];
        this.resized = new int[Math.min(rows.stride() + block, sourceRows)][width * CHANNELS];
        this.sums = new int[width * CHANNELS];
        this.nextSourceRow = rows.first()[0];
    }

    @Override
    public void row(int y, byte[] target, int offset) {
        int first = rows.first()[y];
        int taps = rows.taps()[y];
        while (nextSourceRow < first + taps) {
            resizeBlock(Math.min(block, rows.end() - nextSourceRow));
        }
        Arrays.fill(sums, HALF);
        for (int t = 0; t < taps; t++) {
            addWeighted(rows.weights()[y * rows.stride() + t], resized[(first + t) % resized.length], sums);
        }
        round(sums);
        for (int i = 0; i < sums.length; i++) {
            target[offset + i] = (byte) sums[i];
        }
    }

    /** The next source rows, horizontally. */
    private void resizeBlock(int count) {
        turn(count);
        for (int x = 0; x < turnedResized.length; x++) {
            int[] column = turnedResized[x];
            Arrays.fill(column, HALF);
            int first = columns.first()[x] - firstColumn;
            for (int t = 0; t < columns.taps()[x]; t++) {
                addWeighted(columns.weights()[x * columns.stride() + t], turned[first + t], column);
            }
            round(column);
        }
        for (int r = 0; r < count; r++) {
            turnBack(r, resized[(nextSourceRow + r) % resized.length]);
        }
        nextSourceRow += count;
    }

    private void turn(int count) {
        byte[] rgb = image.rgb();
        int rowBytes = image.width() * CHANNELS;
        int source = nextSourceRow * rowBytes + firstColumn * CHANNELS;
        for (int[] column : turned) {
            for (int c = 0; c < CHANNELS; c++) {
                for (int r = 0; r < count; r++) {
                    column[c * block + r] = rgb[source + r * rowBytes] & 0xFF;
                }
                source++;
            }
        }
    }

    private void turnBack(int r, int[] row) {
        for (int x = 0; x < turnedResized.length; x++) {
            int[] column = turnedResized[x];
            row[x * CHANNELS] = column[r];
            row[x * CHANNELS + 1] = column[block + r];
            row[x * CHANNELS + 2] = column[2 * block + r];
        }
    }

    private static void addWeighted(int weight, int[] samples, int[] sums) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] += weight * samples[i];
        }
    }

    /** Fixed-point sums to samples: {@code min(max(sum >> 22, 0), 255)}, in operations that vectorise. */
    private static void round(int[] sums) {
        for (int i = 0; i < sums.length; i++) {
            int sample = sums[i] >> PRECISION_BITS;
            int notNegative = sample & ~(sample >> 31);
            sums[i] = (notNegative | ((255 - notNegative) >> 31)) & 0xFF;
        }
    }
}
