package io.swinlake.spark.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.image.DecodeOptions;
import io.swinlake.preprocess.Recipe;
import io.swinlake.runtime.batch.BatchSize;
import io.swinlake.runtime.batch.Forward;
import io.swinlake.runtime.batch.Scorer;
import io.swinlake.runtime.batch.Scores;
import io.swinlake.runtime.batch.TaskScorer;
import io.swinlake.runtime.device.BrokenDeviceException;
import io.swinlake.runtime.device.OutOfDeviceMemoryException;
import io.swinlake.runtime.device.Precision;
import io.swinlake.runtime.device.Target;
import io.swinlake.storage.Messages;
import io.swinlake.swin.ScoreFunction;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.StreamSupport;
import javax.imageio.ImageIO;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.TaskKilledException;
import org.apache.spark.ml.image.ImageSchema;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.catalyst.expressions.GenericRowWithSchema;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

/**
 * With a network of two classes whose embedding is the red value of the first pixel, so that each row shows which image it
 * was computed from; it fails on red {@link #POISON}.
 */
class RowPipelineTest {
    private static final int SIDE = 4;
    private static final int SLOT_BYTES = SIDE * SIDE * 3;
    private static final int POISON = 66;
    private static final int BATCH = 3;

    // Places behind the one input column.
    private static final int PREDICTION = 3;
    private static final int EMBEDDING = 7;
    private static final int ERROR = 8;
    private static final int FIRST_STAGE = 10;

    private final List<Integer> batches = new ArrayList<>();
    private final List<String> outcomes = new ArrayList<>();

    private Scores run(ByteBuffer pixels, int batch) {
        batches.add(batch);
        float[] logits = new float[batch * 2];
        float[] embeddings = new float[batch];
        for (int i = 0; i < batch; i++) {
            int red = Byte.toUnsignedInt(pixels.get(i * SLOT_BYTES));
            if (red == POISON) {
                throw new IllegalStateException("the device choked\n\tat some.native.Frame");
            }
            embeddings[i] = red == 255 ? Float.NaN : red;
            logits[i * 2 + 1] = red - 100;
        }
        return new Scores(batch, 2, 1, logits, embeddings);
    }

    private static InferSettings settings(InvalidRows invalidRows, InferSettings.Scaling scaling) {
        return settings(invalidRows, scaling, List.of());
    }

    private static InferSettings settings(
            InvalidRows invalidRows, InferSettings.Scaling scaling, List<Integer> stages) {
        return settings(PixelColumn.FILE_BYTES, invalidRows, scaling, stages);
    }

    private static InferSettings settings(
            PixelColumn input, InvalidRows invalidRows, InferSettings.Scaling scaling, List<Integer> stages) {
        List<Double> half = List.of(0.5, 0.5, 0.5);
        Recipe recipe =
                new Recipe("hf", Recipe.Resize.SQUASH, SIDE, SIDE, SIDE, SIDE, Recipe.Filter.BICUBIC, half, half);
        return new InferSettings(
                input,
                0,
                ListingColumns.NONE,
                "key",
                "name",
                "sha",
                "digest",
                recipe,
                List.of("dark", "light"),
                ScoreFunction.SOFTMAX,
                DeviceChoice.CPU,
                Precision.FP32,
                DecodeOptions.defaults(),
                invalidRows,
                BatchSize.fixed(BATCH),
                2,
                stages,
                scaling,
                InferSettings.EqualImages.COMPUTED_EACH);
    }

    private static InferSettings computedOnce() {
        InferSettings each = settings(InvalidRows.KEEP, InferSettings.Scaling.NONE);
        return new InferSettings(
                each.input(),
                each.inputIndex(),
                each.listing(),
                each.modelKey(),
                each.modelName(),
                each.modelSha256(),
                each.modelDigest(),
                each.recipe(),
                each.classNames(),
                each.scores(),
                each.device(),
                each.precision(),
                each.decode(),
                each.invalidRows(),
                each.batchSize(),
                each.topK(),
                each.stages(),
                each.scaling(),
                InferSettings.EqualImages.COMPUTED_ONCE);
    }

    private RowPipeline batches(InferSettings settings, Row... rows) {
        return batches(settings, this::scorer, () -> false, rows);
    }

    private Scorer scorer() {
        return new TaskScorer(this::run, new Target("cpu", Precision.FP32), BATCH);
    }

    private RowPipeline batches(InferSettings settings, Supplier<Scorer> opener, BooleanSupplier killed, Row... rows) {
        Cancellation cancellation = new Cancellation(killed);
        PixelReader reader = new PixelReader(List.of(rows).iterator(), settings, new Configuration(), cancellation);
        return new RowPipeline(reader, settings, opener, outcomes::add, cancellation, new StageClock());
    }

