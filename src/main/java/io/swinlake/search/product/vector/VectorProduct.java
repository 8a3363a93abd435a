package io.swinlake.search.product.vector;

import io.swinlake.search.product.MatrixProduct;
import io.swinlake.search.product.ThresholdProduct;
import io.swinlake.search.product.VectorApi;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The matrix product by Java's Vector API: 4 rows of one side and 4 registers' worth of the other grow 16 registers of
 * scores, which a threshold is compared with before they are written anywhere. Measured on one Zen 5 core with AVX-512: 150
 * to 180 GFLOP/s. Only {@link VectorApi} names this class, since it loads only where the module is.
 */
final class VectorProduct implements MatrixProduct, ThresholdProduct {
    private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;

    private static final int L = LANES.length();

    /** Rows of the right side in a tile. */
    private static final int TILE = 4 * L;

    /** Elements of a row that are multiplied in one go: a tile of these lies in a cache of 32 KiB. */
    private static final int DEPTH = 128;

    /** Longest rows of which whole scores are compared: beyond, the tile leaves the caches. */
    private static final int MOST_FUSED = 256;

    /** Rows of the left side that stay in a cache of 1 MiB while tiles pass by. */
    private static final int LEFT = 1024;

    @Override
    public void multiply(float[] queries, int queryCount, float[] rows, int rowCount, int dimension, float[] scores) {
        Arrays.fill(scores, 0, queryCount * rowCount, 0);
        float[] tile = new float[DEPTH * TILE];
        float[] block = new float[8 * TILE];
        for (int k = 0; k < dimension; k += DEPTH) {
            int depth = Math.min(DEPTH, dimension - k);
            for (int query = 0; query < queryCount; query += LEFT) {
                int end = Math.min(queryCount, query + LEFT);
                for (int row = 0; row < rowCount; row += TILE) {
                    int width = Math.min(TILE, rowCount - row);
                    pack(rows, row, width, dimension, k, depth, tile);
                    boolean isNarrow = width <= 2 * L;
                    int most = isNarrow ? 8 : 4;
                    for (int i = query; i < end; i += most) {
                        int count = Math.min(most, end - i);
                        if (isNarrow) {
                            multiplyNarrow(queries, i, count, dimension, k, depth, tile, block);
                        } else {
                            multiply(queries, i, count, dimension, k, depth, tile, block);
                        }
                        for (int r = 0; r < count; r++) {
                            add(block, r * TILE, scores, (i + r) * rowCount + row, width);
                        }
                    }
                }
            }
        }
    }

    private static void add(float[] block, int from, float[] scores, int at, int width) {
        for (int j = 0; j < width; j++) {
            scores[at + j] += block[from + j];
        }
    }

    @Override
    public float dot(float[] v, int vAt, float[] w, int wAt, int count) {
        FloatVector s0 = FloatVector.zero(LANES);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        int i = 0;
        for (; i <= count - 4 * L; i += 4 * L) {
            s0 = at(v, vAt + i).fma(at(w, wAt + i), s0);
            s1 = at(v, vAt + i + L).fma(at(w, wAt + i + L), s1);
            s2 = at(v, vAt + i + 2 * L).fma(at(w, wAt + i + 2 * L), s2);
            s3 = at(v, vAt + i + 3 * L).fma(at(w, wAt + i + 3 * L), s3);
        }
        for (; i <= count - L; i += L) {
            s0 = at(v, vAt + i).fma(at(w, wAt + i), s0);
        }
        float sum = s0.add(s1).add(s2.add(s3)).reduceLanes(VectorOperators.ADD);
        for (; i < count; i++) {
            sum += v[vAt + i] * w[wAt + i];
        }
        return sum;
    }

    private static FloatVector at(float[] v, int at) {
        return FloatVector.fromArray(LANES, v, at);
    }

