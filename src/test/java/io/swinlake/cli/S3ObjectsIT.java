package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.s3.AmazonS3;
import io.swinlake.bench.LoopbackS3;
import io.swinlake.spark.Demo;
import io.swinlake.spark.LocalSpark;
import io.swinlake.table.SwinlakeTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images in S3 that are known by their etags: moved, copied, or listed by somebody else. */
class S3ObjectsIT {
    private static final int IMAGES = 6;
    private static LoopbackS3 s3;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() throws IOException {
        s3 = LoopbackS3.start();
        s3.client().createBucket("reuse");
        s3.hadoopSettings().forEach(LocalSpark.session().sparkContext().hadoopConfiguration()::set);
    }

    @AfterAll
    static void stop() {
        LocalSpark.session().stop(); // its settings lead to a server that is gone
        s3.close();
    }

    private Run infer(String run, String... more) {
        return infer("s3a://reuse/images", run, more);
    }

    private Run infer(String input, String run, String[] more) {
        String[] words = {
            "infer",
            "--model",
            "examples/demo/model",
            "--input",
            input,
            "--output",
            folder.resolve("table").toString(),
            "--incremental",
            "--run-id",
            run
        };
        return Run.swinlake(
                Stream.concat(Arrays.stream(words), Arrays.stream(more)).toArray(String[]::new));
    }

    @Test
    void aMovedAndACopiedImageTakeTheResultThatIsThere() throws IOException {
        AmazonS3 client = s3.client();
        for (int i = 0; i < IMAGES; i++) {
            String name = String.format(Locale.ROOT, "digit-%03d.png", i);
            client.putObject(
                    "reuse", "images/" + name, Path.of(Demo.IMAGES, name).toFile());
        }
        assertThat(infer("1").exitCode()).isZero();
        client.copyObject("reuse", "images/digit-000.png", "reuse", "images/copied.png");
        client.copyObject("reuse", "images/digit-001.png", "reuse", "images/moved/digit.png");
        client.deleteObject("reuse", "images/digit-001.png");
        client.putObject(
                "reuse", "images/new.png", Path.of(Demo.IMAGES, "digit-100.png").toFile());

        Run second = infer("2", "--reuse");

        assertThat(second.exitCode()).as(second.err()).isZero();
        assertThat(second.summary().get("reused").asInt()).isEqualTo(2);
        assertThat(second.summary().get("written").asInt()).isEqualTo(3);
        assertThat(second.err()).contains("0 done by an earlier attempt, 2 moved or copied, 1 to compute");
        Map<String, List<Float>> embeddings = new HashMap<>();
        for (Row row : SwinlakeTable.read(
                        LocalSpark.session(), folder.resolve("table").toString())
                .selectExpr("regexp_replace(path, '.*/images/', '')", "embedding")
                .collectAsList()) {
            assertThat(embeddings.put(row.getString(0), row.getList(1))).isNull();
        }
        assertThat(embeddings).hasSize(IMAGES + 3).doesNotContainValue(null);
        assertThat(embeddings.get("copied.png")).isEqualTo(embeddings.get("digit-000.png"));
        assertThat(embeddings.get("moved/digit.png")).isEqualTo(embeddings.get("digit-001.png"));
        assertThat(embeddings.get("new.png")).isNotEqualTo(embeddings.get("digit-000.png"));
        assertThat(infer("3", "--reuse").summary().get("unchanged").asInt())
                .as("a reused row is a row like any other")
                .isEqualTo(IMAGES + 2);
    }

    private static void put(String key, int image) {
        String name = String.format(Locale.ROOT, "digit-%03d.png", image);
        s3.client().putObject("reuse", key, Path.of(Demo.IMAGES, name).toFile());
    }

    /** {@code bucket,key,size,last_modified_date,e_tag} of all objects below a prefix. */
    private static List<String> listed(String prefix) {
        return s3.client().listObjectsV2("reuse", prefix).getObjectSummaries().stream()
                .map(object -> "\"reuse\",\"%s\",\"%s\",\"%s\",\"%s\""
                        .formatted(
                                object.getKey(),
                                object.getSize(),
                                object.getLastModified().toInstant(),
                                object.getETag()))
                .toList();
    }

    /** A report of S3 Inventory as it is there at this moment. */
    private String inventory(String prefix) throws IOException {
        Path manifest = folder.resolve("config/2026-11-02T00-00Z/manifest.json");
        Files.createDirectories(manifest.getParent());
        Files.createDirectories(folder.resolve("config/data"));
        Files.write(folder.resolve("config/data/report.csv"), listed(prefix));
        Files.writeString(manifest, """
                {"sourceBucket": "reuse", "destinationBucket": "arn:aws:s3:::reports", "fileFormat": "CSV",
                 "fileSchema": "Bucket, Key, Size, LastModifiedDate, ETag", "files": [{"key": "x/data/report.csv"}]}
                """);
        return manifest.toString();
    }

    /** The table of S3 Metadata, as Parquet: also an earlier version of each object, and one that is deleted. */
    private String liveInventory(String prefix) throws IOException {
        Path csv = Files.write(folder.resolve("listed.csv"), listed(prefix));
        Path table = folder.resolve("live.parquet");
        Dataset<Row> now = LocalSpark.session()
                .read()
                .schema("bucket string, key string, size long, last_modified_date timestamp, e_tag string")
                .csv(csv.toString())
                .selectExpr("*", "'02' AS sequence_number", "'v' AS version_id", "false AS is_delete_marker");
        now.union(now.selectExpr("bucket", "key", "size + 1", "last_modified_date", "'old'", "'01'", "'u'", "false"))
                .union(now.limit(1)
                        .selectExpr(
                                "bucket",
                                "'" + prefix + "gone.png'",
                                "size",
                                "last_modified_date",
                                "e_tag",
                                "'03'",
                                "'w'",
                                "true"))
                .write()
                .mode("overwrite")
                .parquet(table.toString());
        return table.toString();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anInventoryStandsForAListingAlsoOfAnIncrementalRun(boolean live) throws IOException {
        String prefix = live ? "live/" : "report/";
        for (int i = 0; i < 4; i++) {
            put(prefix + i + ".png", i);
        }
        put(prefix + "notes.txt", 0);
        String[] glob = {"--glob", "*.png"};
        Run first = infer(live ? liveInventory(prefix) : inventory(prefix), "1", glob);
        assertThat(first.exitCode()).as(first.err()).isZero();
        assertThat(first.summary().get("written").asInt()).isEqualTo(4);
        assertThat(first.summary().get("failed").asInt()).isZero();
        put(prefix + "1.png", 10);
        put(prefix + "new.png", 11);

        Run second = infer(live ? liveInventory(prefix) : inventory(prefix), "2", glob);

        assertThat(second.exitCode()).as(second.err()).isZero();
        assertThat(second.summary().get("written").asInt()).isEqualTo(2);
        assertThat(second.summary().get("unchanged").asInt()).isEqualTo(3);
        assertThat(second.summary().get("replaced").asInt()).isEqualTo(1);
        assertThat(SwinlakeTable.read(
                                LocalSpark.session(), folder.resolve("table").toString())
                        .where("error IS NULL AND path LIKE 's3a://reuse/" + prefix + "%.png'")
                        .count())
                .isEqualTo(5);
        assertThat(infer("s3a://reuse/" + prefix, "3", glob)
                        .summary()
                        .get("unchanged")
                        .asInt())
                .as("a listing says the same as an inventory")
                .isEqualTo(5);
    }
}
