package io.swinlake.spark.inference;

import io.swinlake.image.ImageException;
import io.swinlake.storage.Messages;
import java.util.Optional;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/** What one image comes to, while it is filled: the values of {@link OutputColumns}. Rows of images that are equal have one. */
final class ImageResult {
    private static final int WIDTH = 0;
    private static final int HEIGHT = 1;
    private static final int PREDICTION = 2;
    private static final int LABEL = 3;
    private static final int PROBABILITY = 4;
    private static final int TOP_K = 5;
    private static final int EMBEDDING = 6;
    private static final int ERROR = 7;
    private static final int MODEL = 8;
    private static final int FIRST_STAGE = 9;

    private final Object[] values;
    private Optional<ImageException> error = Optional.empty();

    /** @param stages number of pooled stages */
    ImageResult(Row model, int stages) {
        this.values = new Object[FIRST_STAGE + stages];
        values[MODEL] = model;
    }

    void setSize(int width, int height) {
        values[WIDTH] = width;
        values[HEIGHT] = height;
    }

    void setError(ImageException problem) {
        error = Optional.of(problem);
        values[ERROR] = RowFactory.create(problem.code().stage(), problem.code().code(), Messages.firstLine(problem));
    }

    void setEmbedding(float[] embedding) {
        values[EMBEDDING] = embedding;
    }

    /** @param index place among the stages that are asked for */
    void setStageEmbedding(int index, float[] embedding) {
        values[FIRST_STAGE + index] = embedding;
    }

    /** Classes with their probabilities, best first; at least one. */
    void setClasses(ClassScore[] best) {
        Row[] rows = new Row[best.length];
        for (int i = 0; i < best.length; i++) {
            rows[i] = RowFactory.create(best[i].index(), best[i].label().orElse(null), best[i].probability());
        }
        values[TOP_K] = rows;
        values[PREDICTION] = best[0].index();
        values[LABEL] = best[0].label().orElse(null);
        values[PROBABILITY] = best[0].probability();
    }

    Optional<ImageException> error() {
        return error;
    }

    /** {@link OutcomeCounts#OK}, or stage and code of the error as in {@code decode/truncated}. */
    String outcome() {
        return error.map(problem -> problem.code().word()).orElse(OutcomeCounts.OK);
    }

    /** The row of an image: the values that came with it, then these. */
    Row toRow(Row input) {
        Object[] all = new Object[input.size() + values.length];
        for (int i = 0; i < input.size(); i++) {
            all[i] = input.get(i);
        }
        System.arraycopy(values, 0, all, input.size(), values.length);
        return RowFactory.create(all);
    }
}
