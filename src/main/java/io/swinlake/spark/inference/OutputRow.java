package io.swinlake.spark.inference;

import io.swinlake.image.ImageException;
import io.swinlake.storage.Messages;
import java.util.Optional;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/** One image's row while it is filled: the input's values, then those of {@link OutputColumns}. */
final class OutputRow {
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

    private final Row input;
    private final Object[] values;
    private final int offset;
    private Optional<ImageException> error = Optional.empty();

    /** @param stages number of pooled stages */
    OutputRow(Row input, Row model, int stages) {
        this.input = input;
        this.offset = input.size();
        this.values = new Object[offset + FIRST_STAGE + stages];
        for (int i = 0; i < offset; i++) {
            values[i] = input.get(i);
        }
        set(MODEL, model);
    }

    private void set(int place, Object value) {
        values[offset + place] = value;
    }

    void setSize(int width, int height) {
        set(WIDTH, width);
        set(HEIGHT, height);
    }

    void setError(ImageException problem) {
        error = Optional.of(problem);
        set(ERROR, RowFactory.create(problem.code().stage(), problem.code().code(), Messages.firstLine(problem)));
    }

    void setEmbedding(float[] embedding) {
        set(EMBEDDING, embedding);
    }

    /** @param index place among the stages that are asked for */
    void setStageEmbedding(int index, float[] embedding) {
        set(FIRST_STAGE + index, embedding);
    }

    /** Classes with their probabilities, best first; at least one. */
    void setClasses(ClassScore[] best) {
        Row[] rows = new Row[best.length];
        for (int i = 0; i < best.length; i++) {
            rows[i] = RowFactory.create(best[i].index(), best[i].label().orElse(null), best[i].probability());
        }
        set(TOP_K, rows);
        set(PREDICTION, best[0].index());
        set(LABEL, best[0].label().orElse(null));
        set(PROBABILITY, best[0].probability());
    }

    Row input() {
        return input;
    }

    Optional<ImageException> error() {
        return error;
    }

    /** {@link OutcomeCounts#OK}, or stage and code of the error as in {@code decode/truncated}. */
    String outcome() {
        return error.map(problem -> problem.code().word()).orElse(OutcomeCounts.OK);
    }

    Row toRow() {
        return RowFactory.create(values);
    }
}