    @Override
    public void pairs(Side left, Side right, float[] least, PairSink sink) {
        int width = left.width();
        if (width > MOST_FUSED) {
            ThresholdProduct.lookingThrough(this).pairs(left, right, least, sink);
            return;
        }
        float[] tile = new float[width * TILE];
        long[] reached = new long[16];
        long[] open = new long[8];
        for (int first = left.first(); first < left.end(); first += LEFT) {
            int end = Math.min(left.end(), first + LEFT);
            for (int j = right.first(); j < right.end(); j += TILE) {
                int columns = Math.min(TILE, right.end() - j);
                pack(right.elements(), j, columns, width, 0, width, tile);
                open(sink, j, columns, open);
                for (int i = first; i < end; i += 4) {
                    if (reach(left.elements(), i, Math.min(4, end - i), width, tile, least, reached)) {
                        give(reached, open, i, Math.min(4, end - i), j, sink);
                    }
                }
            }
        }
    }

    /** Rows of the tile, as bits of 4 registers: first all that there are, then those that are not done. */
    private static void open(PairSink sink, int right, int columns, long[] open) {
        Arrays.fill(open, 0);
        for (int j = 0; j < columns; j++) {
            long bit = 1L << j % L;
            open[j / L] |= bit;
            if (!sink.isDoneRight(right + j)) {
                open[4 + j / L] |= bit;
            }
        }
    }

    private static void give(long[] reached, long[] open, int left, int rows, int right, PairSink sink) {
        for (int row = 0; row < rows; row++) {
            int wanted = sink.isDoneLeft(left + row) ? 4 : 0;
            for (int register = 0; register < 4; register++) {
                for (long bits = reached[4 * row + register] & open[wanted + register]; bits != 0; bits &= bits - 1) {
                    sink.accept(left + row, right + register * L + Long.numberOfTrailingZeros(bits));
                }
            }
        }
    }

    /** {@code [depth, TILE]}: a few rows transposed. */
    private static void pack(float[] rows, int first, int count, int dimension, int k, int depth, float[] tile) {
        if (count < TILE) {
            Arrays.fill(tile, 0);
        }
        for (int j = 0; j < count; j++) {
            int from = (first + j) * dimension + k;
            for (int p = 0; p < depth; p++) {
                tile[p * TILE + j] = rows[from + p];
            }
        }
    }

    /** Which of 4 rows reach their least score with which of the tile: bits of 4 registers for each row. */
    private static boolean reach(
            float[] left, int row, int rows, int width, float[] tile, float[] least, long[] reached) {
        int a0 = row * width;
        int a1 = rows > 1 ? a0 + width : a0;
        int a2 = rows > 2 ? a1 + width : a1;
        int a3 = rows > 3 ? a2 + width : a2;
        FloatVector c00 = FloatVector.zero(LANES);
        FloatVector c01 = c00;
        FloatVector c02 = c00;
        FloatVector c03 = c00;
        FloatVector c10 = c00;
        FloatVector c11 = c00;
        FloatVector c12 = c00;
        FloatVector c13 = c00;
        FloatVector c20 = c00;
        FloatVector c21 = c00;
        FloatVector c22 = c00;
        FloatVector c23 = c00;
        FloatVector c30 = c00;
        FloatVector c31 = c00;
        FloatVector c32 = c00;
        FloatVector c33 = c00;
        for (int p = 0; p < width; p++) {
            int b = p * TILE;
            FloatVector b0 = FloatVector.fromArray(LANES, tile, b);
            FloatVector b1 = FloatVector.fromArray(LANES, tile, b + L);
            FloatVector b2 = FloatVector.fromArray(LANES, tile, b + 2 * L);
            FloatVector b3 = FloatVector.fromArray(LANES, tile, b + 3 * L);
            FloatVector a = FloatVector.broadcast(LANES, left[a0 + p]);
            c00 = a.fma(b0, c00);
            c01 = a.fma(b1, c01);
            c02 = a.fma(b2, c02);
            c03 = a.fma(b3, c03);
            a = FloatVector.broadcast(LANES, left[a1 + p]);
            c10 = a.fma(b0, c10);
            c11 = a.fma(b1, c11);
            c12 = a.fma(b2, c12);
            c13 = a.fma(b3, c13);
            a = FloatVector.broadcast(LANES, left[a2 + p]);
            c20 = a.fma(b0, c20);
            c21 = a.fma(b1, c21);
            c22 = a.fma(b2, c22);
            c23 = a.fma(b3, c23);
            a = FloatVector.broadcast(LANES, left[a3 + p]);
            c30 = a.fma(b0, c30);
            c31 = a.fma(b1, c31);
            c32 = a.fma(b2, c32);
            c33 = a.fma(b3, c33);
        }
        float least0 = least[row];
        float least1 = least[row + (rows > 1 ? 1 : 0)];
        float least2 = least[row + (rows > 2 ? 2 : 0)];
        float least3 = least[row + (rows > 3 ? 3 : 0)];
        boolean any = reaches(c00, c01, c02, c03, least0)
                || reaches(c10, c11, c12, c13, least1)
                || reaches(c20, c21, c22, c23, least2)
                || reaches(c30, c31, c32, c33, least3);
        if (any) {
            reached[0] = bits(c00, least0);
            reached[1] = bits(c01, least0);
            reached[2] = bits(c02, least0);
            reached[3] = bits(c03, least0);
            reached[4] = bits(c10, least1);
            reached[5] = bits(c11, least1);
            reached[6] = bits(c12, least1);
            reached[7] = bits(c13, least1);
            reached[8] = bits(c20, least2);
            reached[9] = bits(c21, least2);
            reached[10] = bits(c22, least2);
            reached[11] = bits(c23, least2);
            reached[12] = bits(c30, least3);
            reached[13] = bits(c31, least3);
            reached[14] = bits(c32, least3);
            reached[15] = bits(c33, least3);
        }
        return any;
    }

