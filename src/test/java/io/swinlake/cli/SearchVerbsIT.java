package io.swinlake.cli;

import static org.apache.spark.sql.functions.expr;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.swinlake.spark.Demo;
import io.swinlake.spark.LocalSpark;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
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
                        "{\"command\":\"nearest\",\"embeddings\":\"%s\",\"query\":\"0.jpg\",\"queries\":1,\"k\":2,\"neighbors\":2,"
                                .concat("\"compared\":6,\"in_full\":6,\"saved\":0.0}")
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
    void aPredicateIsAppliedBeforeTheSearch() {
        Run run = Run.swinlake(
                "nearest",
                "--embeddings",
                lake,
                "--query",
                "0.jpg",
                "--k",
                "2",
                "--where",
                "path NOT LIKE '%/a/0.jpg'");
        assertThat(run.out().lines()).first().isEqualTo("s3a://lake/a/0.jpg    1  1.000000  s3a://lake/a/6.jpg");
        assertThat(run.summary().get("neighbors").asInt()).isEqualTo(2);
        assertThat(run.summary().get("compared").asInt()).isEqualTo(5);

        assertThat(Run.swinlake("nearest", "--embeddings", lake, "--query", "0.jpg", "--where", "label = 'dog'"))
                .isEqualTo(new Run(
                        4,
                        "",
                        "swinlake nearest: --where label = 'dog': holds for no image of %s that has an embedding%n"
                                .formatted(lake)));
        for (String wrong : List.of("colour = 'red'", "label =", "label")) {
            assertThat(Run.swinlake("nearest", "--embeddings", lake, "--query", "0.jpg", "--where", wrong))
                    .returns(4, Run::exitCode)
                    .extracting(Run::err)
                    .asString()
                    .startsWith(("swinlake nearest: --where %s: is no predicate on the columns of %s, which are"
                                    + " [path, prediction, label, top_k, embedding, error, model]: ")
                            .formatted(wrong, lake))
                    .hasLineCount(1);
        }
    }

    /** 6,000 images of thirty classes, and what an approximate search of them says of itself. */
    @Test
    void anApproximateSearchSaysWhatItMissed() throws IOException {
        String many = writeMany(
                "many",
                6000,
                30,
                "transform(sequence(1, 16), i -> CAST(hash(id % 30, i) / 4e9 + hash(id, i) / 5e9 AS FLOAT))");
        String queries = folder.resolve("many-queries").toString();
        LocalSpark.session()
                .read()
                .parquet(many)
                .where("prediction < 6")
                .write()
                .parquet(queries);
        List<String> search = List.of("nearest", "--embeddings", many, "--query", queries, "--k", "5");

        String exactly = folder.resolve("many-exact").toString();
        Run exact = Run.swinlake(with(search, "--output", exactly));
        assertThat(exact.summary().has("approximate")).isFalse();
        assertThat(Path.of(exactly, "_nearest.json")).doesNotExist();
        double before = 0;
        for (int probed : List.of(1, 4, 16)) {
            String output = folder.resolve("many-" + probed).toString();
            Run some = Run.swinlake(with(search, "--approximate", "" + probed, "--output", output));
            assertThat(some.err())
                    .isEqualToIgnoringNewLines(
                            "--approximate %s: for 1200 queries the exact search takes less time, and misses nothing; cells begin to help at about 7700"
                                    .formatted(probed));
            JsonNode summary = some.summary();
            assertThat(some.out()).endsWith("\"recall_queries\":100}%n".formatted());
            assertThat(summary.get("approximate").asBoolean()).isTrue();
            assertThat(summary.get("cells").asInt()).isEqualTo(77); // the root of 6,000
            assertThat(summary.get("probed").asInt()).isEqualTo(probed);
            assertThat(summary.get("queries").asInt()).isEqualTo(1200);
            assertThat(summary.get("compared").asLong()).isBetween(1200L, 1200L * 6000 / 2);
            assertThat(Files.readString(Path.of(output, "_nearest.json")))
                    .isEqualTo(some.out().strip());
            // Of all 1,200 queries, which the hundred are a sample of.
            Dataset<Row> found = LocalSpark.session().read().parquet(output);
            double recall = found.join(
                                    LocalSpark.session()
                                            .read()
                                            .parquet(exactly)
                                            .select("query", "neighbor", "similarity"),
                                    new String[] {"query", "neighbor", "similarity"})
                            .count()
                    / 6000.0;
            assertThat(summary.get("recall").asDouble())
                    .isCloseTo(recall, within(0.1))
                    .isGreaterThan(before);
            before = summary.get("recall").asDouble();
        }
        assertThat(before).isGreaterThan(0.9);
    }

    /** Of a folder all images are embedded; of a list those that the table does not have. */
    @Test
    void queriesMayBeAFolderOrAListOfImages() throws IOException {
        String digits = folder.resolve("listed").toString();
        Run.swinlake("infer", "--model", Demo.MODEL, "--input", Demo.IMAGES, "--limit", "20", "--output", digits);
        Path images = Files.createDirectories(folder.resolve("asked/below"));
        for (String name : List.of("digit-003.png", "digit-004.png", "digit-100.png")) {
            Files.copy(Path.of(Demo.IMAGES, name), images.resolve(name));
        }
        Files.writeString(images.resolve("broken.png"), "no image");
        Run asked = Run.swinlake(
                "nearest",
                "--embeddings",
                digits,
                "--query",
                images.getParent().toString(),
                "--model",
                Demo.MODEL,
                "--k",
                "1");
        assertThat(asked.exitCode()).as(asked.err()).isZero();
        assertThat(asked.summary().get("queries").asInt()).isEqualTo(3);
        assertThat(asked.err())
                .hasLineCount(1)
                .contains(": 1 of its 4 images have no embedding, and so no neighbours, such as ")
                .contains("broken.png: ");
        assertThat(asked.out().lines().filter(line -> line.contains("  1.000000  ")))
                .allMatch(line -> line.endsWith("digit-003.png") || line.endsWith("digit-004.png"))
                .hasSize(2);
        assertThat(Run.swinlake("nearest", "--embeddings", digits, "--query", images.toString()))
                .returns(2, Run::exitCode);

        Path list = folder.resolve("queries.txt");
        Files.writeString(
                list,
                "%s/digit-003.png%n%n  %s/digit-005.png%n%s%n"
                        .formatted(Demo.IMAGES, Demo.IMAGES, images.resolve("digit-100.png")));
        Run some = Run.swinlake(
                "nearest", "--embeddings", digits, "--query", list.toString(), "--model", Demo.MODEL, "--k", "2");
        assertThat(some.exitCode()).as(some.err()).isZero();
        assertThat(some.summary().get("queries").asInt()).isEqualTo(3);
        assertThat(some.summary().get("neighbors").asInt()).isEqualTo(6);
        assertThat(Run.swinlake("nearest", "--embeddings", digits, "--query", list.toString())
                        .err())
                .startsWith("swinlake nearest: %s: 1 of its 3 images are not in the table, such as ".formatted(list))
                .contains("asked/below/digit-100.png: --model names the checkpoint");
        Files.writeString(list, "%s/digit-003.png".formatted(Demo.IMAGES));
        assertThat(Run.swinlake("nearest", "--embeddings", digits, "--query", list.toString())
                        .out())
                .contains("digit-003.png    1  1.000000  ");
        Files.writeString(list, "\n");
        assertThat(Run.swinlake("nearest", "--embeddings", digits, "--query", list.toString())
                        .err())
                .isEqualToIgnoringNewLines(
                        "swinlake nearest: %s: names no image: write the path of one on every line".formatted(list));
    }

    /** A table of images without errors, of as many classes. */
    private static String writeMany(String name, int images, int classes, String embedding) {
        String table = folder.resolve(name).toString();
        LocalSpark.session()
                .range(0, images, 1, 3)
                .selectExpr(
                        "concat('s3a://many/', id, '.jpg') AS path",
                        "CAST(id % " + classes + " AS INT) AS prediction",
                        "concat('class ', id % " + classes + ") AS label",
                        "array(struct(1 AS index, 'cat' AS label, 1F AS probability)) AS top_k",
                        embedding + " AS embedding",
                        "CAST(NULL AS STRUCT<stage: STRING, code: STRING, message: STRING>) AS error",
                        "struct('swin-t' AS name, 'aaaa' AS sha256, 'timm' AS recipe) AS model")
                .write()
                .parquet(table);
        return table;
    }

    private static String[] with(List<String> words, String... more) {
        return Stream.concat(words.stream(), Stream.of(more)).toArray(String[]::new);
    }

    @Test
    void anApproximateSearchPrintsItsNeighboursAndIsOfTheRowsOfThePredicate() throws IOException {
        String many = writeMany("thousands", 9000, 2, "transform(sequence(1, 8), i -> CAST(hash(id, i) AS FLOAT))");
        List<String> search = List.of("nearest", "--embeddings", many, "--query", "many/7.jpg", "--k", "3");
        Run some = Run.swinlake(with(search, "--approximate", "2", "--where", "prediction = 1"));
        assertThat(some.out().lines())
                .hasSize(4)
                .first()
                .isEqualTo("s3a://many/7.jpg    1  1.000000  s3a://many/7.jpg");
        assertThat(some.summary().get("cells").asInt()).isEqualTo(67); // the root of 4,500
        assertThat(some.summary().get("recall_queries").asInt()).isEqualTo(1);
        assertThat(some.summary().get("recall").asDouble()).isBetween(0.3333, 1.0);
        // One query does not pay for placing all rows.
        assertThat(some.summary().get("saved").asDouble()).isNegative();

        Run all = Run.swinlake(with(search, "--approximate", "95"));
        Run exact = Run.swinlake(with(search));
        assertThat(all.err())
                .isEqualToIgnoringNewLines("--approximate 95: there are 95 cells, so the search was exact");
        assertThat(all.out().lines().limit(3))
                .isEqualTo(exact.out().lines().limit(3).toList());
        assertThat(all.out())
                .endsWith(",\"approximate\":false,\"cells\":95,\"probed\":95,\"recall\":1.0,\"recall_queries\":0}%n"
                        .formatted());

        Run few = Run.swinlake(with(search, "--approximate", "8", "--where", "path LIKE '%7.jpg'"));
        assertThat(few.err())
                .isEqualToIgnoringNewLines(
                        many + ": has too few different embeddings to search for cells to help: the search was exact");
        assertThat(few.out())
                .endsWith(",\"approximate\":false,\"cells\":1,\"probed\":1,\"recall\":1.0,\"recall_queries\":0}%n"
                        .formatted());

        for (String wrong : List.of("0", "-1")) {
            assertThat(Run.swinlake(with(search, "--approximate", wrong)))
                    .returns(2, Run::exitCode)
                    .returns(
                            "swinlake nearest: --approximate is a number of cells, 1 or more, found %s (swinlake nearest --help lists the options)"
                                    .formatted(wrong),
                            run -> run.err().strip());
        }
        assertThat(Run.swinlake("nearest", "--embeddings", many, "--query", "/no.jpg", "--approximate", "8"))
                .returns(4, Run::exitCode);
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
    void duplicatesWritesGroupsAndLinksOrAllPairs() {
        String pairs = folder.resolve("pairs").toString();
        Run all = Run.swinlake("duplicates", "--embeddings", lake, "--output", pairs, "--pairs");
        assertThat(all.summary().get("pairs").asInt()).isEqualTo(1);
        assertThat(all.summary().has("links")).isFalse();
        assertThat(LocalSpark.session().read().parquet(pairs + "/pairs").first().getString(0))
                .isEqualTo("s3a://lake/a/0.jpg");

        String output = folder.resolve("duplicates").toString();
        Run run = Run.swinlake("duplicates", "--embeddings", lake, "--output", output);
        assertThat(run.summary().get("links").asInt()).isEqualTo(1);
        assertThat(run.summary().has("pairs")).isFalse();
        assertThat(run.summary().get("images").asInt()).isEqualTo(2);
        assertThat(run.summary().get("groups").asInt()).isEqualTo(1);
        // Equal images are compared with nothing: the five that differ have 10 pairs.
        assertThat(run.summary().get("compared").asInt()).isEqualTo(10);
        assertThat(run.summary().get("in_full").asInt()).isLessThanOrEqualTo(10);
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

    @Test
    void aQueryMayBeSpeltAsTheInputWas() {
        String digits = folder.resolve("spelt").toString();
        Run.swinlake(
                "infer", "--model", Demo.MODEL, "--input", "examples/demo/images", "--limit", "3", "--output", digits);
        String image = Demo.IMAGES + "/digit-001.png";
        for (String query : List.of(
                "examples/demo/images/digit-001.png",
                "./examples/demo/images/digit-001.png",
                "../" + Path.of("").toAbsolutePath().getFileName() + "/examples/demo/images/digit-001.png",
                image,
                "file:" + image,
                "file://" + image)) {
            Run run = Run.swinlake("nearest", "--embeddings", digits, "--query", query, "--k", "1");
            assertThat(run.out()).as(query + run.err()).startsWith("file:" + image + "    1  1.000000  file:" + image);
        }
    }

    @Test
    void aWholePathIsNotTheEndOfAnother() {
        String nested = folder.resolve("nested").toString();
        LocalSpark.session()
                .read()
                .parquet(lake)
                .selectExpr(
                        "concat('file:', IF(path LIKE '%/a/%', '/x', ''), '/lake', substr(path, 11)) AS path",
                        "prediction", "label", "top_k", "embedding", "error", "model")
                .where("path LIKE '%/4.jpg'")
                .write()
                .parquet(nested);
        assertThat(Run.swinlake("nearest", "--embeddings", nested, "--query", "/lake/b/4.jpg", "--k", "1")
                        .out())
                .startsWith("file:/lake/b/4.jpg");
        assertThat(Run.swinlake("nearest", "--embeddings", nested, "--query", "/lake/a/4.jpg", "--k", "1")
                        .err())
                .contains("/lake/a/4.jpg: is no image of ");
    }

    @Test
    void aQueryOfZerosIsOneLineAndRowsOfZerosAreNobodysNeighbours() {
        String zeros = folder.resolve("zeros").toString();
        LocalSpark.session()
                .read()
                .parquet(lake)
                .selectExpr(
                        "path",
                        "prediction",
                        "label",
                        "top_k",
                        "error",
                        "model",
                        "IF(path LIKE '%/0.jpg', array(0F, -0F), embedding) AS embedding")
                .write()
                .parquet(zeros);
        assertThat(Run.swinlake("nearest", "--embeddings", zeros, "--query", "0.jpg"))
                .isEqualTo(new Run(
                        4,
                        "",
                        "swinlake nearest: 0.jpg: the embedding of s3a://lake/a/0.jpg is all zeros, which is near to nothing:"
                                + " there is nothing to find%n".formatted()));
        Run all = Run.swinlake("nearest", "--embeddings", zeros, "--query", zeros, "--k", "10");
        assertThat(all.exitCode()).isZero();
        assertThat(all.err())
                .isEqualToIgnoringNewLines(
                        zeros + ": 1 embeddings are all zeros, such as that of s3a://lake/a/0.jpg, and"
                                + " have no neighbours");
        assertThat(all.out()).doesNotContain("a/0.jpg").doesNotContain("NaN");
        assertThat(all.summary().get("queries").asInt()).isEqualTo(5);
        assertThat(all.summary().get("neighbors").asInt()).isEqualTo(25);
    }

    @Test
    void aQueryIsTurnedByItsExifAsTheTablesImagesWere() throws IOException {
        Path photo = Path.of("src/test/resources/fixtures/images/good/jpeg_exif6.jpg");
        Path lake = Files.createDirectory(folder.resolve("photos"));
        Files.copy(photo, lake.resolve("turned.jpg"));
        String table = folder.resolve("turned").toString();
        Run.swinlake(
                "infer",
                "--model",
                Demo.MODEL,
                "--input",
                lake.toString(),
                "--orientation",
                "apply",
                "--normalize",
                "--output",
                table);
        Run run = Run.swinlake(
                "nearest", "--embeddings", table, "--query", photo.toString(), "--model", Demo.MODEL, "--k", "1");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(Double.parseDouble(run.out().split(" +", 4)[2]))
                .as(run.out())
                .isGreaterThan(0.99999);
    }

    @Test
    void anImageIsEmbeddedInThePrecisionOfTheTable() {
        String table = folder.resolve("precise").toString();
        Run.swinlake("infer", "--model", Demo.MODEL, "--input", Demo.IMAGES, "--limit", "20", "--output", table);
        String copy = Demo.IMAGES + "/../images/../images/digit-100.png";
        for (String precision : List.of("int8", "fp16")) {
            String other = folder.resolve(precision).toString();
            LocalSpark.session()
                    .read()
                    .parquet(table)
                    .withColumn(
                            "model",
                            expr("struct(model.name, model.sha256, model.recipe, '%s' AS precision)"
                                    .formatted(precision)))
                    .write()
                    .parquet(other);
            Run run =
                    Run.swinlake("nearest", "--embeddings", other, "--query", copy, "--model", Demo.MODEL, "--k", "1");
            if (run.exitCode() == 0) { // this CPU has the instructions
                assertThat(run.summary().get("neighbors").asInt()).isEqualTo(1);
            } else {
                assertThat(run.err())
                        .startsWith(
                                "swinlake nearest: %s: %s was computed in %s, and so must the query be, which this machine does not: "
                                        .formatted(copy, other, precision))
                        .hasLineCount(1);
            }
        }
    }
}
