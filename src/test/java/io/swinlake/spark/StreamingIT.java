package io.swinlake.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.window;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.table.SwinlakeTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.StreamingQueryException;
import org.apache.spark.sql.streaming.Trigger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The transformer on a stream of files, as {@code docs/inputs.md} says. */
class StreamingIT {
    private static final String COLUMNS = "path STRING, modificationTime TIMESTAMP, length LONG, content BINARY";

    private final SparkSession spark = LocalSpark.session();

    @TempDir
    private Path folder;

    private Path images;

    @BeforeEach
    void makeFolder() throws IOException {
        images = Files.createDirectory(folder.resolve("images"));
    }

    private void put(int image, String time) throws IOException {
        String name = String.format(Locale.ROOT, "digit-%03d.png", image);
        Path file = Files.copy(Path.of(Demo.IMAGES, name), folder.resolve(name));
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse(time)));
        Files.move(file, images.resolve(name)); // whole and of its time from the moment at which it is seen
    }

    private Dataset<Row> stream(String invalid) {
        return new SwinTransformer()
                .setModel(Demo.MODEL)
                .setInputCol("content")
                .setHandleInvalid(invalid)
                .transform(spark.readStream()
                        .format("binaryFile")
                        .schema(COLUMNS)
                        .option("maxFilesPerTrigger", 2)
                        .load(images.toString()))
                .drop("content");
    }

    private void run(Dataset<Row> stream, String name) throws TimeoutException, StreamingQueryException {
        stream.writeStream()
                .format("parquet")
                .option(
                        "checkpointLocation",
                        folder.resolve(name + "-checkpoint").toString())
                .trigger(Trigger.AvailableNow())
                .start(folder.resolve(name).toString())
                .awaitTermination();
    }

    private List<String> rows(String name) throws IOException {
        return SwinlakeTable.read(spark, folder.resolve(name).toString())
                .selectExpr("concat_ws(' ', regexp_extract(path, '[^/]+$', 0), prediction, embedding[0], error.code)")
                .collectAsList()
                .stream()
                .map(row -> row.getString(0))
                .sorted()
                .toList();
    }

    @Test
    void everyFileIsOneRowThoughTheQueryStopsAndFails() throws Exception {
        for (int i = 0; i < 3; i++) {
            put(i, "2026-11-21T10:00:00Z");
        }
        run(stream("keep"), "table");
        assertThat(rows("table")).hasSize(3);
        Files.writeString(images.resolve("digit-900.png"), "no image");
        put(4, "2026-11-21T11:00:00Z");
        assertThatThrownBy(() -> run(stream("error"), "table")).isInstanceOf(StreamingQueryException.class);
        assertThat(rows("table")).as("of the batch that failed nothing").hasSize(3);

        run(stream("keep"), "table");
        run(stream("keep"), "table");

        new SwinTransformer()
                .setModel(Demo.MODEL)
                .setInputCol("content")
                .transform(spark.read().format("binaryFile").load(images.toString()))
                .drop("content")
                .write()
                .parquet(folder.resolve("batch").toString());
        assertThat(rows("table")).hasSize(5).isEqualTo(rows("batch"));
        assertThat(rows("table").get(4)).contains("digit-900.png", "unsupported_format");
    }

    @Test
    void aWatermarkEndsTheHoursThatAreOver() throws Exception {
        put(0, "2026-11-21T10:05:00Z");
        put(1, "2026-11-21T10:55:00Z");
        put(2, "2026-11-21T12:30:00Z");
        Dataset<Row> hours = stream("keep")
                .withWatermark("modificationTime", "1 hour")
                .groupBy(window(col("modificationTime"), "1 hour"))
                .count();
        run(hours, "hours");

        assertThat(SwinlakeTable.read(spark, folder.resolve("hours").toString())
                        .selectExpr("unix_seconds(window.start)", "count")
                        .collectAsList())
                .as("of the hour that may still get files there is no row")
                .extracting(Row::toString)
                .containsExactly("[" + Instant.parse("2026-11-21T10:00:00Z").getEpochSecond() + ",2]");
    }
}
