package io.swinlake.spark.inference;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import io.swinlake.image.Pixels;
import io.swinlake.image.SharedHeap;
import io.swinlake.preprocess.Preprocessor;
import io.swinlake.runtime.batch.ImageScores;
import io.swinlake.runtime.batch.Scorer;
import io.swinlake.runtime.device.DeviceException;
import io.swinlake.storage.Messages;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/**
 * The rows of one task, in the order of its input, computed as they are asked for: images are read into slots, the network
 * runs on the filled slots, its scores become rows. Memory is that of the images between reading and scores, whatever the
 * partition's size.
 */
final class RowPipeline implements Iterator<Row>, AutoCloseable {
    private final PixelReader reader;
    private final InferSettings settings;
    private final Supplier<Scorer> opener;
    private final Consumer<String> outcomes;
    private final Cancellation cancellation;
    private final StageClock clock;

    private final Preprocessor preprocessor;
    private final Row modelColumn;
    private final int slotBytes;
    private final ArrayDeque<ByteBuffer> freeSlots = new ArrayDeque<>();
    private final ArrayDeque<Begun> begun = new ArrayDeque<>();
    private final ArrayDeque<Row> ready = new ArrayDeque<>();
    private final StorageWatch storage = new StorageWatch();
    private final Optional<ResultsByContent> known;
    private long reused;
    private Optional<Scorer> scorer = Optional.empty();
    private boolean hasBegun; // the output is open
    private int waiting; // rows begun that have no scores yet

    /** A row whose image is decoded: with the scores to come and the slot they are computed from, or with its error. */
    private record Begun(
            Row input, ImageResult result, Optional<Future<ImageScores>> scores, Optional<ByteBuffer> slot) {
        boolean isSettled() {
            return scores.isEmpty() || scores.get().isDone();
        }
    }

    /**
     * Reads nothing yet.
     *
     * @param reader of the task's rows
     * @param opener asked once, when the first image is ready, so that a task without images loads no model
     * @param outcomes told {@code ok} or stage and code for each row
     * @param clock of the task's thread
     */
    RowPipeline(
            PixelReader reader,
            InferSettings settings,
            Supplier<Scorer> opener,
            Consumer<String> outcomes,
            Cancellation cancellation,
            StageClock clock) {
        this.reader = reader;
        this.settings = settings;
        this.opener = opener;
        this.outcomes = outcomes;
        this.cancellation = cancellation;
        this.clock = clock;
        this.preprocessor = Preprocessor.of(settings.recipe());
        this.modelColumn = RowFactory.create(
                settings.modelName(),
                settings.modelSha256(),
                settings.recipe().name(),
                settings.precision().word(),
                settings.modelDigest());
        this.known = settings.equalImages() == InferSettings.EqualImages.COMPUTED_ONCE
                ? Optional.of(new ResultsByContent())
                : Optional.empty();
        this.slotBytes = settings.recipe().cropHeight() * settings.recipe().cropWidth() * 3;
    }