    private static boolean reaches(FloatVector c0, FloatVector c1, FloatVector c2, FloatVector c3, float least) {
        return c0.max(c1).max(c2.max(c3)).compare(VectorOperators.GE, least).anyTrue();
    }

    private static long bits(FloatVector scores, float least) {
        return scores.compare(VectorOperators.GE, least).toLong();
    }

    /**
     * Writes {@code [4, TILE]}: the products of up to 4 rows and the tile. The loop is that of {@link #reach}, which has its own
     * so that the sums stay in registers.
     */
    private static void multiply(
            float[] left, int row, int rows, int dimension, int k, int depth, float[] tile, float[] block) {
        int a0 = row * dimension + k;
        int a1 = rows > 1 ? a0 + dimension : a0;
        int a2 = rows > 2 ? a1 + dimension : a1;
        int a3 = rows > 3 ? a2 + dimension : a2;
        FloatVector c00 = FloatVector.zero(LANES);
        FloatVector c01 = c00;
        FloatVector c02 = c00;
        FloatVector c03 = c00;
        FloatVector c10 = c00;
        FloatVector c11 = c00;
        FloatVector c12 = c00;
        FloatVector c13 = c00;
        FloatVector c20 = c00;
        FloatVector c21 = c00;
        FloatVector c22 = c00;
        FloatVector c23 = c00;
        FloatVector c30 = c00;
        FloatVector c31 = c00;
        FloatVector c32 = c00;
        FloatVector c33 = c00;
        for (int p = 0; p < depth; p++) {
            int b = p * TILE;
            FloatVector b0 = FloatVector.fromArray(LANES, tile, b);
            FloatVector b1 = FloatVector.fromArray(LANES, tile, b + L);
            FloatVector b2 = FloatVector.fromArray(LANES, tile, b + 2 * L);
            FloatVector b3 = FloatVector.fromArray(LANES, tile, b + 3 * L);
            FloatVector a = FloatVector.broadcast(LANES, left[a0 + p]);
            c00 = a.fma(b0, c00);
            c01 = a.fma(b1, c01);
            c02 = a.fma(b2, c02);
            c03 = a.fma(b3, c03);
            a = FloatVector.broadcast(LANES, left[a1 + p]);
            c10 = a.fma(b0, c10);
            c11 = a.fma(b1, c11);
            c12 = a.fma(b2, c12);
            c13 = a.fma(b3, c13);
            a = FloatVector.broadcast(LANES, left[a2 + p]);
            c20 = a.fma(b0, c20);
            c21 = a.fma(b1, c21);
            c22 = a.fma(b2, c22);
            c23 = a.fma(b3, c23);
            a = FloatVector.broadcast(LANES, left[a3 + p]);
            c30 = a.fma(b0, c30);
            c31 = a.fma(b1, c31);
            c32 = a.fma(b2, c32);
            c33 = a.fma(b3, c33);
        }
        store(block, 0, c00, c01, c02, c03);
        store(block, TILE, c10, c11, c12, c13);
        store(block, 2 * TILE, c20, c21, c22, c23);
        store(block, 3 * TILE, c30, c31, c32, c33);
    }

