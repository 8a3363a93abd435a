package io.swinlake.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.KafkaBroker;
import io.swinlake.table.SwinlakeTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.Trigger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A stream from a topic of URIs into a table, as {@code docs/inputs.md} says. */
class KafkaStreamIT {
    private static final String NO_DATA = "spark.sql.streaming.noDataMicroBatches.enabled";

    private final SparkSession spark = LocalSpark.session();

    @TempDir
    private Path folder;

    private static String uri(int image) {
        return String.format(Locale.ROOT, "%s/digit-%03d.png", Demo.IMAGES, image);
    }

    /** Spark's own writer would keep its producer, which goes on looking for the broker when that is closed. */
    private static void send(KafkaBroker broker, int... images) throws Exception {
        StringSerializer text = new StringSerializer();
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(Map.of("bootstrap.servers", broker.address()), text, text)) {
            for (int image : images) {
                producer.send(new ProducerRecord<>("images", uri(image))).get();
            }
        }
    }

    private void run(KafkaBroker broker) throws Exception {
        Dataset<Row> uris = spark.readStream()
                .format("kafka")
                .option("kafka.bootstrap.servers", broker.address())
                .option("subscribe", "images")
                .option("startingOffsets", "earliest")
                .option("maxOffsetsPerTrigger", 2)
                .load()
                .selectExpr("CAST(value AS STRING) AS uri", "timestamp")
                .withWatermark("timestamp", "1 hour")
                .dropDuplicatesWithinWatermark(new String[] {"uri"});
        new SwinTransformer()
                .setModel(Demo.MODEL)
                .setInputCol("uri")
                .transform(uris)
                .writeStream()
                .format("parquet")
                .option("checkpointLocation", folder.resolve("checkpoint").toString())
                .trigger(Trigger.AvailableNow())
                .start(folder.resolve("table").toString())
                .awaitTermination();
    }

    private List<String> rows() throws IOException {
        return SwinlakeTable.read(spark, folder.resolve("table").toString())
                .selectExpr("concat_ws(' ', regexp_extract(uri, '[^/]+$', 0), prediction, error.code)")
                .collectAsList()
                .stream()
                .map(row -> row.getString(0))
                .sorted()
                .toList();
    }

    @Test
    void everyUriIsOneRowThoughItIsSentTwiceAndABatchIsRunAgain() throws Exception {
        Path files = Files.createDirectory(folder.resolve("kafka"));
        spark.conf().set(NO_DATA, false); // so that the last batch has rows
        try (KafkaBroker broker = KafkaBroker.start(files)) {
            send(broker, 0, 1, 2);
            run(broker);
            assertThat(rows()).extracting(row -> row.substring(0, 13)).containsExactly(names(0, 1, 2));

            send(broker, 1, 3, 999);
            run(broker);
            DeltaStreamIT.forgetLastBatch(folder.resolve("checkpoint"));
            run(broker);
        } finally {
            spark.conf().unset(NO_DATA);
        }

        assertThat(rows()).extracting(row -> row.substring(0, 13)).containsExactly(names(0, 1, 2, 3, 999));
        assertThat(rows().get(4)).isEqualTo("digit-999.png not_found");
    }

    private static String[] names(int... images) {
        return Arrays.stream(images)
                .mapToObj(image -> String.format(Locale.ROOT, "digit-%03d.png", image))
                .toArray(String[]::new);
    }
}
