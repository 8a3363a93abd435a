package io.swinlake.spark;

import static org.apache.spark.sql.functions.expr;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports as the S3 User Guide shows them. */
class InventoryTest {
    private static final String LINES = """
            "lake","photos/1.jpg","7","2026-11-01T10:00:00.000Z","aa","true","false"
            "lake","photos/with%20space+%28x%29.jpg","8","2026-11-01T10:00:00.000Z","bb","true","false"
            "lake","photos/1.jpg","6","2026-10-01T10:00:00.000Z","old","false","false"
            "lake","photos/gone.jpg","","2026-11-01T10:00:00.000Z","","true","true"
            "lake","photos/","0","2026-11-01T10:00:00.000Z","cc","true","false"
            "lake","photos/_hidden/2.jpg","9","2026-11-01T10:00:00.000Z","dd","true","false"
            "lake","table/part-0.jpg","9","2026-11-01T10:00:00.000Z","ee","true","false"
            "lake","photos/notes.txt","9","2026-11-01T10:00:00.000Z","ff","true","false"
            """;

    private final SparkSession spark = LocalSpark.session();

    @TempDir
    private Path folder;

    private String manifest(String format, String schema, List<String> files) throws IOException {
        Path manifest = folder.resolve("config/2026-11-02T00-00Z/manifest.json");
        Files.createDirectories(manifest.getParent());
        Files.writeString(manifest, """
                {"sourceBucket": "lake", "destinationBucket": "arn:aws:s3:::reports", "version": "2016-11-30",
                 "fileFormat": "%s", "fileSchema": "%s", "files": [%s]}
                """.formatted(
                        format,
                        schema,
                        files.stream()
                                .map(file -> "{\"key\": \"inventory/lake/config/data/" + file + "\", \"size\": 1}")
                                .collect(Collectors.joining(", "))));
        return manifest.toString();
    }

    private void requireTheTwoPhotos(String manifest) throws IOException {
        ImageLake lake = ImageLake.list(spark, List.of(manifest), "*.jpg", List.of("s3a://lake/table"));

        assertThat(lake.size()).isEqualTo(2);
        assertThat(lake.bytes()).isEqualTo(15);
        List<Row> rows = lake.toDataset(spark)
                .selectExpr("path", "length", "unix_millis(modificationTime)", "etag")
                .collectAsList();
        assertThat(rows.get(0).toString()).isEqualTo("[s3a://lake/photos/1.jpg,7,1793527200000,aa]");
        assertThat(rows.get(1).getString(0)).isEqualTo("s3a://lake/photos/with space (x).jpg");
    }

    @Test
    void readsReportsOfAllFormats() throws IOException {
        Path data = Files.createDirectories(folder.resolve("config/data"));
        Files.writeString(data.resolve("report.csv"), LINES);
        String schema = "Bucket, Key, Size, LastModifiedDate, ETag, IsLatest, IsDeleteMarker";

        requireTheTwoPhotos(manifest("CSV", schema, List.of("report.csv")));

        var columns = spark.read()
                .schema("bucket string, key string, size long, last_modified_date timestamp, e_tag string,"
                        + " is_latest boolean, is_delete_marker boolean")
                .csv(data.resolve("report.csv").toString())
                .withColumn("key", expr("url_decode(key)"))
                .coalesce(1);
        columns.write().parquet(folder.resolve("parquet").toString());
        columns.write().orc(folder.resolve("orc").toString());
        for (String format : List.of("Parquet", "ORC")) {
            Path written = folder.resolve(format.toLowerCase(java.util.Locale.ROOT));
            try (Stream<Path> files = Files.list(written)) {
                Path part = files.filter(file -> file.getFileName().toString().startsWith("part-"))
                        .findFirst()
                        .orElseThrow();
                Files.copy(part, data.resolve(format));
            }
            requireTheTwoPhotos(manifest(format, "ignored", List.of(format)));
        }
    }

    @Test
    void saysWhatAReportLacks() throws IOException {
        Path data = Files.createDirectories(folder.resolve("config/data"));
        Files.writeString(data.resolve("report.csv"), "\"lake\",\"1.jpg\"\n");
        String manifest = manifest("CSV", "Bucket, Key", List.of("report.csv"));

        assertThatThrownBy(() -> ImageLake.list(spark, List.of(manifest), "*"))
                .hasMessage(
                        manifest
                                + ": the inventory has no field size, only [bucket, key]: add Size, Last modified date and ETag to its configuration");
        Files.writeString(Path.of(manifest), "{}");
        assertThatThrownBy(() -> ImageLake.list(spark, List.of(manifest), "*"))
                .hasMessage(manifest + ": is no manifest of an S3 Inventory: it names no sourceBucket or no files");
    }
}
