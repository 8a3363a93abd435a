package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.spark.Demo;
import io.swinlake.spark.LocalSpark;
import io.swinlake.table.SwinlakeTable;
import io.swinlake.table.TableFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Delta and Iceberg tables by their own jars, in sessions that {@code infer} sets up itself. */
class TableFormatsIT {
    private static final int IMAGES = 12;

    /** What a user gives by {@code --conf}; a session takes it from the system's properties as from spark-submit. */
    private final List<String> settings = new ArrayList<>();

    @TempDir
    private Path folder;

    private void set(String key, String value) {
        settings.add(key);
        System.setProperty(key, value);
    }

    @AfterEach
    void forget() {
        LocalSpark.session().stop();
        settings.forEach(System::clearProperty);
    }

    /** The session that the next verb opens: few partitions, since each is a task of milliseconds. */
    private void smallSession() {
        set("spark.master", "local[2]");
        set("spark.ui.enabled", "false");
        set("spark.sql.shuffle.partitions", "2");
        set("spark.databricks.delta.snapshotPartitions", "2");
        set("spark.log.level", "WARN");
        LocalSpark.session().stop();
    }

    private Run infer(String... more) {
        List<String> words = new ArrayList<>(List.of(
                "infer",
                "--model",
                Demo.MODEL,
                "--input",
                folder.resolve("images").toString()));
        words.addAll(List.of(more));
        return Run.inCurrentSession(words.toArray(String[]::new));
    }

