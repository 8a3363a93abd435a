package io.swinlake.spark.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.image.DecodeOptions;
import io.swinlake.image.ImageException;
import io.swinlake.preprocess.Recipe;
import io.swinlake.runtime.batch.BatchSize;
import io.swinlake.runtime.device.Precision;
import io.swinlake.swin.ScoreFunction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.TaskKilledException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a local file system that takes its time to open a file: {@link SlowFileSystem}. */
class ReadAheadTest {
    private static final int FILES = 100;
    private static final int DELAY_MILLIS = 30;

    @TempDir
    private Path folder;

    private final Configuration configuration = SlowFileSystem.configuration(DELAY_MILLIS);
    private final AtomicBoolean killed = new AtomicBoolean();

    @BeforeEach
    void writeFiles() throws IOException {
        for (int i = 0; i < FILES; i++) {
            Files.write(folder.resolve(i + ".jpg"), new byte[] {(byte) i, 1, 2});
        }
        SlowFileSystem.forget();
    }

    private Row row(int number, long length) {
        return RowFactory.create(SlowFileSystem.SCHEME + "://" + folder.resolve(number + ".jpg"), length);
    }

    private ReadAhead readAhead(List<Row> rows) {
        List<Double> half = List.of(0.5, 0.5, 0.5);
        Recipe recipe = new Recipe("hf", Recipe.Resize.SQUASH, 4, 4, 4, 4, Recipe.Filter.BICUBIC, half, half);
        InferSettings settings = new InferSettings(
                PixelColumn.URI,
                0,
                new ListingColumns(1, ListingColumns.UNKNOWN, ListingColumns.UNKNOWN),
                "key",
                "name",
                "sha",
                "digest",
                recipe,
                List.of(),
                ScoreFunction.SOFTMAX,
                DeviceChoice.CPU,
                Precision.FP32,
                DecodeOptions.defaults(),
                InvalidRows.KEEP,
                BatchSize.fixed(8),
                5,
                List.of(),
                InferSettings.Scaling.NONE,
                InferSettings.EqualImages.COMPUTED_EACH);
        return new ReadAhead(rows.iterator(), settings, new ImageFetcher(configuration), new Cancellation(killed::get));
    }

    private List<Row> allRows() {
        return IntStream.range(0, FILES).mapToObj(i -> row(i, 3)).toList();
    }

    @Test
    void filesComeInTheOrderOfTheRowsAndTheStoragesDelayIsHidden() throws ImageException {
        long start = System.nanoTime();
        List<Integer> firstBytes = new ArrayList<>();
        try (ReadAhead images = readAhead(allRows())) {
            while (images.hasNext()) {
                firstBytes.add((int) images.content(images.next())[0]);
            }
        }
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);

        assertThat(firstBytes).isEqualTo(IntStream.range(0, FILES).boxed().toList());
        assertThat(SlowFileSystem.opened()).isEqualTo(FILES);
        assertThat(millis).isLessThan(FILES * DELAY_MILLIS / 3);
    }

    @Test
    void readsAheadOnlySoManyFiles() throws Exception {
        try (ReadAhead images = readAhead(allRows())) {
            images.content(images.next());
            Thread.sleep(10 * DELAY_MILLIS);

            assertThat(SlowFileSystem.opened()).isEqualTo(ReadAhead.MAX_FILES);
        }
    }

    @Test
    void readsAheadOnlySoManyBytes() throws Exception {
        long quarter = ReadAhead.MAX_BYTES / 4;
        List<Row> rows = IntStream.range(0, 10).mapToObj(i -> row(i, quarter)).toList();
        try (ReadAhead images = readAhead(rows)) {
            images.next();
            Thread.sleep(10 * DELAY_MILLIS);

            assertThat(SlowFileSystem.opened()).isEqualTo(4);
        }
    }

    @Test
    void aFileThatCannotBeReadCostsOnlyItsOwnRow() throws ImageException {
        try (ReadAhead images = readAhead(List.of(row(1, 3), row(FILES, 3), row(2, 3)))) {
            assertThat(images.content(images.next())[0]).isEqualTo((byte) 1);
            ReadAhead.Image missing = images.next();
            assertThatThrownBy(() -> images.content(missing))
                    .isInstanceOf(ImageException.class)
                    .hasMessage("no such file, though it may have been listed");
            assertThat(images.content(images.next())[0]).isEqualTo((byte) 2);
        }
    }

    @Test
    void aLengthBelowZeroIsNotKnown() throws ImageException {
        try (ReadAhead images = readAhead(List.of(row(1, -1)))) {
            assertThat(images.content(images.next())).containsExactly(1, 1, 2);
        }
    }

    @Test
    void aKilledTaskWaitsNoLongerAndItsReadsEnd() throws Exception {
        SlowFileSystem.setDelay(60_000);
        ReadAhead images = readAhead(allRows());
        ReadAhead.Image first = images.next();
        killed.set(true);

        assertThatThrownBy(() -> images.content(first)).isInstanceOf(TaskKilledException.class);
        images.close();

        for (int i = 0; i < 100 && FetchPool.busy() > 0; i++) {
            Thread.sleep(50);
        }
        assertThat(FetchPool.busy()).isZero();
    }

    @Test
    void readsTheFirstFilesBeforeAnybodyAsksForThem() throws ImageException {
        try (ReadAhead images = readAhead(allRows())) {
            images.start();
            while (SlowFileSystem.opened() < ReadAhead.MAX_FILES) {
                Thread.onSpinWait();
            }
            assertThat(images.content(images.next())).startsWith(0);
            assertThat(SlowFileSystem.opened()).isLessThanOrEqualTo(ReadAhead.MAX_FILES + 1);
        }
    }

    @Test
    void manyTasksShareTheThreads() throws Exception {
        List<ReadAhead> tasks =
                IntStream.range(0, 8).mapToObj(i -> readAhead(allRows())).toList();
        for (int file = 0; file < FILES; file++) {
            for (ReadAhead images : tasks) {
                assertThat(images.content(images.next())[0]).isEqualTo((byte) file);
            }
        }
        assertThat(tasks).noneMatch(ReadAhead::hasNext);
        assertThat(SlowFileSystem.opened()).isEqualTo(8 * FILES);
    }
}
