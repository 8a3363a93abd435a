package io.swinlake.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.Trigger;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A stream from one Delta table, of URIs, into another, as {@code docs/inputs.md} says. */
class DeltaStreamIT {
    private static final StructType ARRIVALS =
            new StructType().add("uri", DataTypes.StringType).add("arrived", DataTypes.TimestampType);

    private SparkSession spark;

    @TempDir
    private Path folder;

    @BeforeEach
    void open() {
        LocalSpark.session().stop();
        spark = SparkSession.builder()
                .master("local[2]")
                .config("spark.ui.enabled", false)
                .config("spark.log.level", "WARN")
                .config("spark.sql.shuffle.partitions", 2)
                .config("spark.databricks.delta.snapshotPartitions", 2)
                .config("spark.sql.streaming.noDataMicroBatches.enabled", false) // so that the last batch has rows
                .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
                .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
                .getOrCreate();
    }

    @AfterEach
    void close() {
        spark.stop();
    }

    private String place(String name) {
        return folder.resolve(name).toString();
    }

    private static String uri(int image) {
        return String.format(Locale.ROOT, "%s/digit-%03d.png", Demo.IMAGES, image);
    }

    /** One commit of the table of URIs. */
    private void arrive(String time, int... images) {
        List<Row> rows = Arrays.stream(images)
                .mapToObj(image -> RowFactory.create(uri(image), Timestamp.from(Instant.parse(time))))
                .toList();
        spark.createDataFrame(rows, ARRIVALS)
                .coalesce(1)
                .write()
                .format("delta")
                .mode("append")
                .save(place("arrivals"));
    }

    /** All that has arrived, a commit at a time; a URI that came within the last hour already is left out. */
    private void run() throws Exception {
        Dataset<Row> arrivals = spark.readStream()
                .format("delta")
                .option("maxFilesPerTrigger", 1)
                .load(place("arrivals"))
                .withWatermark("arrived", "1 hour")
                .dropDuplicatesWithinWatermark(new String[] {"uri"});
        new SwinTransformer()
                .setModel(Demo.MODEL)
                .setInputCol("uri")
                .transform(arrivals)
                .writeStream()
                .format("delta")
                .option("checkpointLocation", place("checkpoint"))
                .trigger(Trigger.AvailableNow())
                .start(place("table"))
                .awaitTermination();
    }

    private List<String> rows() {
        return spark
                .read()
                .format("delta")
                .load(place("table"))
                .selectExpr("concat_ws(' ', uri, prediction)")
                .collectAsList()
                .stream()
                .map(row -> row.getString(0))
                .sorted()
                .toList();
    }

    private List<String> predictions(int... images) throws IOException {
        List<Row> uris = Arrays.stream(images)
                .mapToObj(image -> RowFactory.create(uri(image), null))
                .toList();
        return new SwinTransformer()
                        .setModel(Demo.MODEL)
                        .setInputCol("uri")
                        .transform(spark.createDataFrame(uris, ARRIVALS))
                        .selectExpr("concat_ws(' ', uri, prediction)")
                        .collectAsList()
                        .stream()
                        .map(row -> row.getString(0))
                        .sorted()
                        .toList();
    }

    @Test
    void everyUriIsOneRowOfTheTableThoughItComesTwiceAndABatchIsRunAgain() throws Exception {
        arrive("2026-11-21T10:00:00Z", 0, 1);
        arrive("2026-11-21T10:30:00Z", 1, 2);
        run();
        assertThat(rows()).isEqualTo(predictions(0, 1, 2));

        arrive("2026-11-21T10:40:00Z", 3);
        run();
        forgetLastBatch(folder.resolve("checkpoint")); // as if killed between the table's commit and the checkpoint's
        run();
        assertThat(rows()).isEqualTo(predictions(0, 1, 2, 3));
    }

    /** Makes a query run its last batch again, as one does that was killed between its sink and its checkpoint. */
    static void forgetLastBatch(Path checkpoint) throws IOException {
        try (Stream<Path> commits = Files.list(checkpoint.resolve("commits"))) {
            Path last = commits.filter(file -> file.getFileName().toString().matches("\\d+"))
                    .max(Comparator.comparingInt(
                            file -> Integer.parseInt(file.getFileName().toString())))
                    .orElseThrow();
            Files.delete(last);
            Files.deleteIfExists(last.resolveSibling("." + last.getFileName() + ".crc"));
        }
    }
}
