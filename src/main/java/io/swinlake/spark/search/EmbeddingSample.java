package io.swinlake.spark.search;

import io.swinlake.search.EmbeddingMatrix;
import io.swinlake.search.SearchPlan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import org.apache.spark.api.java.JavaRDD;
import scala.Tuple3;

/**
 * How many embeddings a table has, and some of them, by one pass.
 *
 * @param rows embeddings of the table
 * @param embeddings of it, as many as are wanted or all
 */
public record EmbeddingSample(long rows, EmbeddingMatrix<Integer> embeddings) {
    /** Fewest of a partition, so that a small one among many is heard. */
    private static final int LEAST = 16;

    /** As many embeddings as {@link SearchPlan} uses. */
    public static EmbeddingSample of(JavaRDD<float[]> embeddings) {
        return of(embeddings, 2 * SearchPlan.SAMPLE);
    }

    /**
     * As many embeddings as are wanted.
     *
     * @param wanted of the table; the driver holds up to four times as many for a moment
     */
    public static EmbeddingSample of(JavaRDD<float[]> embeddings, int wanted) {
        int each = Math.min(wanted, Math.max(LEAST, 4 * wanted / Math.max(1, embeddings.getNumPartitions())));
        List<Tuple3<Long, Integer, float[]>> parts = embeddings
                .mapPartitionsWithIndex(
                        (part, rows) -> List.of(reservoir(part, rows, each)).iterator(), true)
                .collect();
        long rows = parts.stream().mapToLong(Tuple3::_1).sum();
        int dimension = parts.stream().mapToInt(Tuple3::_2).max().orElse(0);
        List<float[]> drawn = new ArrayList<>();
        for (Tuple3<Long, Integer, float[]> part : parts) {
            int share = (int) Math.ceil((double) wanted * part._1() / Math.max(1, rows));
            int width = part._2();
            for (int row = 0; width == dimension && row < Math.min(share, part._3().length / width); row++) {
                drawn.add(Arrays.copyOfRange(part._3(), row * width, (row + 1) * width));
            }
        }
        return new EmbeddingSample(rows, shuffled(drawn, Math.max(1, dimension)));
    }

    /** Embeddings as {@link SearchPlan} samples them: its halves must not be two parts of the table. */
    public static EmbeddingMatrix<Integer> shuffled(List<float[]> drawn, int dimension) {
        Collections.shuffle(drawn, new Random(1));
        EmbeddingMatrix<Integer> sample = new EmbeddingMatrix<>(dimension);
        for (float[] row : drawn) {
            if (row.length == dimension && isFinite(row)) { // what is wrong is refused where its id is known
                sample.add(sample.size(), row);
            }
        }
        return sample;
    }

    private static boolean isFinite(float[] row) {
        double sum = 0;
        for (float element : row) {
            sum += (double) element * element;
        }
        return Double.isFinite(sum);
    }

    /** Rows of a partition, elements of each, and some of them: arrays, which every serializer takes. */
    private static Tuple3<Long, Integer, float[]> reservoir(int part, Iterator<float[]> rows, int size) {
        Random random = new Random(part);
        List<float[]> kept = new ArrayList<>();
        long count = 0;
        while (rows.hasNext()) {
            float[] row = rows.next();
            count++;
            if (kept.size() < size) {
                kept.add(row);
            } else {
                long place = (long) (random.nextDouble() * count);
                if (place < size) {
                    kept.set((int) place, row);
                }
            }
        }
        int width = kept.isEmpty() ? 0 : kept.get(0).length;
        kept.removeIf(row -> row.length != width);
        float[] elements = new float[kept.size() * width];
        for (int row = 0; row < kept.size(); row++) {
            System.arraycopy(kept.get(row), 0, elements, row * width, width);
        }
        return new Tuple3<>(count, width, elements);
    }
}