    /** Writes {@code [8, TILE]}, of each row half: a tile of at most two registers' worth with 8 rows grows as many registers of sums. */
    private static void multiplyNarrow(
            float[] left, int row, int rows, int dimension, int k, int depth, float[] tile, float[] block) {
        int a0 = row * dimension + k;
        int a1 = rows > 1 ? a0 + dimension : a0;
        int a2 = rows > 2 ? a1 + dimension : a1;
        int a3 = rows > 3 ? a2 + dimension : a2;
        int a4 = rows > 4 ? a3 + dimension : a3;
        int a5 = rows > 5 ? a4 + dimension : a4;
        int a6 = rows > 6 ? a5 + dimension : a5;
        int a7 = rows > 7 ? a6 + dimension : a6;
        FloatVector c00 = FloatVector.zero(LANES);
        FloatVector c01 = c00;
        FloatVector c10 = c00;
        FloatVector c11 = c00;
        FloatVector c20 = c00;
        FloatVector c21 = c00;
        FloatVector c30 = c00;
        FloatVector c31 = c00;
        FloatVector c40 = c00;
        FloatVector c41 = c00;
        FloatVector c50 = c00;
        FloatVector c51 = c00;
        FloatVector c60 = c00;
        FloatVector c61 = c00;
        FloatVector c70 = c00;
        FloatVector c71 = c00;
        for (int p = 0; p < depth; p++) {
            int b = p * TILE;
            FloatVector b0 = FloatVector.fromArray(LANES, tile, b);
            FloatVector b1 = FloatVector.fromArray(LANES, tile, b + L);
            FloatVector a = FloatVector.broadcast(LANES, left[a0 + p]);
            c00 = a.fma(b0, c00);
            c01 = a.fma(b1, c01);
            a = FloatVector.broadcast(LANES, left[a1 + p]);
            c10 = a.fma(b0, c10);
            c11 = a.fma(b1, c11);
            a = FloatVector.broadcast(LANES, left[a2 + p]);
            c20 = a.fma(b0, c20);
            c21 = a.fma(b1, c21);
            a = FloatVector.broadcast(LANES, left[a3 + p]);
            c30 = a.fma(b0, c30);
            c31 = a.fma(b1, c31);
            a = FloatVector.broadcast(LANES, left[a4 + p]);
            c40 = a.fma(b0, c40);
            c41 = a.fma(b1, c41);
            a = FloatVector.broadcast(LANES, left[a5 + p]);
            c50 = a.fma(b0, c50);
            c51 = a.fma(b1, c51);
            a = FloatVector.broadcast(LANES, left[a6 + p]);
            c60 = a.fma(b0, c60);
            c61 = a.fma(b1, c61);
            a = FloatVector.broadcast(LANES, left[a7 + p]);
            c70 = a.fma(b0, c70);
            c71 = a.fma(b1, c71);
        }
        store(block, 0, c00, c01);
        store(block, TILE, c10, c11);
        store(block, 2 * TILE, c20, c21);
        store(block, 3 * TILE, c30, c31);
        store(block, 4 * TILE, c40, c41);
        store(block, 5 * TILE, c50, c51);
        store(block, 6 * TILE, c60, c61);
        store(block, 7 * TILE, c70, c71);
    }

    private static void store(float[] block, int at, FloatVector c0, FloatVector c1) {
        c0.intoArray(block, at);
        c1.intoArray(block, at + L);
    }

    private static void store(float[] block, int at, FloatVector c0, FloatVector c1, FloatVector c2, FloatVector c3) {
        store(block, at, c0, c1);
        store(block, at + 2 * L, c2, c3);
    }
}
