package io.swinlake.cli;

import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.swinlake.spark.Demo;
import io.swinlake.spark.LocalSpark;
import io.swinlake.spark.SwinlakeExtensions;
import io.swinlake.table.SwinlakeTable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The digits in tables and tar shards: the same results as from files, and runs that keep their promises. */
class TableLakesIT {
    private static final int IMAGES = 16;

    @TempDir
    private static Path shared;

    private static SparkSession spark;
    private static Map<String, Row> fromFiles;

    @TempDir
    private Path folder;

    @BeforeAll
    static void inferFromFiles() throws IOException {
        LocalSpark.session().stop();
        spark = SparkSession.builder()
                .master("local[2]")
                .config("spark.ui.enabled", false)
                .config("spark.sql.shuffle.partitions", 2)
                .config("spark.databricks.delta.snapshotPartitions", 2)
                .config("spark.log.level", "WARN")
                .config(
                        "spark.sql.extensions",
                        SwinlakeExtensions.class.getName() + ",io.delta.sql.DeltaSparkSessionExtension")
                .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
                .config("spark.sql.catalog.lake", "org.apache.iceberg.spark.SparkCatalog")
                .config("spark.sql.catalog.lake.type", "hadoop")
                .config(
                        "spark.sql.catalog.lake.warehouse",
                        shared.resolve("warehouse").toString())
                .getOrCreate();
        Path images = Files.createDirectory(shared.resolve("images"));
        for (int i = 0; i < IMAGES; i++) {
            Files.write(images.resolve(name(i)), digit(i));
        }
        String output = shared.resolve("files").toString();
        Run run = infer(images.toString(), output);
        assertThat(run.exitCode()).as(run.err()).isZero();
        fromFiles = results(spark.read().parquet(output));
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    private static String name(int i) {
        return String.format(Locale.ROOT, "digit-%03d.png", i);
    }

    private static byte[] digit(int i) throws IOException {
        return Files.readAllBytes(Path.of(Demo.IMAGES, name(i)));
    }

    private static Run infer(String input, String output, String... more) {
        List<String> words =
                new ArrayList<>(List.of("infer", "--model", Demo.MODEL, "--input", input, "--output", output));
        words.addAll(List.of(more));
        return Run.inCurrentSession(words.toArray(String[]::new));
    }

    /** Rows by the name of their image; fails if one has two. */
    private static Map<String, Row> results(Dataset<Row> table) {
        return table.withColumn("name", expr("regexp_extract(path, '[^/#]+$', 0)")).collectAsList().stream()
                .collect(Collectors.toMap(
                        row -> row.getAs("name"),
                        row -> row,
                        (one, other) -> {
                            throw new AssertionError("two rows of " + one.getAs("name"));
                        },
                        TreeMap::new));
    }

    private static void requireSame(Map<String, Row> found, int images) {
        assertThat(found).hasSize(images);
        found.forEach((name, row) -> {
            Row expected = fromFiles.get(name);
            assertThat(row.<String>getAs("label")).as(name).isEqualTo(expected.getAs("label"));
            List<Float> ours = row.getList(row.fieldIndex("embedding"));
            List<Float> theirs = expected.getList(expected.fieldIndex("embedding"));
            for (int i = 0; i < theirs.size(); i++) {
                assertThat(ours.get(i)).as(name).isCloseTo(theirs.get(i), within(1e-4f));
            }
        });
    }

    /** {@code id, image, caption} of some digits, two files for Spark to split. */
    private static Dataset<Row> digits(int from, int to) {
        return spark.read()
                .format("binaryFile")
                .load(shared.resolve("images").toString())
                .selectExpr("regexp_extract(path, '[^/]+$', 0) AS id", "content AS image", "length AS size")
                .where("id >= '%s' AND id < '%s'".formatted(name(from), name(to)))
                .withColumn("caption", expr("concat('a digit, ', id)"))
                .repartition(2);
    }

    private Map<String, Row> table(String output) throws IOException {
        return results(SwinlakeTable.read(spark, output));
    }

    private String at(String name) {
        return folder.resolve(name).toString();
    }

    @Test
    void bytesInParquetAreAddedToAndBrokenRunsCompleted() throws IOException {
        String input = at("digits.parquet");
        digits(0, 10)
                .withColumn("image", expr("IF(id = '%s', cast('none' AS binary), image)".formatted(name(3))))
                .write()
                .parquet(input);
        String[] first = {
            "--id-column",
            "id",
            "--keep",
            "caption,size=bytes",
            "--run-id",
            "1",
            "--incremental",
            "--checkpoint-every",
            "2",
            "--handle-invalid",
            "error"
        };
        Run broken = infer(input, at("out"), first);
        digits(0, 10).write().mode("overwrite").parquet(input);
        Run completed = infer(input, at("out"), first);
        digits(10, 14).write().mode("append").parquet(input);
        Run second = infer(
                input,
                at("out"),
                "--id-column",
                "id",
                "--keep",
                "caption,size=bytes",
                "--run-id",
                "2",
                "--incremental",
                "--handle-invalid",
                "error");
        digits(14, 16)
                .unionByName(digits(0, 14).where("id != '%s'".formatted(name(5))))
                .unionByName(digits(6, 7).withColumn("id", lit(name(5))))
                .write()
                .parquet(at("rewritten.parquet"));
        Run third = infer(
                at("rewritten.parquet"),
                at("out"),
                "--id-column",
                "id",
                "--keep",
                "caption,size=bytes",
                "--run-id",
                "3",
                "--incremental",
                "--handle-invalid",
                "error");

        assertThat(broken.exitCode()).isEqualTo(1);
        assertThat(completed.exitCode()).as(completed.err()).isZero();
        assertThat(completed.summary().get("resumed").asInt()).isBetween(1, 9);
        assertThat(completed.summary().get("written").asInt()).isEqualTo(10);
        assertThat(second.exitCode()).as(second.err()).isZero();
        assertThat(second.summary().get("unchanged").asInt()).isEqualTo(10);
        assertThat(second.summary().get("written").asInt()).isEqualTo(4);
        assertThat(third.exitCode()).as(third.err()).isZero();
        assertThat(third.summary().get("written").asInt())
                .as("two new ones, and the one of other bytes under the same id")
                .isEqualTo(3);
        assertThat(third.summary().get("replaced").asInt()).isEqualTo(1);
        Map<String, Row> table = table(at("out"));
        assertThat(table.get(name(5)).<String>getAs("label"))
                .isEqualTo(fromFiles.get(name(6)).getAs("label"));
        table.remove(name(5));
        requireSame(table, IMAGES - 1);
        assertThat(table.get(name(2)).<String>getAs("caption")).isEqualTo("a digit, " + name(2));
        assertThat(table.get(name(2)).<Long>getAs("bytes")).isEqualTo((long) digit(2).length);
        assertThat(table.get(name(2)).schema().fieldNames()).doesNotContain("image");
    }

    @Test
    void huggingFacesStructsAreBytesOrPaths() throws IOException {
        digits(0, IMAGES)
                .selectExpr(
                        "named_struct('bytes', IF(id < '%s', image, NULL), 'path', IF(id < '%s', id, concat('../images/', id))) AS image"
                                .formatted(name(8), name(8)),
                        "cast(substring(id, 7, 3) AS int) AS label")
                .write()
                .parquet(shared.resolve("hf.parquet").toString());
        Run run = infer(shared.resolve("hf.parquet").toString(), at("out"), "--keep", "label=truth");

        assertThat(run.exitCode()).as(run.err()).isZero();
        Map<String, Row> table = table(at("out"));
        requireSame(table, IMAGES);
        assertThat(table.get(name(9)).<Integer>getAs("truth")).isEqualTo(9);
    }

    @Test
    void listsOfUrisMayBeCsvJsonLinesOrTables() throws IOException {
        String csv = IntStream.range(0, IMAGES)
                .mapToObj(i -> "images/%s,\"a digit, %s\n in two lines\"".formatted(name(i), i))
                .collect(Collectors.joining("\n", "file,caption\n", "\n"));
        Files.writeString(shared.resolve("list.csv"), csv);
        String json = IntStream.range(0, IMAGES)
                .mapToObj(i -> "{\"uri\": \"file://%s\", \"n\": %s}"
                        .formatted(shared.resolve("images").resolve(name(i)), i))
                .collect(Collectors.joining("\n"));
        Files.writeString(shared.resolve("list.jsonl"), json);
        spark.read()
                .json(shared.resolve("list.jsonl").toString())
                .limit(4)
                .write()
                .parquet(shared.resolve("uris.parquet").toString());

        Run first =
                infer(shared.resolve("list.csv").toString(), at("csv"), "--uri-column", "file", "--keep", "caption");
        assertThat(first.exitCode()).as(first.err()).isZero();
        Map<String, Row> fromCsv = table(at("csv"));
        requireSame(fromCsv, IMAGES);
        assertThat(fromCsv.get(name(1)).<String>getAs("caption")).isEqualTo("a digit, 1\n in two lines");
        assertThat(fromCsv.get(name(1)).<String>getAs("path"))
                .as("as from a listing")
                .isEqualTo(fromFiles.get(name(1)).getAs("path"));

        Run table = infer(shared.resolve("uris.parquet").toString(), at("out"), "--uri-column", "uri", "--incremental");
        Run lines = infer(shared.resolve("list.jsonl").toString(), at("out"), "--uri-column", "uri", "--incremental");
        assertThat(table.summary().get("written").asInt()).isEqualTo(4);
        assertThat(lines.exitCode()).as(lines.err()).isZero();
        assertThat(lines.summary().get("written").asInt()).isEqualTo(IMAGES - 4);
        requireSame(table(at("out")), IMAGES);
    }

    @Test
    void deltaAndIcebergAreReadAtTheirSnapshot() throws Exception {
        digits(0, 10).write().format("delta").save(at("delta"));
        Run first = infer(at("delta"), at("out"), "--id-column", "id", "--incremental");
        digits(10, IMAGES).write().format("delta").mode("append").save(at("delta"));
        spark.sql("DELETE FROM delta.`%s` WHERE id = '%s'".formatted(at("delta"), name(0)));
        Run second = infer(at("delta"), at("out"), "--id-column", "id", "--incremental");

        assertThat(first.exitCode()).as(first.err()).isZero();
        assertThat(second.exitCode()).as(second.err()).isZero();
        assertThat(second.summary().get("unchanged").asInt()).isEqualTo(9);
        assertThat(second.summary().get("written").asInt()).isEqualTo(IMAGES - 10);
        requireSame(table(at("out")), IMAGES);

        digits(0, 10).writeTo("lake.db.digits").using("iceberg").create();
        Run third = infer("lake.db.digits", at("other"), "--id-column", "id", "--incremental");
        digits(10, IMAGES).writeTo("lake.db.digits").append();
        Run fourth = infer(
                shared.resolve("warehouse/db/digits").toString(), at("other"), "--id-column", "id", "--incremental");
        assertThat(third.exitCode()).as(third.err()).isZero();
        assertThat(fourth.exitCode()).as(fourth.err()).isZero();
        assertThat(fourth.summary().get("written").asInt()).isEqualTo(IMAGES - 10);
        requireSame(table(at("other")), IMAGES);
    }

    private void shard(String name, Map<String, byte[]> members) throws IOException {
        Path shard = folder.resolve("shards").resolve(name);
        Files.createDirectories(shard.getParent());
        try (OutputStream out = Files.newOutputStream(shard);
                TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
            for (Map.Entry<String, byte[]> member : members.entrySet()) {
                TarArchiveEntry entry = new TarArchiveEntry(member.getKey());
                entry.setSize(member.getValue().length);
                tar.putArchiveEntry(entry);
                tar.write(member.getValue());
                tar.closeArchiveEntry();
            }
        }
    }

    private static Map<String, byte[]> samples(int from, int to) throws IOException {
        Map<String, byte[]> members = new TreeMap<>();
        for (int i = from; i < to; i++) {
            members.put(name(i), digit(i));
            members.put(
                    name(i).replace(".png", ".json"), "{\"n\": %s}".formatted(i).getBytes(StandardCharsets.UTF_8));
        }
        return members;
    }

    @Test
    void tarShardsAreReadWholeAddedToAndBrokenRunsCompleted() throws IOException {
        shard("train-0.tar", samples(0, 4));
        shard("train-1.tar", samples(4, 8));
        Map<String, byte[]> bad = samples(8, 12);
        bad.put(name(9), "no image".getBytes(StandardCharsets.UTF_8));
        shard("train-2.tar", bad);
        String[] first = {
            "--keep", "json", "--incremental", "--run-id", "1", "--checkpoint-every", "1", "--handle-invalid", "error"
        };
        Run broken = infer(at("shards"), at("out"), first);
        shard("train-2.tar", samples(8, 12));
        Run completed = infer(at("shards"), at("out"), first);
        shard("train-3.tar", samples(12, IMAGES));
        String[] next = {"--keep", "json", "--incremental", "--handle-invalid", "error"};
        Run second = infer(at("shards/*.tar"), at("out"), next);
        Run third = infer(at("shards/train-3.tar"), at("out"), next);

        assertThat(broken.exitCode()).isEqualTo(1);
        assertThat(completed.exitCode()).as(completed.err()).isZero();
        assertThat(completed.summary().get("written").asInt()).isEqualTo(12);
        assertThat(completed.summary().get("listed").asInt()).isEqualTo(12);
        assertThat(second.exitCode()).as(second.err()).isZero();
        assertThat(second.summary().get("unchanged").asInt()).isEqualTo(12);
        assertThat(second.summary().get("written").asInt()).isEqualTo(4);
        assertThat(third.summary().get("written").asInt()).isZero();
        Map<String, Row> table = table(at("out"));
        requireSame(table, IMAGES);
        assertThat(table.get(name(7)).<String>getAs("json")).isEqualTo("{\"n\": 7}");
        assertThat(table.get(name(7)).<String>getAs("path"))
                .isEqualTo("file:" + at("shards/train-1.tar") + "#" + name(7));
    }

    @Test
    void aBrokenShardIsARowThatSaysSoAndTheImagesBeforeItHaveTheirs() throws IOException {
        shard("whole.tar", Map.of(name(0), digit(0)));
        shard("texts.tar", Map.of("a.json", new byte[3]));
        shard("cut.tar", samples(1, 4));
        Path cut = folder.resolve("shards/cut.tar");
        byte[] bytes = Files.readAllBytes(cut);
        int third = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(name(3) + "\0");
        Files.write(cut, Arrays.copyOf(bytes, third + 600)); // in its content

        Run run = infer(at("shards"), at("out"), "--max-error-rate", "1");

        assertThat(run.exitCode()).as(run.err()).isZero();
        Map<String, Row> rows = results(spark.read().parquet(at("out")));
        assertThat(rows.get("cut.tar")
                        .getStruct(rows.get("cut.tar").fieldIndex("error"))
                        .<String>getAs("code"))
                .isEqualTo("broken_shard");
        assertThat(rows.get("texts.tar")
                        .getStruct(rows.get("texts.tar").fieldIndex("error"))
                        .<String>getAs("message"))
                .isEqualTo("holds no image, but files such as a.json: --glob says which are images");
        assertThat(rows.keySet()).contains(name(0), name(1)).doesNotContain(name(3));
    }

    @Test
    void whatCannotBeMeantIsSaidInOneLine() throws IOException {
        String input = at("digits.parquet");
        digits(0, 4).write().parquet(input);
        digits(0, 4).unionByName(digits(3, 5)).write().parquet(at("twice.parquet"));
        digits(0, 4)
                .withColumn("id", expr("nullif(id, '%s')".formatted(name(1))))
                .write()
                .parquet(at("null.parquet"));

        requireRefused(
                infer(input, at("out"), "--id-column", "name"),
                input
                        + ": the column that tells rows apart: column 'name' does not exist; there are [id, image, size, caption]");
        requireRefused(
                infer(input, at("out"), "--uri-column", "image"),
                input + ": column 'image' is binary: URIs are text; --image-column takes bytes and structs");
        requireRefused(
                infer(input, at("out")),
                input
                        + ": --id-column has to say which column tells its rows apart; there are [id, image, size, caption]");
        requireRefused(
                infer(at("twice.parquet"), at("out"), "--id-column", "id"),
                "%s: '%s' stands in 2 rows, but each row needs a name of its own: name a column that tells them apart by --id-column, or leave out what is there twice"
                        .formatted(at("twice.parquet"), name(3)));
        requireRefused(
                infer(at("null.parquet"), at("out"), "--id-column", "id"),
                at("null.parquet")
                        + ": 1 of 4 rows have no value in column 'id', which is to tell them apart: name another column by --id-column, or filter them out");
        requireRefused(
                infer(input, at("out"), "--id-column", "id", "--keep", "caption=label"),
                "--keep label: infer writes a column of that name; --keep label=NEWNAME gives it another name");
        requireRefused(
                infer(shared.resolve("images").toString(), at("out"), "--uri-column", "uri"),
                shared.resolve("images")
                        + ": is a folder or object of images, which has no columns: --uri-column, --image-column and --id-column go with tables, whose names end in .parquet, .csv or .jsonl, or which are Delta's or Iceberg's");
    }

    private static void requireRefused(Run run, String message) {
        assertThat(run.err()).isEqualTo("swinlake infer: %s%n".formatted(message));
        assertThat(run.exitCode()).isEqualTo(4);
    }
}