    private static void copy(int image, Path to) throws IOException {
        Files.copy(
                Path.of(Demo.IMAGES, String.format(Locale.ROOT, "digit-%03d.png", image)),
                to,
                StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void aDeltaTableHasOneRowForEachPathWhateverIsRepeated() throws IOException {
        String output = folder.resolve("delta").toString();
        set("spark.sql.parquet.writeLegacyFormat", "true"); // which Delta heeds

        runsAndRepeats(TableFormat.DELTA, output, Path.of(output), "delta.`" + output + "`");

        assertThat(ParquetSchemas.of(Path.of(output)).values()).isNotEmpty().allSatisfy(schema -> assertThat(schema)
                .contains("float element"));
    }

    @Test
    void anIcebergTableHasOneRowForEachPathWhateverIsRepeated() throws IOException {
        set("spark.sql.catalog.lake", "org.apache.iceberg.spark.SparkCatalog");
        set("spark.sql.catalog.lake.type", "hadoop");
        set("spark.sql.catalog.lake.warehouse", folder.resolve("warehouse").toString());

        runsAndRepeats(
                TableFormat.ICEBERG, "lake.digits.rows", folder.resolve("warehouse/digits/rows"), "lake.digits.rows");
        recordsHaveAPlaceOfTheirOwn();
    }

    /** Where the table's files are out of Hadoop's reach, as with Iceberg's own clients of object stores. */
    private void recordsHaveAPlaceOfTheirOwn() {
        Path records = folder.resolve("records");
        String[] words = {"--format", "iceberg", "--output", "lake.digits.apart", "--run-id", "1", "--runs", ""};

        words[7] = "nowhere://bucket/records";
        Run refused = infer(words);
        assertThat(refused.exitCode()).isEqualTo(4);
        assertThat(refused.err())
                .startsWith(
                        "swinlake infer: lake.digits.apart: the records of runs cannot be kept in"
                                + " nowhere://bucket/records: No FileSystem for scheme \"nowhere\"; --runs URI names another folder");
        assertThat(SparkSession.active().catalog().tableExists("lake.digits.apart"))
                .as("before anything is made")
                .isFalse();

        words[7] = records.toString();
        assertThat(infer(words).exitCode()).isZero();
        assertThat(records.resolve("_runs/1/_run.json")).exists();
        assertThat(folder.resolve("warehouse/digits/apart/_runs")).doesNotExist();
        assertThat(infer(words).err()).contains("run 1 was already done");
    }

    private void runsAndRepeats(TableFormat format, String output, Path home, String name) throws IOException {
        smallSession();
        Path images = Files.createDirectory(folder.resolve("images"));
        for (int i = 0; i < IMAGES; i++) {
            copy(i, images.resolve(String.format(Locale.ROOT, "%02d.png", i)));
        }
        String[] first = {"--format", format.name().toLowerCase(Locale.ROOT), "--output", output, "--run-id", "1"};

        Run done = infer(first);
        assertThat(done.exitCode()).as(done.err()).isZero();
        Run again = infer(first);
        assertThat(again.err()).contains("run 1 was already done");
        assertThat(again.out()).isEqualTo(done.out());
        assertThat(rows(name)).hasSize(IMAGES).allSatisfy(row -> assertThat(row.<String>getAs("run"))
                .isEqualTo("1"));

        SparkSession.active().sql("ALTER TABLE " + name + " ADD COLUMNS (note STRING)"); // as users do
        copy(100, images.resolve("new.png"));
        copy(101, images.resolve("00.png"));
        Files.setLastModifiedTime(images.resolve("00.png"), FileTime.fromMillis(System.currentTimeMillis() + 5000));
        String[] second = {first[0], first[1], first[2], first[3], "--incremental", "--run-id", "2"};
        Run added = infer(second);
        assertThat(added.exitCode()).as(added.err()).isZero();
        assertThat(added.summary().get("written").asInt()).isEqualTo(2);
        assertThat(added.summary().get("replaced").asInt()).isEqualTo(1);
        List<Row> after = rows(name);
        assertThat(after).hasSize(IMAGES + 1);

        // As if the second run had died when its rows were merged and its record was not written.
        Files.delete(home.resolve("_runs/2/_run.json"));
        Run repeated = infer(second);
        assertThat(repeated.exitCode()).as(repeated.err()).isZero();
        assertThat(repeated.summary().get("written").asInt()).isEqualTo(2);
        assertThat(rows(name)).isEqualTo(after);

        // An image that turns out broken: with skip, its row of before goes, in these formats as in Parquet.
        Files.writeString(images.resolve("01.png"), "no image");
        Run skipping = infer(
                first[0],
                first[1],
                first[2],
                first[3],
                "--incremental",
                "--run-id",
                "skip",
                "--handle-invalid",
                "skip",
                "--max-error-rate",
                "1");
        assertThat(skipping.exitCode()).as(skipping.err()).isZero();
        assertThat(rows(name)).hasSize(IMAGES);
        copy(1, images.resolve("01.png"));
        assertThat(infer(first[0], first[1], first[2], first[3], "--incremental", "--run-id", "back")
                        .exitCode())
                .isZero();

        if (format == TableFormat.DELTA) { // Iceberg's tables come through the same reader
            everyVerbReads(output);
        }
        assertThat(SwinlakeTable.read(SparkSession.active(), output).count())
                .as("by its name")
                .isEqualTo(IMAGES + 1);
        assertThat(SwinlakeTable.read(SparkSession.active(), home.toString()).count())
                .as("by its folder")
                .isEqualTo(IMAGES + 1);
        assertThat(infer(first[0], first[1], first[2], first[3], "--incremental", "--recipe", "timm")
                        .err())
                .contains("(recipe hf), this one's recipe is timm; one table has one model");
        assertThat(infer(first[0], first[1], first[2], first[3], "--run-id", "3")
                        .err())
                .contains("has rows of run '");
    }

    /** Each verb sees what the format's own reader sees: a replaced row is gone, though its file is still there. */
    private void everyVerbReads(String output) throws IOException {
        Path truth = folder.resolve("truth.csv");
        Files.writeString(truth, """
                file,label
                00.png,1
                01.png,1
                new.png,1
                """);
        Run evaluated = Run.inCurrentSession("evaluate", "--embeddings", output, "--truth", truth.toString());
        assertThat(evaluated.exitCode()).as(evaluated.err()).isZero();
        assertThat(evaluated.summary().get("images").asInt()).isEqualTo(3);
        assertThat(evaluated.summary().get("rows_without_truth").asInt()).isEqualTo(IMAGES + 1 - 3);

        Run nearest = Run.inCurrentSession("nearest", "--embeddings", output, "--query", "00.png", "--k", "100");
        assertThat(nearest.exitCode()).as(nearest.err()).isZero();
        assertThat(nearest.summary().get("neighbors").asInt()).isEqualTo(IMAGES + 1);

        Path page = folder.resolve("page.html");
        Run report =
                Run.inCurrentSession("report", "--embeddings", output, "--output", page.toString(), "--images", "0");
        assertThat(report.exitCode()).as(report.err()).isZero();
        assertThat(report.summary().get("images").asInt()).isEqualTo(IMAGES + 1);

        Path pairs = folder.resolve("pairs");
        Run duplicates = Run.inCurrentSession("duplicates", "--embeddings", output, "--output", pairs.toString());
        assertThat(duplicates.exitCode()).as(duplicates.err()).isZero();

        Path query = folder.resolve("query.sql");
        Files.writeString(query, "SELECT count(*) AS n FROM embeddings;");
        Run sql = Run.inCurrentSession("sql", "--embeddings", output, query.toString());
        assertThat(sql.out()).as(sql.err()).contains("|" + (IMAGES + 1) + " ");
        assertThat(SparkSession.active()
                        .sql("SELECT path FROM swinlake_table('" + output + "')")
                        .count())
                .isEqualTo(IMAGES + 1);
    }

    @Test
    void aDeltaTableIsReadAtItsSnapshotAndTakesNoSecondModelThoughThatHasNoRecord() throws IOException {
        String output = folder.resolve("delta").toString();
        smallSession();
        Path images = Files.createDirectory(folder.resolve("images"));
        copy(0, images.resolve("0.png"));
        infer("--format", "delta", "--output", output, "--run-id", "1", "--incremental");
        Dataset<Row> before = SwinlakeTable.read(SparkSession.active(), output);
        copy(1, images.resolve("1.png"));
        infer("--format", "delta", "--output", output, "--run-id", "2", "--incremental");

        assertThat(before.count()).isEqualTo(1);
        assertThat(SwinlakeTable.read(SparkSession.active(), output).count()).isEqualTo(2);

        SparkSession.active()
                .sql(
                        "INSERT INTO delta.`%s` SELECT * REPLACE_MODEL FROM delta.`%s`"
                                .formatted(output, output)
                                .replace(
                                        "* REPLACE_MODEL",
                                        "concat(path, 'x') AS path, length, modificationTime, etag, width, height, prediction, label,"
                                                + " probability, top_k, embedding, error, named_struct('name', 'm', 'sha256', 'other',"
                                                + " 'recipe', 'hf', 'precision', 'fp32', 'digest', 'd') AS model, 'by hand' AS run"));
        Run refused = infer("--format", "delta", "--output", output, "--run-id", "3", "--incremental");

        assertThat(refused.exitCode()).isEqualTo(4);
        assertThat(refused.err()).contains(": holds rows of model other hf fp32, this one is ");
    }

    /** Ordered by path, without the embedding: which digits the bytes are. */
    private static List<Row> rows(String name) {
        Dataset<Row> table = SparkSession.active().table(name);
        assertThat(table.columns()).contains("embedding", "top_k", "model");
        return table.select("path", "label", "run").orderBy("path").collectAsList();
    }

    @Test
    void aMissingJarIsNamedWithThePackageToAdd() {
        LocalSpark.session();
        ClassLoader own = Thread.currentThread().getContextClassLoader();
        Thread.currentThread().setContextClassLoader(ClassLoader.getPlatformClassLoader());
        try {
            Map.of(
                            "delta",
                            "io.delta:delta-spark_2.12:3.3.2",
                            "iceberg",
                            "org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:1.9.2")
                    .forEach((format, needed) -> assertThat(infer("--format", format, "--output", "x"))
                            .isEqualTo(new Run(
                                    4,
                                    "",
                                    "swinlake infer: --format %s needs a jar that is not there: add --packages %s before the verb%n"
                                            .formatted(format, needed))));
        } finally {
            Thread.currentThread().setContextClassLoader(own);
        }
    }
}