    @Override
    public boolean hasNext() {
        if (ready.isEmpty()) {
            clock.endOf(hasBegun ? StageClock.Stage.WRITE : StageClock.Stage.START);
            hasBegun = true;
        }
        while (ready.isEmpty() && (!begun.isEmpty() || reader.hasNext())) {
            advance();
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

    /** Finishes the first row begun if it can be, else begins another if there is room, else waits for scores. */
    private void advance() {
        cancellation.check();
        if (!begun.isEmpty() && begun.element().isSettled()) {
            finish(begun.remove());
            clock.endOf(StageClock.Stage.FORWARD);
        } else if (reader.hasNext() && hasRoom()) {
            begun.add(begin(reader.next()));
        } else {
            scorer.orElseThrow().flush();
            awaitScores(begun.element());
            clock.endOf(StageClock.Stage.FORWARD);
        }
    }

    /** Errors wait for the rows before them: they are bounded too. */
    private boolean hasRoom() {
        return scorer.isEmpty()
                || (waiting < scorer.get().window()
                        && begun.size() < 2 * scorer.get().window());
    }

    private Begun begin(ReadAhead.Image image) {
        ImageResult result = new ImageResult(modelColumn, settings.stages().size());
        ByteBuffer slot = Optional.ofNullable(freeSlots.poll()).orElseGet(() -> ByteBuffer.allocate(slotBytes));
        try {
            PixelReader.Encoded encoded = read(image);
            Optional<ImageResult> equal =
                    known.flatMap(results -> encoded.file().flatMap(file -> results.ofEqual(file, result)));
            clock.endOf(StageClock.Stage.READ);
            if (equal.isPresent()) {
                freeSlots.add(slot);
                reused++;
                return new Begun(image.row(), equal.get(), Optional.empty(), Optional.empty());
            }
            SharedHeap.use(share -> {
                Pixels pixels = encoded.decode(share);
                clock.endOf(StageClock.Stage.DECODE);
                result.setSize(pixels.width(), pixels.height());
                preprocessor.apply(pixels, slot.duplicate());
                clock.endOf(StageClock.Stage.RESIZE);
            });
        } catch (ImageException e) {
            freeSlots.add(slot);
            result.setError(e);
            return new Begun(image.row(), result, Optional.empty(), Optional.empty());
        }
        if (scorer.isEmpty()) {
            scorer = Optional.of(opener.get());
            clock.endOf(StageClock.Stage.START);
        }
        cancellation.check();
        waiting++;
        Future<ImageScores> scores = scorer.get().submit(slot);
        clock.endOf(StageClock.Stage.FORWARD);
        return new Begun(image.row(), result, Optional.of(scores), Optional.of(slot));
    }

    private PixelReader.Encoded read(ReadAhead.Image image) throws ImageException {
        try {
            PixelReader.Encoded encoded = reader.read(image);
            storage.answered();
            return encoded;
        } catch (ImageException e) {
            storage.failed(reader.describe(image.row()), e);
            throw e;
        }
    }

    private void awaitScores(Begun first) {
        try {
            cancellation.await(first.scores().orElseThrow());
        } catch (ExecutionException e) {
            // is told when the row is finished
        }
    }

    private void finish(Begun first) {
        if (first.scores().isPresent()) {
            waiting--;
            freeSlots.add(first.slot().orElseThrow());
            fill(first.result(), first.scores().get());
        }
        emit(first.input(), first.result()); // of an equal image before it, which is finished then
    }

    private void fill(ImageResult result, Future<ImageScores> scores) {
        try {
            fill(result, cancellation.await(scores));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof DeviceException device) {
                throw device; // no image's fault
            }
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            cancellation.check();
            result.setError(new ImageException(ErrorCode.FORWARD_FAILED, "%s", Messages.reason(e)));
        }
    }

    private void fill(ImageResult image, ImageScores scores) {
        Optional<String> notFinite = notFinite(scores);
        if (notFinite.isPresent()) {
            image.setError(new ImageException(
                    ErrorCode.NOT_FINITE,
                    "%s NaN or infinity at precision %s",
                    notFinite.get(),
                    settings.precision().word()));
            return;
        }
        image.setEmbedding(scaled(scores.embedding()));
        for (int i = 0; i < scores.stages().size(); i++) {
            image.setStageEmbedding(i, scaled(scores.stages().get(i)));
        }
        if (scores.logits().length > 0) {
            image.setClasses(ClassScore.best(
                    scores.logits(),
                    0,
                    scores.logits().length,
                    settings.topK(),
                    settings.classNames(),
                    settings.scores()));
        }
    }

    /** What of the scores holds values that are no numbers. */
    private Optional<String> notFinite(ImageScores scores) {
        if (!isFinite(scores.embedding())) {
            return Optional.of("the embedding holds");
        }
        for (int i = 0; i < scores.stages().size(); i++) {
            if (!isFinite(scores.stages().get(i))) {
                return Optional.of("the embedding of stage " + settings.stages().get(i) + " holds");
            }
        }
        return isFinite(scores.logits()) ? Optional.empty() : Optional.of("the logits hold");
    }

    private static boolean isFinite(float[] vector) {
        for (float value : vector) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }

    /** A vector of zeros has no direction: it stays one. */
    private float[] scaled(float[] vector) {
        double length = Math.sqrt(squaredLength(vector));
        if (settings.scaling() == InferSettings.Scaling.UNIT_LENGTH && length > 0) {
            divide(vector, length);
        }
        return vector;
    }

    /** In float64, which squares of finite float32 numbers neither exceed nor fall below. */
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

    private void emit(Row input, ImageResult result) {
        outcomes.accept(result.outcome());
        if (result.error().isEmpty() || settings.invalidRows() == InvalidRows.KEEP) {
            ready.add(result.toRow(input));
        } else if (settings.invalidRows() == InvalidRows.ERROR) {
            throw new InvalidRows.InvalidImageException(
                    reader.describe(input), result.outcome(), result.error().orElseThrow());
        }
    }

    /** Rows so far that took the result of an equal image. */
    long reused() {
        return reused;
    }

    /** Stops reading ahead; the scorer is closed by who opened it. */
    @Override
    public void close() {
        reader.close();
    }
}
