package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.spark.LocalSpark;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The verb evaluate, on truths as people write them: six images of three classes, of which the last is predicted wrongly. */
class EvaluateIT {
    @TempDir
    static Path folder;

    private static String table;

    /** The images: a path below {@code /lake}, the true class, its index. */
    private static final List<String> FILES =
            List.of("a/0.png", "a/1 é%20.png", "b/2.png", "b/3,3.png", "b/4\".png", "b/c/0.png");

    private static final List<String> NAMES = List.of("zéro, nul", "6\" disc", "五");

    @BeforeAll
    static void writeTable() {
        table = folder.resolve("table").toString();
        LocalSpark.session()
                .sql("SELECT concat('file:/lake/', path) AS path, prediction, label, array(struct(prediction AS index,"
                        + " label, 1F AS probability)) AS top_k, array(1F, 0F) AS embedding,"
                        + " CAST(NULL AS STRING) AS error FROM VALUES ('a/0.png', 0, 'zéro, nul'),"
                        + " ('a/1 é%20.png', 1, '6\" disc'), ('b/2.png', 2, '五'), ('b/3,3.png', 0, 'zéro, nul'),"
                        + " ('b/4\".png', 1, '6\" disc'), ('b/c/0.png', 0, 'zéro, nul') AS t(path, prediction, label)")
                .write()
                .parquet(table);
    }

    private static Run evaluate(String text, Charset charset) throws IOException {
        Path file = Files.write(folder.resolve("truth.csv"), text.getBytes(charset));
        return Run.swinlake("evaluate", "--embeddings", table, "--truth", file.toString());
    }

    private static Run evaluate(String text) throws IOException {
        return evaluate(text, StandardCharsets.UTF_8);
    }

    private static String quoted(String cell) {
        return '"' + cell.replace("\"", "\"\"") + '"';
    }

    /** As RFC 4180 has it: every cell in quotes, quotes in it doubled, CRLF. */
    private static String csv(String before, boolean indices) {
        StringBuilder csv = new StringBuilder("split,File , LABEL\r\n");
        for (int i = 0; i < FILES.size(); i++) {
            csv.append("\"val\r\n2\",").append(quoted(before + FILES.get(i))).append(',');
            csv.append(indices ? Integer.toString(i % 3) : quoted(NAMES.get(i % 3)))
                    .append("\r\n");
        }
        return csv.toString();
    }

    private static void assertFiveOfSix(Run run) {
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.summary().get("images").asInt()).as(run.out()).isEqualTo(6);
        assertThat(run.summary().get("top1").asDouble()).isEqualTo(0.8333);
        assertThat(run.summary().get("rows_without_truth").asInt()).isZero();
        assertThat(run.summary().get("truths_without_row").asInt()).isZero();
        assertThat(run.summary().get("confusions")).hasSize(1);
        assertThat(run.summary().get("confusions").get(0).get("truth").asText()).isEqualTo("五");
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-8", "UTF-16LE", "UTF-16BE"})
    void aTruthFileOfAnyEditorIsRead(String charset) throws IOException {
        Run run = evaluate("\uFEFF" + csv("/lake/", false), Charset.forName(charset));
        assertFiveOfSix(run);
        assertThat(run.err()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/lake/", "file:/lake/", "file:///lake/", "lake/", "./lake/", "/x/../lake//"})
    void filesAreWholePathsOrTheEndsOfPaths(String before) throws IOException {
        assertFiveOfSix(evaluate(csv(before, false)));
    }

    @Test
    void classesMayBeIndicesOrSpeltInAnotherCase() throws IOException {
        assertFiveOfSix(evaluate(csv("/lake/", true)));
        Run run = evaluate(csv("/lake/", false).replace("zéro", "ZÉRO"));
        assertFiveOfSix(run);
        assertThat(run.err())
                .endsWith(
                        "truth.csv: 1 names of classes are spelt in another way, such as 'ZÉRO, nul' for 'zéro, nul'\n");
    }

    @Test
    void anImageHasTheTruthThatSaysMostOfItsPathAndCountsOnce() throws IOException {
        Run run = evaluate("file,label\n0.png,五\nb/c/0.png,五\n/lake/b/c/0.png,\"zéro, nul\"\n");
        assertThat(run.summary().get("images").asInt()).isEqualTo(2);
        assertThat(run.summary().get("top1").asDouble()).isEqualTo(0.5);
        assertThat(run.summary().get("truths_without_row").asInt()).isZero();
        assertThat(run.err()).isEmpty();
    }

    @Test
    void aNameOfSeveralImagesCountsForEachAndThatIsSaid() throws IOException {
        Run run = evaluate("file,label\n0.png,\"zéro, nul\"\n");
        assertThat(run.summary().get("images").asInt()).isEqualTo(2);
        assertThat(run.err())
                .isEqualToIgnoringNewLines(folder.resolve("truth.csv")
                        + ": 1 of its files name several images each, which all count, such as '0.png' both"
                        + " file:/lake/a/0.png and file:/lake/b/c/0.png");
    }

    @Test
    void truthsThatCannotBeMeantAreRefused() throws IOException {
        String file = folder.resolve("truth.csv").toString();
        assertThat(evaluate("file,label\n0.png,hund\n"))
                .isEqualTo(new Run(
                        4,
                        "",
                        "swinlake evaluate: %s: none of its labels is a class of %s; labels are such as 'hund', classes such as '%s'\n"
                                .formatted(file, table, NAMES.get(0))));
        assertThat(evaluate("file,label\nx.png,五\n").err())
                .isEqualTo(
                        ("swinlake evaluate: %s: none of its files is an image of %s with a prediction; files are such"
                                        + " as 'x.png', images such as 'file:/lake/a/0.png'\n")
                                .formatted(file, table));
        assertThat(evaluate("file,label\n0.png,zéro\n", StandardCharsets.ISO_8859_1)
                        .err())
                .startsWith(
                        "swinlake evaluate: " + file + ": cannot be read as text, see '0.png,z\uFFFDro': line 2, byte 8"
                                + " of that line, 0xE9, is not UTF-8");
        assertThat(evaluate("file;label\n0.png;五\n").err())
                .isEqualTo("swinlake evaluate: %s: needs the columns file and label, found [file;label]\n"
                        .formatted(file));
        assertThat(evaluate("file,\u001b[31mclass\n0.png,五\n").err())
                .as("nothing in a file steers a terminal")
                .endsWith("found [file, ?[31mclass]\n");
        assertThat(evaluate("file,label\n./a/0.png,五\na//0.png,五\n").err())
                .contains("0.png' stands there more than once");
    }
}