    private List<Row> keepAll(Row... rows) {
        return drain(batches(settings(InvalidRows.KEEP, InferSettings.Scaling.NONE), rows));
    }

    private static List<Row> drain(Iterator<Row> rows) {
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(rows, Spliterator.ORDERED), false)
                .toList();
    }

    private static Row image(int red) {
        BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        int[] pixels = new int[SIDE * SIDE];
        Arrays.fill(pixels, red << 16);
        image.setRGB(0, 0, SIDE, SIDE, pixels, 0, SIDE);
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", png);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return row(png.toByteArray());
    }

    private static Row row(byte[] content) {
        StructType columns = new StructType().add("content", DataTypes.BinaryType);
        return new GenericRowWithSchema(new Object[] {content}, columns);
    }

    private static Row broken() {
        return row(new byte[0]);
    }

    private static List<Object> embeddings(List<Row> rows) {
        return rows.stream()
                .map(row -> row.isNullAt(EMBEDDING) ? "none" : (Object) ((float[]) row.get(EMBEDDING))[0])
                .toList();
    }

    @Test
    void rowsComeInTheOrderOfTheInputWhateverFailsBetweenThem() {
        List<Row> rows = keepAll(image(1), broken(), image(2), image(3), broken(), image(4));

        assertThat(embeddings(rows)).containsExactly(1f, "none", 2f, 3f, "none", 4f);
        assertThat(batches).containsExactly(3, 1);
        assertThat(outcomes).containsExactly("ok", "decode/empty", "ok", "ok", "decode/empty", "ok");
    }

    @Test
    void aStorageThatGivesNothingFailsTheTaskRatherThanEachRow() {
        InferSettings uris = settings(PixelColumn.URI, InvalidRows.KEEP, InferSettings.Scaling.NONE, List.of());
        Row unreadable = RowFactory.create("nosuch://bucket/a.jpg");
        Row[] few = Collections.nCopies(StorageWatch.IN_A_ROW - 1, unreadable).toArray(Row[]::new);
        Row[] many = Collections.nCopies(1000, unreadable).toArray(Row[]::new);

        assertThat(drain(batches(uris, few))).hasSize(few.length);
        outcomes.clear();
        assertThatThrownBy(() -> drain(batches(uris, many)))
                .isInstanceOf(StorageWatch.UnreadableStorageException.class)
                .hasMessageEndingWith("read/io: No FileSystem for scheme \"nosuch\"");
        assertThat(outcomes).hasSizeLessThan(StorageWatch.IN_A_ROW);
    }

    @Test
    void aRowTellsStageCodeAndMessageOfItsError() {
        Row error = keepAll(broken()).get(0).getStruct(ERROR);

        assertThat(error.mkString("|"))
                .isEqualTo("decode|empty|the object holds 0 bytes, an image was expected: write it again");
    }

    @Test
    void aNullImageIsARowToo() {
        Row error = keepAll(RowFactory.create((Object) null)).get(0).getStruct(ERROR);

        assertThat(error.mkString("|")).isEqualTo("read|null|the input column is null");
    }

    private static final StructType STRUCT = new StructType().add("image", ImageSchema.columnSchema());

    private Row errorOfStruct(Object... fields) {
        Row image = new GenericRowWithSchema(fields, ImageSchema.columnSchema());
        InferSettings settings =
                settings(PixelColumn.IMAGE_STRUCT, InvalidRows.KEEP, InferSettings.Scaling.NONE, List.of());
        return drain(batches(settings, new GenericRowWithSchema(new Object[] {image}, STRUCT)))
                .get(0)
                .getStruct(ERROR);
    }

    @Test
    void anImageStructThatIsNoneIsARowThatSaysWhy() {
        assertThat(errorOfStruct("o", null, 2, 3, 16, new byte[12]).mkString("|"))
                .isEqualTo("decode|invalid_struct|the field height of an image struct is null");
        assertThat(errorOfStruct(null, 2, 2, 3, 16, null).mkString("|"))
                .isEqualTo("decode|invalid_struct|the field data of an image struct is null");
        assertThat(errorOfStruct("o", -2, -2, 3, 16, new byte[12]).mkString("|"))
                .isEqualTo("decode|invalid_struct|an image struct of -2 x -2 pixels, 3 channels and 12 bytes is none");
        assertThat(errorOfStruct("o", 60_000, 60_000, 1, 0, new byte[12]).mkString("|"))
                .isEqualTo(
                        "decode|too_many_pixels|an image struct of 60000 x 60000 pixels, the limit is %s: raise maxPixels"
                                .formatted(DecodeOptions.defaults().maxPixels()));
    }

    @Test
    void whereABatchFailsOnlyTheGuiltyImageLosesItsResult() {
        List<Row> rows = keepAll(image(1), image(POISON), image(2), image(3));

        assertThat(embeddings(rows)).containsExactly(1f, "none", 2f, 3f);
        assertThat(rows.get(1).getStruct(ERROR).mkString("|")).isEqualTo("infer|forward_failed|the device choked");
        assertThat(batches).containsExactly(3, 1, 1, 1, 1, 1); // one of them grey
    }

    @Test
    void aDeviceThatFailsForEveryImageFailsTheTaskNotTheImages() {
        Forward broken = (pixels, batch) -> {
            throw new IllegalStateException("could not create a primitive\n\tat some.native.Frame");
        };
        Iterator<Row> rows = batches(
                settings(InvalidRows.KEEP, InferSettings.Scaling.NONE),
                () -> new TaskScorer(broken, new Target("cpu", Precision.FP32), BATCH),
                () -> false,
                image(1),
                image(2));

        assertThatThrownBy(rows::hasNext)
                .isInstanceOf(BrokenDeviceException.class)
                .extracting(Messages::reason)
                .isEqualTo(
                        "cpu: no image can be computed here, not even a grey one, and the task is for another executor:"
                                + " java.lang.IllegalStateException: could not create a primitive");
        assertThat(outcomes).isEmpty();
    }

    @Test
    void aDeviceWithoutMemoryForOneImageFailsTheTaskNotTheImage() {
        Forward full = (pixels, batch) -> {
            throw new IllegalStateException("CUDA out of memory. Tried to allocate 20.00 MiB.");
        };
        Iterator<Row> rows = batches(
                settings(InvalidRows.KEEP, InferSettings.Scaling.NONE),
                () -> new TaskScorer(full, new Target("cpu", Precision.FP32), BATCH),
                () -> false,
                image(1));

        assertThatThrownBy(rows::hasNext)
                .isInstanceOf(OutOfDeviceMemoryException.class)
                .hasMessage("cpu: out of memory with a single image; use a smaller --image-size or --precision,"
                        + " or let fewer processes share the device");
        assertThat(outcomes).isEmpty();
    }

    @Test
    void anEmbeddingThatIsNoNumberIsAnError() {
        Row error = keepAll(image(255)).get(0).getStruct(ERROR);

        assertThat(error.mkString("|"))
                .isEqualTo("infer|not_finite|the embedding holds NaN or infinity at precision fp32");
    }

    /** A network of two classes and one pooled stage that says this of every image. */
    private List<Row> rowsOf(float[] logits, float[] embedding, float[] stage, InferSettings.Scaling scaling) {
        Forward constant =
                (pixels, batch) -> new Scores(1, logits.length, embedding.length, logits, embedding, List.of(stage));
        return drain(batches(
                settings(InvalidRows.KEEP, scaling, List.of(4)),
                () -> new TaskScorer(constant, new Target("cpu", Precision.FP32), 1),
                () -> false,
                image(1)));
    }

    @Test
    void logitsAndStagesThatAreNoNumbersAreErrorsTooAndLeaveNothingInTheRow() {
        float[] good = {1, 2};
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            float[] spoilt = {1, bad};
            Row logits = rowsOf(spoilt, good, good, InferSettings.Scaling.NONE).get(0);
            Row stage = rowsOf(good, good, spoilt, InferSettings.Scaling.NONE).get(0);

            assertThat(logits.getStruct(ERROR).mkString("|"))
                    .isEqualTo("infer|not_finite|the logits hold NaN or infinity at precision fp32");
            assertThat(stage.getStruct(ERROR).mkString("|"))
                    .isEqualTo("infer|not_finite|the embedding of stage 4 holds NaN or infinity at precision fp32");
            for (Row row : List.of(logits, stage)) {
                assertThat(row.isNullAt(PREDICTION)).isTrue();
                assertThat(row.isNullAt(EMBEDDING)).isTrue();
                assertThat(row.isNullAt(FIRST_STAGE)).isTrue();
            }
        }
    }

    @Test
    void normalisingNeverGivesNaN() {
        float[] zeros = {0, 0};
        float[] largest = {Float.MAX_VALUE, Float.MAX_VALUE};
        float[] least = {Float.MIN_VALUE, 0};
        Row row =
                rowsOf(zeros, zeros, largest, InferSettings.Scaling.UNIT_LENGTH).get(0);

        assertThat((float[]) row.get(EMBEDDING)).containsExactly(0, 0);
        assertThat((float[]) row.get(FIRST_STAGE)).containsExactly((float) Math.sqrt(0.5), (float) Math.sqrt(0.5));
        assertThat((float[]) rowsOf(zeros, least, least, InferSettings.Scaling.UNIT_LENGTH)
                        .get(0)
                        .get(EMBEDDING))
                .containsExactly(1, 0);
    }

    @Test
    void aRowHasTheMostProbableClassItsLabelAndSizeAndModel() {
        Row row = keepAll(image(99)).get(0);

        assertThat(row.getInt(1)).isEqualTo(SIDE);
        assertThat(row.getInt(PREDICTION)).isZero();
        assertThat(row.getString(PREDICTION + 1)).isEqualTo("dark");
        assertThat(row.getFloat(PREDICTION + 2)).isEqualTo((float) (1 / (1 + Math.exp(-1))));
        assertThat(row.getStruct(9).mkString("|")).isEqualTo("name|sha|hf|fp32|digest");
    }

    @Test
    void normalisedEmbeddingsHaveLengthOne() {
        Iterator<Row> rows = batches(settings(InvalidRows.KEEP, InferSettings.Scaling.UNIT_LENGTH), image(7));

        assertThat(embeddings(drain(rows))).containsExactly(1f);
    }

    @Test
    void skippedImagesAreCountedButLeaveNoRow() {
        Iterator<Row> rows = batches(settings(InvalidRows.SKIP, InferSettings.Scaling.NONE), image(1), broken());

        assertThat(embeddings(drain(rows))).containsExactly(1f);
        assertThat(outcomes).containsExactly("ok", "decode/empty");
    }

    @Test
    void theFirstInvalidImageFailsTheTaskIfThatIsAskedFor() {
        Iterator<Row> rows = batches(settings(InvalidRows.ERROR, InferSettings.Scaling.NONE), image(1), broken());

        assertThatThrownBy(() -> drain(rows))
                .isInstanceOf(InvalidRows.InvalidImageException.class)
                .hasMessage("an image: decode/empty: the object holds 0 bytes, an image was expected: write it again");
    }

    @Test
    void equalImagesAreComputedOnceAndEachHasItsRow() {
        RowPipeline rows = batches(
                computedOnce(),
                image(1),
                image(1),
                image(2),
                broken(),
                broken(),
                image(1),
                image(3),
                image(4),
                image(2));

        assertThat(embeddings(drain(rows))).containsExactly(1f, 1f, 2f, "none", "none", 1f, 3f, 4f, 2f);
        assertThat(batches.stream().mapToInt(Integer::intValue).sum())
                .as("images computed")
                .isEqualTo(4);
        assertThat(rows.reused()).isEqualTo(3);
        assertThat(outcomes).containsExactly("ok", "ok", "ok", "decode/empty", "decode/empty", "ok", "ok", "ok", "ok");
    }

    @Test
    void anImageWhoseEqualFailedIsTriedAgainOnceThatIsKnown() {
        RowPipeline rows = batches(
                computedOnce(), image(POISON), image(POISON), image(1), image(2), image(3), image(4), image(POISON));

        List<Row> all = drain(rows);

        assertThat(embeddings(all)).containsExactly("none", "none", 1f, 2f, 3f, 4f, "none");
        assertThat(all.get(1).getStruct(ERROR).mkString("|")).isEqualTo("infer|forward_failed|the device choked");
        assertThat(rows.reused()).as("only the second one did not wait").isEqualTo(1);
    }

    @Test
    void resultsAreRememberedOfSoManyImagesOnly() {
        ResultsByContent results = new ResultsByContent();
        for (int i = 0; i <= ResultsByContent.MOST; i++) {
            assertThat(results.ofEqual(bytes(i), result())).isEmpty();
        }

        assertThat(results.ofEqual(bytes(1), result())).isPresent();
        assertThat(results.ofEqual(bytes(0), result())).as("the eldest").isEmpty();
    }

    private static byte[] bytes(int number) {
        return ByteBuffer.allocate(4).putInt(number).array();
    }

    private static ImageResult result() {
        return new ImageResult(RowFactory.create(), 0);
    }

    @Test
    void aTaskWithoutAnImageOpensNoModel() {
        Iterator<Row> rows = batches(
                settings(InvalidRows.KEEP, InferSettings.Scaling.NONE),
                () -> {
                    throw new AssertionError("opened");
                },
                () -> false,
                broken());

        assertThat(drain(rows)).hasSize(1);
    }

    @Test
    void aKilledTaskStopsBeforeTheNextImage() {
        Iterator<Row> rows =
                batches(settings(InvalidRows.KEEP, InferSettings.Scaling.NONE), this::scorer, () -> true, image(1));

        assertThatThrownBy(rows::hasNext).isInstanceOf(TaskKilledException.class);
        assertThat(batches).isEmpty();
    }
}
