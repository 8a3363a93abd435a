package io.swinlake.cli;

import static org.apache.spark.sql.functions.expr;
import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.spark.Demo;
import io.swinlake.spark.LocalSpark;
import io.swinlake.table.SwinlakeTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs with an id: done once, completed when broken, adding only what is new. */
class RunsIT {
    private static final int IMAGES = 24;

    @TempDir
    private Path folder;

    private Path images;
    private Path output;

    @BeforeEach
    void copyImages() throws IOException {
        images = Files.createDirectory(folder.resolve("images"));
        output = folder.resolve("output");
        for (int i = 0; i < IMAGES; i++) {
            copy(i, name(i));
        }
    }

    private static String name(int image) {
        return String.format(Locale.ROOT, "digit-%03d.png", image);
    }

    private void copy(int image, String name) throws IOException {
        Files.copy(Path.of(Demo.IMAGES, name(image)), images.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }

    private Run infer(String... more) {
        List<String> words = new ArrayList<>(
                List.of("infer", "--model", Demo.MODEL, "--input", images.toString(), "--output", output.toString()));
        words.addAll(List.of(more));
        return Run.swinlake(words.toArray(String[]::new));
    }

    private Dataset<Row> table() throws IOException {
        return SwinlakeTable.read(LocalSpark.session(), output.toString());
    }

    /** Labels by the image's name; fails if a name has two rows. */
    private static Map<String, String> labels(Dataset<Row> table) {
        Map<String, String> labels = new TreeMap<>();
        for (Row row :
                table.selectExpr("regexp_extract(path, '[^/]+$', 0)", "label").collectAsList()) {
            assertThat(labels.put(row.getString(0), row.getString(1)))
                    .as(row.getString(0))
                    .isNull();
        }
        return labels;
    }

    private static Map<String, FileTime> filesOf(Path folder) throws IOException {
        Map<String, FileTime> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.toList()) {
                files.put(file.toString(), Files.getLastModifiedTime(file));
            }
        }
        return files;
    }

    @Test
    void aFinishedRunIsDoneOnceUnderAnyIdThatASchedulerGives() throws IOException {
        String id = "scheduled__2026-11-21T00:00:00+00:00";
        Run first = infer("--run-id", id);
        Map<String, FileTime> files = filesOf(output);
        Run second = infer("--run-id", id, "--device", "cpu");

        assertThat(first.exitCode()).as(first.err()).isZero();
        assertThat(first.summary().get("run_id").asText()).isEqualTo(id);
        assertThat(second.exitCode()).as(second.err()).isZero();
        assertThat(second.err())
                .isEqualTo("run %s was already done, at %s: nothing to do%n"
                        .formatted(id, first.summary().get("ended").asText()));
        assertThat(second.out()).isEqualTo(first.out());
        assertThat(filesOf(output)).isEqualTo(files);
        assertThat(table().select("run").distinct().collectAsList())
                .extracting(row -> row.getString(0))
                .containsExactly(id);
        assertThat(labels(table())).hasSize(IMAGES);
        assertThat(labels(LocalSpark.session().read().parquet(output.toString())))
                .as("by the plain reader")
                .hasSize(IMAGES);
        assertThat(LocalSpark.session()
                        .sql("SELECT label FROM swinlake_table('%s') WHERE run = '%s'".formatted(output, id))
                        .count())
                .as("in SQL")
                .isEqualTo(IMAGES);
        String attempt = first.summary().get("attempt").asText();
        assertThat(output.resolve("run=scheduled__2026-11-21T00%3A00%3A00+00%3A00/" + attempt + "/_SUCCESS"))
                .exists();
        assertThat(output.resolve("_runs")).doesNotExist();
    }

    @Test
    void aRunIdStandsForItsOptions() {
        infer("--run-id", "2026-11-21", "--limit", "4");

        assertThat(infer("--run-id", "2026-11-21", "--limit", "4", "--top-k", "3"))
                .isEqualTo(new Run(
                        4,
                        "",
                        "swinlake infer: run '2026-11-21' was begun with other options, --top-k 5, this is 3; repeat them, or"
                                + " choose another --run-id%n".formatted()));
        assertThat(infer("--run-id", "2026-11-22"))
                .isEqualTo(new Run(
                        4,
                        "",
                        "swinlake infer: %s: has rows of run '2026-11-21' already; --incremental adds what is new or changed,"
                                        .formatted(output)
                                + " another --output begins anew%n".formatted()));
        assertThat(infer("--run-id", "a/b").err())
                .startsWith(
                        "swinlake infer: Invalid value for option '--run-id': 'a/b' is no run id: up to 128 letters");
    }

    @Test
    void aBrokenRunIsCompletedAndComputesOnlyWhatIsMissing() throws IOException {
        Files.writeString(images.resolve(name(20)), "no image");
        String[] options = {"--run-id", "first", "--checkpoint-every", "4", "--handle-invalid", "error"};
        Run broken = infer(options);
        boolean visible = Files.exists(output.resolve("run=first"));
        Run otherOptions = infer("--run-id", "first", "--handle-invalid", "keep");
        copy(20, name(20));
        Run completed = infer(options);

        assertThat(broken.exitCode()).isEqualTo(1);
        assertThat(visible).isFalse();
        assertThat(otherOptions.exitCode()).isEqualTo(4);
        assertThat(otherOptions.err()).contains("--handle-invalid ERROR, this is KEEP");
        assertThat(completed.exitCode()).as(completed.err()).isZero();
        assertThat(completed.summary().get("resumed").asInt()).isBetween(12, 20);
        assertThat(completed.summary().get("written").asInt()).isEqualTo(IMAGES);
        assertThat(labels(table())).hasSize(IMAGES);
    }

    /** Tasks are of eight images, and all of them in one part. */
    @Test
    void ofABrokenPartTheTasksThatAreDoneAreKept() throws IOException {
        String last = name(IMAGES - 1);
        Files.writeString(images.resolve(last), "no image");
        Run broken = infer("--run-id", "first", "--handle-invalid", "error");
        copy(IMAGES - 1, last);
        Run completed = infer("--run-id", "first", "--handle-invalid", "error");

        assertThat(broken.exitCode()).isEqualTo(1);
        assertThat(completed.exitCode()).as(completed.err()).isZero();
        assertThat(completed.summary().get("resumed").asInt()).isIn(8, 16);
        assertThat(completed.summary().get("written").asInt()).isEqualTo(IMAGES);
        assertThat(labels(table())).hasSize(IMAGES);
    }

    @Test
    void anIncrementalRunComputesNewAndChangedObjectsAndReadersSeeOneRowForEach() throws IOException {
        Files.writeString(images.resolve("bad.png"), "no image");
        Run first = infer("--incremental", "--run-id", "1");
        Map<String, String> before = labels(table());
        copy(100, "new.png");
        copy(3, name(4)); // another content
        Files.setLastModifiedTime(images.resolve(name(4)), FileTime.fromMillis(System.currentTimeMillis() + 5000));
        Run second = infer("--incremental", "--run-id", "2");
        Run third = infer("--incremental", "--run-id", "3");

        assertThat(first.exitCode()).as(first.err()).isZero();
        assertThat(second.exitCode()).as(second.err()).isZero();
        assertThat(second.summary().get("unchanged").asInt()).isEqualTo(IMAGES);
        assertThat(second.summary().get("written").asInt()).isEqualTo(2);
        assertThat(second.summary().get("replaced").asInt()).isEqualTo(1);
        assertThat(third.exitCode()).as(third.err()).isZero();
        assertThat(third.summary().get("written").asInt()).isZero();
        Map<String, String> after = labels(table());
        assertThat(after).hasSize(IMAGES + 2).containsEntry(name(4), before.get(name(3)));
        assertThat(LocalSpark.session().read().parquet(output.toString()).count())
                .as("the plain reader sees the replaced row too")
                .isEqualTo(IMAGES + 3);

        Files.delete(output.resolve("run=2/_run.json"));
        assertThat(labels(table()))
                .as("a run without its record is not committed")
                .isEqualTo(before);
        Run again = infer("--incremental", "--run-id", "2");
        assertThat(again.summary().get("written").asInt()).isEqualTo(2);
        assertThat(labels(table())).isEqualTo(after);
    }

    @Test
    void skippedImagesHaveNoRowInACompletedRunEither() throws IOException {
        Files.writeString(images.resolve("bad.png"), "no image");
        Run run = infer("--run-id", "1", "--handle-invalid", "skip", "--checkpoint-every", "10");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.summary().get("written").asInt()).isEqualTo(IMAGES);
        assertThat(run.summary().get("skipped").asInt()).isEqualTo(1);
        assertThat(run.summary().get("failed_by").toString()).isEqualTo("{\"decode/unsupported_format\":1}");
        assertThat(labels(table())).hasSize(IMAGES);
    }

    @Test
    void aTableHasOneModelAndRowsOfOneKind() throws IOException {
        infer("--incremental", "--run-id", "1", "--limit", "2");

        Run otherRecipe = infer("--incremental", "--recipe", "timm");
        assertThat(otherRecipe.exitCode()).isEqualTo(4);
        assertThat(otherRecipe.err())
                .isEqualTo("swinlake infer: %s: holds rows of model model (recipe hf), this one's recipe is timm;"
                                .formatted(output)
                        + " one table has one model, so choose another --output%n".formatted());
        assertThat(infer("--incremental", "--normalize").err())
                .isEqualTo(
                        "swinlake infer: %s: its rows were made with other options, run '1' with --normalize false, this"
                                        .formatted(output)
                                + " is true; repeat them, or choose another --output%n".formatted());

        // As if another CPU had made it: not every one has bf16.
        Path record = output.resolve("run=1/_run.json");
        Files.writeString(record, Files.readString(record).replace("\"fp32\"", "\"bf16\""));
        assertThat(infer("--incremental").err()).contains("(precision bf16), this one's precision is fp32;");
    }

    @Test
    void verbsThatCompareRefuseATableOfTwoModels() throws IOException {
        infer("--run-id", "1", "--limit", "2");
        Path mixed = folder.resolve("mixed");
        table().write().parquet(mixed.toString());
        table().selectExpr(
                        "*",
                        "named_struct('name', 'm', 'sha256', 'other', 'recipe', 'hf', 'precision', 'fp32') AS other")
                .drop("model")
                .withColumnRenamed("other", "model")
                .write()
                .mode("append")
                .parquet(mixed.toString());

        for (List<String> verb : List.of(
                List.of("evaluate", "--truth", Demo.LABELS),
                List.of("nearest", "--query", name(0)),
                List.of("duplicates", "--output", folder.resolve("pairs").toString()))) {
            List<String> words = new ArrayList<>(verb);
            words.addAll(List.of("--embeddings", mixed.toString()));
            Run run = Run.swinlake(words.toArray(String[]::new));

            assertThat(run.exitCode()).isEqualTo(4);
            assertThat(run.err())
                    .startsWith("swinlake " + verb.get(0) + ": " + mixed
                            + ": embeddings of different models do not compare, and these come from models ")
                    .endsWith(" and other hf fp32: filter by the column model%n".formatted());
        }
    }

    @Test
    void oneTableTakesRunsOnceItIsMovedIntoTheFolderOfARun() throws IOException {
        infer("--limit", "5");
        Run refused = infer("--incremental");
        Path first = Files.createDirectory(folder.resolve("first"));
        try (Stream<Path> files = Files.list(output)) {
            for (Path file : files.toList()) {
                Files.move(file, first.resolve(file.getFileName()));
            }
        }
        Files.move(first, output.resolve("run=first"));
        Run added = infer("--incremental");

        assertThat(refused.exitCode()).isEqualTo(4);
        assertThat(refused.err())
                .isEqualTo(
                        "swinlake infer: %s: exists already as one table, without runs; choose another --output, or move all"
                                        .formatted(output)
                                + " that is in it to file:%s/run=first to add runs to it%n".formatted(output));
        assertThat(added.exitCode()).as(added.err()).isZero();
        assertThat(added.summary().get("unchanged").asInt()).isEqualTo(5);
        assertThat(labels(table())).hasSize(IMAGES);
    }

    /** As release 0.1 left it, whose images lay in {@code /lake}: two runs, and parts of a third, which failed on zz.png. */
    private static final Path FIRST_FORMAT = Path.of("src/test/resources/table-v1");

    @Test
    void aTableOfTheFirstFormatIsReadByReplacementsAndAll() throws IOException {
        Dataset<Row> old = SwinlakeTable.read(LocalSpark.session(), FIRST_FORMAT.toString());

        assertThat(labels(old.where("error IS NULL")))
                .isEqualTo(labels(LocalSpark.session()
                        .read()
                        .parquet(FIRST_FORMAT.toString())
                        .where("error IS NULL AND NOT (path LIKE '%digit-001.png' AND run = DATE'2026-11-01')")))
                .hasSize(7);
        assertThat(old.count()).isEqualTo(8);
    }

    @Test
    void aTableOfTheFirstFormatIsContinuedAndItsUnfinishedRunCompleted() throws IOException {
        Files.delete(images.resolve(name(6)));
        for (int i = 9; i < IMAGES; i++) {
            Files.delete(images.resolve(name(i)));
        }
        copy(100, name(1));
        Files.writeString(images.resolve("bad.png"), "none\n");
        Map<String, Instant> listed = moveFirstFormat();
        copy(10, "zz.png");
        for (Map.Entry<String, Instant> file : listed.entrySet()) {
            Files.setLastModifiedTime(images.resolve(file.getKey()), FileTime.from(file.getValue()));
        }
        Map<String, String> before = labels(table());
        Run completed = infer("--run-id", "2026-11-03", "--incremental", "--handle-invalid", "error");

        assertThat(completed.exitCode()).as(completed.err()).isZero();
        assertThat(completed.summary().get("unchanged").asInt()).isEqualTo(8);
        assertThat(completed.summary().get("resumed").asInt()).isEqualTo(1);
        assertThat(completed.summary().get("written").asInt()).isEqualTo(2);
        assertThat(labels(table())).hasSize(10).containsAllEntriesOf(before);
        assertThat(output.resolve("_runs")).doesNotExist();
        assertThat(infer("--run-id", "2026-11-02", "--incremental", "--max-error-rate", "1")
                        .err())
                .startsWith("run 2026-11-02 was already done");
    }

    /** Copies the table to the output, its rows as if the images had lain in this test's folder; returns when they changed. */
    private Map<String, Instant> moveFirstFormat() throws IOException {
        Map<String, Instant> listed = new TreeMap<>();
        for (String rows : List.of(
                "run=2026-11-01",
                "run=2026-11-02",
                "run=2026-11-02/_replaced",
                "_runs/2026-11-03/parts/f4e293e5-9216-456c-94d9-f8002c7ab553-00000")) {
            Dataset<Row> moved = LocalSpark.session()
                    .read()
                    .parquet(FIRST_FORMAT.resolve(rows).toString())
                    .withColumn("path", expr("replace(path, 'file:/lake', 'file:%s')".formatted(images)));
            moved.write().mode("append").parquet(output.resolve(rows).toString());
            if (!rows.endsWith("_replaced")) {
                for (Row row : moved.selectExpr("regexp_extract(path, '[^/]+$', 0)", "unix_millis(modificationTime)")
                        .collectAsList()) {
                    listed.put(row.getString(0), Instant.ofEpochMilli(row.getLong(1)));
                }
            }
        }
        for (String text : List.of(
                "run=2026-11-01/_run.json",
                "run=2026-11-02/_run.json",
                "_runs/2026-11-03/request.json",
                "_runs/2026-11-03/attempt")) {
            Files.writeString(
                    output.resolve(text),
                    Files.readString(FIRST_FORMAT.resolve(text))
                            .replace("\"/lake\"", "\"" + images + "\"")
                            .replace("\"/tmp/v1\"", "\"" + output + "\"")
                            .replace("\"examples/demo/model\"", "\"" + Demo.MODEL + "\""));
        }
        return listed;
    }
}
