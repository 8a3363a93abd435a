package io.swinlake.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.spark.Demo;
import io.swinlake.spark.LocalSpark;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The verbs nearest and duplicates, on a table as infer writes it: seven images, the first and the last the same. */
class SearchVerbsIT {
    @TempDir
    static Path folder;

    private static String lake;

    @BeforeAll
    static void writeLake() {
        lake = folder.resolve("lake").toString();
        LocalSpark.session()
                .range(0, 7, 1, 2)
                .selectExpr(
                        "concat('s3a://lake/', IF(id = 5, 'b/4', concat('a/', id)), '.jpg') AS path",
                        "1 AS prediction",
                        "'cat' AS label",
                        "array(struct(1 AS index, 'cat' AS label, 1F AS probability)) AS top_k",
                        "IF(id = 3, NULL, array(CAST(cos(id % 6) AS FLOAT), CAST(sin(id % 6) AS FLOAT))) AS embedding",
                        "IF(id = 3, struct('decode' AS stage, 'truncated' AS code, 'cut off' AS message), NULL) AS error",
                        "struct('swin-t' AS name, 'aaaa' AS sha256, 'timm' AS recipe) AS model")
                .write()
                .parquet(lake);
    }

    @Test
    void nearestPrintsTheNeighboursOfAnImageOfTheTable() {
        Run run = Run.swinlake("nearest", "--embeddings", lake, "--query", "0.jpg", "--k", "2");
        assertThat(run.out().lines())
                .containsExactly(
                        "s3a://lake/a/0.jpg    1  1.000000  s3a://lake/a/0.jpg",
                        "s3a://lake/a/0.jpg    2  1.000000  s3a://lake/a/6.jpg",
                        "{\"command\":\"nearest\",\"embeddings\":\"%s\",\"query\":\"0.jpg\",\"queries\":1,\"k\":2,\"neighbors\":2}"
                                .formatted(lake));
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void nearestTakesATableOfQueriesAndWritesATable() {
        String output = folder.resolve("neighbors").toString();
        Run run = Run.swinlake("nearest", "--embeddings", lake, "--query", lake, "--k", "1", "--output", output);
        assertThat(run.summary().get("queries").asInt()).isEqualTo(6);
        Row last = LocalSpark.session()
                .read()
                .parquet(output)
                .where("query = 's3a://lake/a/6.jpg'")
                .first();
        assertThat(last.getString(2)).isEqualTo("s3a://lake/a/0.jpg");
    }

    @Test
    void queriesThatNameNoSingleImageAreOneLine() {
        assertThat(Run.swinlake("nearest", "--embeddings", lake, "--query", "4.jpg"))
                .returns(4, Run::exitCode)
                .returns(
                        "swinlake nearest: 4.jpg: is the end of several paths, s3a://lake/a/4.jpg and s3a://lake/b/4.jpg"
                                + " among them; give the whole path",
                        run -> run.err().strip());
        assertThat(Run.swinlake("nearest", "--embeddings", lake, "--query", "3.jpg")
                        .err())
                .isEqualToIgnoringNewLines(
                        "swinlake nearest: s3a://lake/a/3.jpg: has no embedding; its column error says why");
        assertThat(Run.swinlake("nearest", "--embeddings", lake, "--query", "1.jpg", "--k", "0"))
                .returns(2, Run::exitCode)
                .returns(
                        "swinlake nearest: --k is from 1 to 100000, found 0 (swinlake nearest --help lists the options)",
                        run -> run.err().strip());
    }

    @Test
    void nearestEmbedsAnImageThatIsNotInTheTable() {
        String digits = folder.resolve("digits").toString();
        Run.swinlake("infer", "--model", Demo.MODEL, "--input", Demo.IMAGES, "--limit", "20", "--output", digits);
        String elsewhere = Path.of(Demo.IMAGES, "digit-100.png").toUri().toString();
        Run run = Run.swinlake(
                "nearest", "--embeddings", digits, "--query", elsewhere, "--model", Demo.MODEL, "--k", "3");
        assertThat(run.err()).isEmpty();
        assertThat(run.out().lines().filter(line -> line.startsWith(elsewhere))).hasSize(3);

        // An image of the table, by a path that the table does not have, is most like itself.
        Path copy = folder.resolve("copy.png");
        try {
            Files.copy(Path.of(Demo.IMAGES, "digit-007.png"), copy);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Run same = Run.swinlake(
                "nearest", "--embeddings", digits, "--query", copy.toString(), "--model", Demo.MODEL, "--k", "1");
        assertThat(same.out().lines().findFirst().orElseThrow())
                .contains("  1.000000  ")
                .endsWith("digit-007.png");

        assertThat(Run.swinlake("nearest", "--embeddings", digits, "--query", elsewhere))
                .returns(2, Run::exitCode)
                .returns(
                        "swinlake nearest: %s is not in the table: --model names the checkpoint that the table was made"
                                        .formatted(elsewhere)
                                + " with, to embed it (swinlake nearest --help lists the options)",
                        run2 -> run2.err().strip());
        for (List<String> query : List.of(List.of(elsewhere, "--model", Demo.MODEL), List.of(digits))) {
            List<String> words = new ArrayList<>(List.of("nearest", "--embeddings", lake, "--query"));
            words.addAll(query);
            assertThat(Run.swinlake(words.toArray(String[]::new)))
                    .returns(4, Run::exitCode)
                    .extracting(Run::err)
                    .asString()
                    .startsWith(
                            "swinlake nearest: " + query.get(0) + ": embeddings of different models do not compare");
        }
        assertThat(Run.swinlake("nearest", "--embeddings", digits, "--query", Demo.LABELS, "--model", Demo.MODEL))
                .returns(4, Run::exitCode)
                .extracting(Run::err)
                .asString()
                .startsWith("swinlake nearest: " + Demo.LABELS + ": cannot be embedded: ");
    }

    @Test
    void aQueryThatIsNothingIsOneLine() {
        assertThat(Run.swinlake("nearest", "--embeddings", lake, "--query", "no/such.jpg"))
                .returns(4, Run::exitCode)
                .returns(
                        "swinlake nearest: no/such.jpg: is no image of %s, and there is no such file or table: give the end"
                                        .formatted(lake)
                                + " of a path, an image file or a table",
                        run -> run.err().strip());
    }

    @Test
    void anOutputThatExistsIsRefusedBeforeAnyWork() {
        String message = ": %s: exists already; choose another --output or delete it".formatted(lake);
        assertThat(Run.swinlake("nearest", "--embeddings", lake, "--query", "0.jpg", "--output", lake))
                .returns(4, Run::exitCode)
                .returns("swinlake nearest" + message, run -> run.err().strip());
        assertThat(Run.swinlake("duplicates", "--embeddings", lake, "--output", lake))
                .returns(4, Run::exitCode)
                .returns("swinlake duplicates" + message, run -> run.err().strip());
    }

    @Test
    void duplicatesWritesPairsAndGroups() {
        String output = folder.resolve("duplicates").toString();
        Run run = Run.swinlake("duplicates", "--embeddings", lake, "--output", output);
        assertThat(run.summary().get("pairs").asInt()).isEqualTo(1);
        assertThat(run.summary().get("images").asInt()).isEqualTo(2);
        assertThat(run.summary().get("groups").asInt()).isEqualTo(1);
        assertThat(LocalSpark.session()
                        .read()
                        .parquet(output + "/groups")
                        .where("id = 's3a://lake/a/6.jpg'")
                        .first()
                        .getString(1))
                .isEqualTo("s3a://lake/a/0.jpg");
    }

    @Test
    void aThresholdThatNoCosineHasIsAUsageError() {
        assertThat(Run.swinlake("duplicates", "--embeddings", lake, "--output", "o", "--threshold", "2")
                        .err())
                .isEqualToIgnoringNewLines("swinlake duplicates: --threshold is above -1 and at most 1, found 2.0"
                        + " (swinlake duplicates --help lists the options)");
    }
}
