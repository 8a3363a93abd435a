package io.swinlake.spark;

import io.swinlake.image.ImageException;
import io.swinlake.image.ImageException.Stage;
import io.swinlake.image.Pixels;
import io.swinlake.image.Preprocessor;
import io.swinlake.runtime.Scores;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.spark.TaskKilledException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/**
 * The rows of one task, in the order of its input, computed batch by batch as they are asked for: images are read into the
 * slots of one buffer, the network runs on the filled slots, its scores become rows. Memory is that of one batch, whatever
 * the partition's size.
 */
final class RowBatches implements Iterator<Row> {
    private final Iterator<Row> input;
    private final InferSettings settings;
    private final int batchSize;
    private final PixelReader reader;
    private final Supplier<Forward> opener;
    private final Consumer<String> outcomes;
    private final BooleanSupplier killed;

    private final Preprocessor preprocessor;
    private final Row modelColumn;
    private final int slotBytes;
    private final ByteBuffer slots;
    private final ArrayDeque<Row> ready = new ArrayDeque<>();
    private Optional<Forward> forward = Optional.empty();

    /**
     * Reads nothing yet.
     *
     * @param opener asked once, when the first image is ready, so that a task without images loads no model
     * @param outcomes told {@code ok} or stage and code for each row
     * @param killed whether Spark wants the task to stop
     */
    RowBatches(
            Iterator<Row> input,
            InferSettings settings,
            int batchSize,
            PixelReader reader,
            Supplier<Forward> opener,
            Consumer<String> outcomes,
            BooleanSupplier killed) {
        this.input = input;
        this.settings = settings;
        this.batchSize = batchSize;
        this.reader = reader;
        this.opener = opener;
        this.outcomes = outcomes;
        this.killed = killed;
        this.preprocessor = Preprocessor.of(settings.recipe());
        this.modelColumn = RowFactory.create(
                settings.modelName(), settings.modelSha256(), settings.recipe().name(), settings.precisionName());
        this.slotBytes = settings.recipe().cropHeight() * settings.recipe().cropWidth() * 3;
        this.slots = ByteBuffer.allocateDirect(Math.multiplyExact(batchSize, slotBytes));
    }

    @Override
    public boolean hasNext() {
        while (ready.isEmpty() && input.hasNext()) {
            nextBatch();
        }
        return !ready.isEmpty();
    }

    @Override
    public Row next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return ready.remove();
    }

    private void nextBatch() {
        List<OutputRow> rows = new ArrayList<>();
        List<OutputRow> images = new ArrayList<>(batchSize); // those of the rows that have a slot, in slot order
        while (images.size() < batchSize && rows.size() < 2 * batchSize && input.hasNext()) {
            stopIfKilled();
            Row row = input.next();
            OutputRow output = new OutputRow(row, modelColumn, settings.stages().size());
            rows.add(output);
            try {
                Pixels pixels = reader.read(row);
                output.setSize(pixels.width(), pixels.height());
                preprocessor.apply(pixels, slot(images.size()));
                images.add(output);
            } catch (ImageException e) {
                output.setError(e);
            }
        }
        if (!images.isEmpty()) {
            infer(images);
        }
        rows.forEach(this::finish);
    }

    private ByteBuffer slot(int index) {
        return slots.slice(index * slotBytes, slotBytes);
    }

    private void infer(List<OutputRow> images) {
        if (forward.isEmpty()) {
            forward = Optional.of(opener.get());
        }
        stopIfKilled();
        Forward network = forward.get();
        try {
            Scores scores = network.run(slots.slice(0, images.size() * slotBytes), images.size());
            for (int i = 0; i < images.size(); i++) {
                fill(images.get(i), scores, i);
            }
        } catch (RuntimeException batchFailure) {
            for (int i = 0; i < images.size(); i++) {
                inferAlone(network, images.get(i), slot(i));
            }
        }
    }

    /** After a batch has failed: finds the image that is to blame, so that the others keep their results. */
    private void inferAlone(Forward network, OutputRow image, ByteBuffer pixels) {
        stopIfKilled();
        try {
            fill(image, network.run(pixels, 1), 0);
        } catch (RuntimeException e) {
            stopIfKilled();
            image.setError(new ImageException(Stage.INFER, "forward_failed", "%s", Failures.reason(e)));
        }
    }

    private void fill(OutputRow image, Scores scores, int index) {
        float[] embedding = vector(scores.embeddings(), scores.batch(), index);
        if (!Double.isFinite(squaredLength(embedding))) {
            image.setError(new ImageException(
                    Stage.INFER,
                    "not_finite",
                    "the embedding holds NaN or infinity at precision %s",
                    settings.precisionName()));
            return;
        }
        image.setEmbedding(scaled(embedding));
        for (int i = 0; i < scores.stages().size(); i++) {
            image.setStageEmbedding(i, scaled(vector(scores.stages().get(i), scores.batch(), index)));
        }
        if (scores.classes() > 0) {
            image.setClasses(ClassScore.best(
                    scores.logits(),
                    index * scores.classes(),
                    scores.classes(),
                    settings.topK(),
                    settings.classNames()));
        }
    }

    /** One image's part of {@code [batch, size]}. */
    private static float[] vector(float[] all, int batch, int index) {
        int size = all.length / batch;
        return Arrays.copyOfRange(all, index * size, (index + 1) * size);
    }

    private float[] scaled(float[] vector) {
        if (settings.scaling() == InferSettings.Scaling.UNIT_LENGTH) {
            divide(vector, Math.sqrt(squaredLength(vector)));
        }
        return vector;
    }

    private static double squaredLength(float[] vector) {
        double squares = 0;
        for (float value : vector) {
            squares += (double) value * value;
        }
        return squares;
    }

    private static void divide(float[] vector, double length) {
        for (int i = 0; i < vector.length; i++) {
            vector[i] = (float) (vector[i] / length);
        }
    }

    private void finish(OutputRow row) {
        outcomes.accept(row.outcome());
        if (row.error().isEmpty() || settings.invalidRows() == InvalidRows.KEEP) {
            ready.add(row.toRow());
        } else if (settings.invalidRows() == InvalidRows.ERROR) {
            throw new InvalidImageException(
                    reader.describe(row.input()), row.outcome(), row.error().orElseThrow());
        }
    }

    private void stopIfKilled() {
        if (killed.getAsBoolean()) {
            throw new TaskKilledException("the task was killed");
        }
    }
}
