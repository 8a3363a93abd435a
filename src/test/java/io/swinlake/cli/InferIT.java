package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThatCode;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swinlake.Fixtures;
import io.swinlake.runtime.device.CpuPrecision;
import io.swinlake.runtime.device.Precision;
import io.swinlake.spark.Demo;
import io.swinlake.spark.LocalSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class InferIT {
    /** What becomes of each file of {@code images/bad}; the manifest says why it is bad. */
    static final Map<String, String> BAD = Map.ofEntries(
            Map.entry("drawing.svg", "decode/unsupported_format"),
            Map.entry("empty.jpg", "decode/empty"),
            Map.entry("error_page.jpg", "decode/unsupported_format"),
            Map.entry("garbage_appended.jpg", "ok"),
            Map.entry("gif_no_frames.gif", "decode/corrupt"),
            Map.entry("jpeg_huge_header.jpg", "decode/too_many_pixels"),
            Map.entry("jpeg_soi_only.jpg", "decode/truncated"),
            Map.entry("png_bad_idat_crc.png", "ok"),
            Map.entry("png_bomb_header_50000.png", "decode/too_many_pixels"),
            Map.entry("png_bomb_real_30000_1bit.png", "decode/too_many_pixels"),
            Map.entry("png_corrupt_data.png", "decode/corrupt"),
            Map.entry("png_zero_width.png", "decode/no_pixels"),
            Map.entry("random.jpg", "decode/unknown_format"),
            Map.entry("riff_header.webp", "decode/truncated"),
            Map.entry("text.jpg", "decode/unsupported_format"),
            Map.entry("truncated_50.jpg", "decode/truncated"),
            Map.entry("truncated_95.jpg", "decode/truncated"));

    static final int GOOD = 30;

    @TempDir
    private Path folder;

    private Run infer(String input, String... more) {
        String output = folder.resolve("output").toString();
        return Run.swinlake(Stream.concat(
                        Stream.of("infer", "--model", Demo.MODEL, "--input", input, "--output", output),
                        Stream.of(more))
                .toArray(String[]::new));
    }

    private Dataset<Row> table() {
        return LocalSpark.session().read().parquet(folder.resolve("output").toString());
    }

    @Test
    void everyFileOfAMixedFolderIsOneRowWithTheRightError() {
        Run run = infer(
                Fixtures.path("images/bad").toString(),
                "--input",
                Fixtures.path("images/good").toString());

        assertThat(run.exitCode()).isEqualTo(3);
        Dataset<Row> outcomes = table().selectExpr(
                        "regexp_extract(path, '[^/]+$', 0)",
                        "coalesce(concat(error.stage, '/', error.code), 'ok')",
                        "embedding is null",
                        "width is null");
        assertThat(outcomes.collectAsList()).hasSize(GOOD + BAD.size()).allSatisfy(row -> {
            String expected = BAD.getOrDefault(row.getString(0), "ok");
            assertThat(row.getString(1)).as(row.getString(0)).isEqualTo(expected);
            assertThat(row.getBoolean(2)).as(row.getString(0)).isEqualTo(!expected.equals("ok"));
        });
    }

    @Test
    void equalImagesOfATaskAreComputedOnce() throws IOException {
        Path images = Files.createDirectory(folder.resolve("images"));
        for (String name : List.of("a", "b", "c")) {
            Files.copy(Path.of(Demo.IMAGES, "digit-007.png"), images.resolve(name + ".png"));
        }
        Files.copy(Path.of(Demo.IMAGES, "digit-008.png"), images.resolve("d.png"));

        Run run = infer(images.toString(), "--reuse");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.summary().get("written").asInt()).isEqualTo(4);
        assertThat(run.summary().get("reused").asInt()).isEqualTo(2);
        float[] all = Demo.expectedEmbeddings();
        int size = all.length / 360;
        List<Row> rows = table().orderBy("path").select("embedding").collectAsList();
        for (int i = 0; i < 4; i++) {
            int image = i < 3 ? 7 : 8;
            float[] expected = Arrays.copyOfRange(all, image * size, (image + 1) * size);
            assertThat(Demo.flatten(List.of(rows.get(i).getList(0)))).containsExactly(expected, within(1e-4f));
        }
    }

    /** So that a later run that names it goes on with the table. */
    @Test
    void autoIsRecordedAsThePrecisionThatItCameTo() {
        String precision = CpuPrecision.automatic().word();
        Run run = infer(Demo.IMAGES, "--limit", "2", "--run-id", "one", "--device", "cpu", "--precision", "auto");
        Run next = infer(
                Demo.IMAGES,
                "--limit",
                "3",
                "--incremental",
                "--run-id",
                "two",
                "--device",
                "cpu",
                "--precision",
                precision);

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.err()).contains("precision auto is %s here".formatted(precision));
        assertThat(run.summary().at("/model/precision").asText()).isEqualTo(precision);
        assertThat(next.exitCode()).as(next.err()).isZero();
        assertThat(next.summary().get("unchanged").asInt()).isEqualTo(2);
    }

    /** Files that once ended a job, exhausted an executor, or took minutes; and 513 more of every format and kind. */
    @Test
    void hostileFilesCostTheirOwnRowsAndNoOther() {
        Run run = infer(
                Demo.IMAGES, "--input", "src/test/resources/images-hostile", "--input", "src/test/resources/images");

        assertThat(run.exitCode()).isEqualTo(3);
        Dataset<Row> rows = table().selectExpr("path", "embedding is not null as embedded", "error.stage as stage");
        assertThat(rows.filter("path like '%digit-%'").count()).isEqualTo(360);
        assertThat(rows.filter("path like '%digit-%' and not embedded").count()).isZero();
        assertThat(rows.filter("path like '%images-hostile%'").count()).isEqualTo(12);
        assertThat(rows.filter("path like '%images-hostile%' and embedded").count())
                .isEqualTo(2);
        assertThat(rows.filter("not embedded and stage not in ('decode', 'preprocess')")
                        .count())
                .isZero();
    }

    @Test
    void anImageThatTakesLongerThanItMayIsARow() {
        Run run = infer(
                "src/test/resources/images-hostile/jpeg_499_scans_2000x2000.jpg",
                "--decode-timeout",
                "0.01",
                "--max-error-rate",
                "1");

        assertThat(run.exitCode()).isZero();
        assertThat(table().selectExpr("concat(error.stage, '/', error.code)").first())
                .isEqualTo(RowFactory.create("decode/too_slow"));
    }

    @Test
    void theBudgetDecidesTheExitCodeAfterAllRowsAreWritten() {
        Run run = infer(Fixtures.path("images/bad").toString(), "--max-error-rate", "0.9");

        assertThat(run.exitCode()).isZero();
        assertThat(run.summary().get("status").asText()).isEqualTo("ok");
        assertThat(table().count()).isEqualTo(BAD.size());
    }

    @Test
    void overTheBudgetOneLineSaysHowManyImagesFailed() {
        Run run = infer(Fixtures.path("images/bad/empty.jpg").toString());

        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.summary().get("status").asText()).isEqualTo("error_budget_exceeded");
        assertThat(run.err())
                .endsWith(
                        "swinlake infer: all rows are written, but 1 of 1 images failed, more than --max-error-rate 0.05"
                                + " allows: {decode/empty=1}%n".formatted());
    }

    @Test
    void theSummaryIsTheLastLineAndLiesBesideSuccess() throws IOException {
        Run run = infer(Demo.IMAGES, "--limit", "20");

        assertThat(run.exitCode()).isZero();
        JsonNode summary = run.summary();
        assertThat(summary.get("command").asText()).isEqualTo("infer");
        assertThat(summary.get("listed").asLong()).isEqualTo(20);
        assertThat(summary.get("written").asLong()).isEqualTo(20);
        assertThat(summary.get("failed").asLong()).isZero();
        assertThat(summary.get("images_per_second").asDouble()).isPositive();
        assertThat(summary.get("model").get("sha256").asText()).matches("[0-9a-f]{64}");
        assertThat(summary.get("model").get("recipe").asText()).isEqualTo("hf");
        assertThat(summary.get("model").get("input_size").asText()).isEqualTo("64x64");
        assertThat(summary.get("model").get("precision").asText()).isEqualTo("fp32");
        assertThat(summary.get("devices").has("cpu")).isTrue();
        assertThat(summary.get("versions").get("spark").asText()).isEqualTo("3.5.7");
        assertThat(folder.resolve("output/_SUCCESS")).exists();
        assertThat(new ObjectMapper().readTree(Files.readString(folder.resolve("output/_run.json"))))
                .isEqualTo(summary);
    }

    @Test
    void skippedImagesAreAccountedFor() {
        Run run = infer(Fixtures.path("images/bad").toString(), "--handle-invalid", "skip", "--max-error-rate", "1");

        assertThat(run.exitCode()).isZero();
        assertThat(run.summary().get("listed").asLong()).isEqualTo(BAD.size());
        assertThat(run.summary().get("written").asLong()).isEqualTo(2);
        assertThat(run.summary().get("skipped").asLong()).isEqualTo(BAD.size() - 2);
        assertThat(table().count()).isEqualTo(2);
    }

    @Test
    void aTableBelowItsLakeIsNoImageOfTheNextRun() throws IOException {
        Path lake = Files.createDirectory(folder.resolve("lake"));
        Files.copy(Path.of(Demo.IMAGES, "digit-000.png"), lake.resolve("10:00:00.png"));
        List<Run> runs = new ArrayList<>();
        for (String id : List.of("1", "2")) {
            runs.add(Run.swinlake(
                    "infer",
                    "--model",
                    Demo.MODEL,
                    "--input",
                    lake.toString(),
                    "--output",
                    lake.resolve("table").toUri().toString(),
                    "--incremental",
                    "--run-id",
                    id));
        }

        assertThat(runs).extracting(Run::exitCode).containsExactly(0, 0);
        assertThat(runs).extracting(run -> run.summary().get("listed").asInt()).containsExactly(1, 1);
        assertThat(runs).extracting(run -> run.summary().get("written").asInt()).containsExactly(1, 0);
    }

    @Test
    void aFolderThatAFailedRunLeftEmptyIsUsed() throws IOException {
        Files.createDirectory(folder.resolve("output"));

        assertThat(infer(Demo.IMAGES, "--limit", "1").exitCode()).isZero();
    }

    @Test
    void evaluateGivesTheAccuracyThatPyTorchHas() {
        infer(Demo.IMAGES);
        Run run = Run.swinlake(
                "evaluate", "--embeddings", folder.resolve("output").toString(), "--truth", Demo.LABELS);

        assertThat(run.exitCode()).isZero();
        JsonNode summary = run.summary();
        assertThat(summary.get("images").asLong()).isEqualTo(360);
        assertThat(summary.get("top1").asDouble()).isEqualTo(0.9778); // accuracy.txt
        assertThat(summary.get("rows_without_truth").asLong()).isZero();
        assertThat(summary.get("truths_without_row").asLong()).isZero();
        assertThat(summary.get("classes")).hasSize(10);
        long confused = 0;
        for (JsonNode confusion : summary.get("confusions")) {
            confused += confusion.get("images").asLong();
        }
        assertThat(confused).isEqualTo(8);
    }

    @ParameterizedTest
    @EnumSource(names = {"BF16", "INT8"})
    void theFasterPrecisionsKeepTheAccuracy(Precision precision) {
        assumeThatCode(() -> CpuPrecision.require(precision)).doesNotThrowAnyException();
        infer(Demo.IMAGES, "--precision", precision.name());
        Run run = Run.swinlake(
                "evaluate", "--embeddings", folder.resolve("output").toString(), "--truth", Demo.LABELS);

        assertThat(run.summary().get("top1").asDouble()).isCloseTo(0.9778, within(0.01));
    }

    @Test
    void evaluateCountsRowsWithoutTruthAndTruthsWithoutRow() throws IOException {
        infer(Demo.IMAGES, "--limit", "3");
        Path labels = Files.writeString(
                folder.resolve("labels.csv"), "file,label\ndigit-000.png,six\ndigit-001.png,six\ngone.png,one\n");
        Run run = Run.swinlake(
                "evaluate", "--embeddings", folder.resolve("output").toString(), "--truth", labels.toString());

        assertThat(run.summary().get("images").asLong()).isEqualTo(2);
        assertThat(run.summary().get("top1").asDouble()).isEqualTo(0.5);
        assertThat(run.summary().get("rows_without_truth").asLong()).isEqualTo(1);
        assertThat(run.summary().get("truths_without_row").asLong()).isEqualTo(1);
    }

    @Test
    void evaluateRefusesTruthsItCannotUse() throws IOException {
        infer(Demo.IMAGES, "--limit", "3");
        String output = folder.resolve("output").toString();
        Path twice = Files.writeString(folder.resolve("twice.csv"), "file,label\na.png,x\na.png,y\n");
        Path other = Files.writeString(folder.resolve("other.csv"), "name,class\na.png,x\n");

        assertThat(Run.swinlake("evaluate", "--embeddings", output, "--truth", twice.toString()))
                .isEqualTo(new Run(
                        4, "", "swinlake evaluate: %s: 'a.png' stands there more than once%n".formatted(twice)));
        assertThat(Run.swinlake("evaluate", "--embeddings", output, "--truth", other.toString()))
                .isEqualTo(new Run(
                        4,
                        "",
                        "swinlake evaluate: %s: needs the columns file and label, found [name, class]%n"
                                .formatted(other)));
    }

    @Test
    void sqlRunsTheStatementsOfAFile() throws IOException {
        infer(Demo.IMAGES, "--limit", "3");
        Path queries = Files.writeString(
                folder.resolve("queries.sql"),
                "-- how many\nSELECT count(*) AS images FROM embeddings;\nSELECT 1 AS one;\n");
        Run run = Run.swinlake("sql", "--embeddings", folder.resolve("output").toString(), queries.toString());

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("|images|", "|3     |", "|one|");
    }

    @Test
    void aConvertedModelGivesTheSameEmbeddings() {
        String converted = folder.resolve("model.safetensors").toString();
        String output = folder.resolve("by-converted").toString();

        Run convert = Run.swinlake("convert", "--model", Demo.MODEL, "--output", converted);
        Run again = Run.swinlake("convert", "--model", Demo.MODEL, "--output", converted);
        Run.swinlake("infer", "--model", converted, "--input", Demo.IMAGES, "--limit", "5", "--output", output);
        infer(Demo.IMAGES, "--limit", "5");

        assertThat(convert.exitCode()).isZero();
        assertThat(again)
                .isEqualTo(new Run(
                        4,
                        "",
                        "swinlake convert: %s: exists already; choose another --output or delete it%n"
                                .formatted(converted)));
        String columns = "path, prediction, label, embedding, model.sha256 as sha256, model.recipe as recipe";
        assertThat(LocalSpark.session()
                        .read()
                        .parquet(output)
                        .selectExpr(columns.split(", "))
                        .orderBy("path")
                        .collectAsList())
                .isEqualTo(
                        table().selectExpr(columns.split(", ")).orderBy("path").collectAsList());
    }
}
