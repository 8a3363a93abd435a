package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.spark.LocalSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What duplicates makes of its groups, on a table as infer writes it. */
class DuplicatesIT {
    /** Names that a line of CSV, a URL or a pattern would read as something else. */
    private static final String HOSTILE = "s3a://lake/a b,\"c\"+1%20#?[x]{y}\n鍵.jpg";

    @TempDir
    static Path folder;

    private static String lake;

    /**
     * Two groups, and an image alone. In the first, angles of 0, 0.05, 0.1 and, far from their middle, 0.15; the two that
     * have most pixels differ in bytes. In the second two equal images of all the same numbers.
     */
    @BeforeAll
    static void writeLake() {
        lake = folder.resolve("lake").toString();
        table(List.of(
                        "'s3a://lake/0.jpg', 0.0, 100, 10, 10, 5",
                        "'s3a://lake/1.jpg', 0.05, 900, 20, 20, 9",
                        "'s3a://lake/2.jpg', 0.06, 300, 20, 20, 1",
                        "'s3://lake/3.jpg', 0.15, 5000, 10, 20, 7",
                        "'s3a://lake/alone.jpg', 2.0, 7, 1, 1, 0",
                        "'" + HOSTILE.replace("\n", "\\n") + "', 4.0, 40, 8, 8, 3",
                        "'s3a://lake/zz.jpg', 4.0, 40, 8, 8, 3"))
                .write()
                .parquet(lake);
    }

    private static Dataset<Row> table(List<String> rows) {
        return LocalSpark.session()
                .sql("SELECT * FROM VALUES (" + String.join("), (", rows)
                        + ") AS t(path, angle, length, width, height, second)")
                .selectExpr(
                        "path",
                        "CAST(length AS BIGINT) AS length",
                        "timestamp_seconds(1700000000 + second) AS modificationTime",
                        "width",
                        "height",
                        "1 AS prediction",
                        "'cat' AS label",
                        "array(struct(1 AS index, 'cat' AS label, 1F AS probability)) AS top_k",
                        "array(CAST(cos(angle) AS FLOAT), CAST(sin(angle) AS FLOAT)) AS embedding",
                        "CAST(NULL AS STRUCT<stage: STRING, code: STRING, message: STRING>) AS error",
                        "struct('swin-t' AS name, 'aaaa' AS sha256, 'timm' AS recipe) AS model");
    }

    private static Run duplicates(String table, Path output, String... more) {
        return Run.swinlake(Stream.concat(
                        Stream.of("duplicates", "--embeddings", table, "--output", output.toString()), Stream.of(more))
                .toArray(String[]::new));
    }

    private static Map<String, String> actions(Path output) {
        return LocalSpark.session().read().parquet(output + "/keep").collectAsList().stream()
                .collect(Collectors.toMap(row -> row.getAs("id"), row -> row.getAs("action")));
    }

    @ParameterizedTest
    @CsvSource({"largest, s3a://lake/1.jpg, 5440", "oldest, s3a://lake/2.jpg, 6040", "central, s3a://lake/2.jpg, 6040"})
    void oneImageOfEachGroupIsKept(String rule, String kept, long freed) throws IOException {
        Path output = folder.resolve("kept by " + rule);
        Path manifest = folder.resolve(rule + ".csv");
        Run run = duplicates(lake, output, "--keep", rule, "--manifest", manifest.toString());
        assertThat(run.exitCode()).as(run.err()).isZero();
        // The image alone is in no group; of two that differ in nothing but their names, the first stays.
        assertThat(actions(output))
                .hasSize(6)
                .containsEntry(kept, "keep")
                .containsEntry(HOSTILE, "keep")
                .containsEntry("s3a://lake/zz.jpg", "delete");
        assertThat(actions(output).values())
                .containsOnly("keep", "delete")
                .filteredOn("keep"::equals)
                .hasSize(2);
        assertThat(run.summary().get("keep").asText()).isEqualTo(rule);
        assertThat(run.summary().get("delete").asLong()).isEqualTo(4);
        assertThat(run.summary().get("freed_bytes").asLong()).isEqualTo(freed);
        assertThat(Files.readString(manifest).lines())
                .hasSize(4)
                .contains("lake,3.jpg", "lake,zz.jpg")
                .doesNotContain("lake," + kept.substring(kept.lastIndexOf('/') + 1));
    }

    /** What is kept under one name is not deleted under another. */
    @Test
    void aManifestNamesHostileKeysAsS3DecodesThemAndNoObjectThatIsKept() throws IOException {
        String table = folder.resolve("names").toString();
        String name = HOSTILE.replace("\n", "\\n");
        table(List.of(
                        "'" + name + "', 1.0, 40, 8, 8, 3",
                        "'" + name.replace("s3a", "s3") + "', 1.0, 50, 8, 8, 3",
                        "'" + name + "2', 1.0, 30, 8, 8, 3"))
                .write()
                .parquet(table);
        Path manifest = folder.resolve("hostile.csv");
        Run run = duplicates(table, folder.resolve("hostile"), "--keep", "largest", "--manifest", manifest.toString());
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(Files.readString(manifest))
                .isEqualTo("lake,a%20b%2C%22c%22%2B1%2520%23%3F%5Bx%5D%7By%7D%0A%E9%8D%B5.jpg2\n");
    }

    @Test
    void aPlanWithoutWhatItComparesIsOneLine() {
        String bare = folder.resolve("bare").toString();
        table(List.of("'s3a://lake/0.jpg', 0.0, 1, 1, 1, 1"))
                .drop("modificationTime")
                .write()
                .parquet(bare);
        assertThat(duplicates(bare, folder.resolve("none"), "--keep", "oldest"))
                .returns(4, Run::exitCode)
                .returns(
                        "swinlake duplicates: %s: has no column 'modificationTime', which --keep oldest compares; there are [path, length, width, height, prediction, label, top_k, embedding, error, model]"
                                .formatted(bare),
                        run -> run.err().strip());
        String holes = folder.resolve("holes").toString();
        table(List.of("'s3a://lake/0.jpg', 0.0, 1, 1, 1, NULL")).write().parquet(holes);
        assertThat(duplicates(holes, folder.resolve("none"), "--keep", "oldest"))
                .returns(4, Run::exitCode)
                .returns(
                        "swinlake duplicates: %s: 1 images have no 'modificationTime', such as s3a://lake/0.jpg: --keep oldest compares it of all"
                                .formatted(holes),
                        run -> run.err().strip());
        assertThat(duplicates(lake, folder.resolve("none"), "--manifest", "m.csv"))
                .returns(2, Run::exitCode)
                .extracting(Run::err)
                .asString()
                .startsWith(
                        "swinlake duplicates: --manifest lists what --keep does not keep: name a rule, largest, oldest or central");
        assertThat(folder.resolve("none")).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            file:/lake/0.jpg         | file:/lake/0.jpg is no object in S3: --manifest names objects of S3; leave it out and take the table keep
            s3a://lake/a.tar#0.jpg   | s3a://lake/a.tar#0.jpg lies in a tar shard, and is no object of its own: --manifest names objects of S3; leave it out and take the table keep
            s3a://lake/a//0.jpg      | s3a://lake/a//0.jpg is not the name of the object that Hadoop opened for it: --manifest names objects of S3; leave it out and take the table keep
            s3a://lake/a/../0.jpg    | s3a://lake/a/../0.jpg is not the name of the object that Hadoop opened for it: --manifest names objects of S3; leave it out and take the table keep
            s3a://moor/0.jpg         | has images of buckets lake and moor, and a manifest of S3 Batch Operations is of one bucket: leave out --manifest and take the table keep, bucket by bucket
            """)
    void aManifestOfWhatS3DoesNotHoldIsRefusedBeforeAnyWork(String path, String message) {
        String table = folder.resolve("paths " + path.replaceAll("\\W", "_")).toString();
        table(List.of("'s3a://lake/1.jpg', 0.0, 1, 1, 1, 1", "'" + path + "', 0.0, 1, 1, 1, 1"))
                .write()
                .parquet(table);
        Path manifest = folder.resolve("refused.csv");
        assertThat(duplicates(table, folder.resolve("none"), "--keep", "central", "--manifest", manifest.toString()))
                .returns(4, Run::exitCode)
                .returns("swinlake duplicates: " + table + ": " + message, run -> run.err()
                        .strip());
        assertThat(manifest).doesNotExist();
    }

    /** Rows of {@link #table}: angles by number. */
    private static String angles(Map<Integer, Double> angles, String name) {
        String table = folder.resolve(name).toString();
        table(angles.entrySet().stream()
                        .map(image -> String.format(
                                Locale.ROOT, "'s3a://lake/%03d.jpg', %s, 1, 1, 1, 1", image.getKey(), image.getValue()))
                        .toList())
                .write()
                .parquet(table);
        return table;
    }

    private static Map<String, String> groups(Path output) {
        return LocalSpark.session().read().parquet(output + "/groups").collectAsList().stream()
                .collect(Collectors.toMap(row -> row.getAs("id"), row -> row.getAs("group")));
    }

    private static Set<Set<String>> members(Map<String, String> groups) {
        return Set.copyOf(groups.entrySet().stream()
                .collect(Collectors.groupingBy(
                        Map.Entry::getValue, Collectors.mapping(Map.Entry::getKey, Collectors.toSet())))
                .values());
    }

    /** By chance: images come, go and change, groups grow, merge and fall apart. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anIncrementalRunFindsTheGroupsOfOneFromScratch(boolean allPairs) {
        String[] kind = allPairs ? new String[] {"--pairs"} : new String[0];
        Random random = new Random(4);
        Map<Integer, Double> angles = new TreeMap<>();
        for (int image = 100; image < 140; image++) {
            angles.put(image, random.nextDouble() * 6.28);
        }
        String name = allPairs ? "pairs " : "links ";
        Path earlier = folder.resolve(name + "0");
        assertThat(duplicates(angles(angles, "table " + name + "0"), earlier, kind)
                        .exitCode())
                .isZero();
        for (int round = 1; round <= 2; round++) {
            angles.keySet().removeIf(image -> random.nextInt(12) == 0);
            angles.replaceAll((image, angle) -> random.nextInt(12) == 0 ? random.nextDouble() * 6.28 : angle);
            for (int more = 0; more < 6; more++) {
                angles.put(random.nextInt(200), random.nextDouble() * 6.28);
            }
            angles.put(300 + round, angles.values().iterator().next()); // equal to one that was there
            String table = angles(angles, "table " + name + round);
            Path scratch = folder.resolve(name + "scratch " + round);
            Path output = folder.resolve(name + round);
            assertThat(duplicates(table, scratch, kind).exitCode()).isZero();
            List<String> options = new ArrayList<>(List.of(kind));
            options.addAll(List.of("--incremental", earlier.toString()));
            Run run = duplicates(table, output, options.toArray(String[]::new));
            assertThat(run.exitCode()).as(run.err()).isZero();
            assertThat(run.summary().get("fresh").asInt()).isBetween(1, angles.size());

            Map<String, String> before = groups(earlier);
            Map<String, String> groups = groups(output);
            assertThat(members(groups)).isEqualTo(members(groups(scratch))).hasSizeGreaterThan(2);
            Set<String> names = Set.copyOf(before.values());
            for (Set<String> members : members(groups)) {
                String expected = members.stream()
                        .filter(names::contains)
                        .sorted()
                        .findFirst()
                        .orElseGet(() -> members.stream().sorted().findFirst().orElseThrow());
                assertThat(members).allSatisfy(member -> assertThat(groups).containsEntry(member, expected));
            }
            if (allPairs) {
                assertThat(LocalSpark.session()
                                .read()
                                .parquet(output + "/pairs")
                                .orderBy("left", "right")
                                .collectAsList())
                        .isEqualTo(LocalSpark.session()
                                .read()
                                .parquet(scratch + "/pairs")
                                .orderBy("left", "right")
                                .collectAsList());
            }
            earlier = output;
        }
    }

    @Test
    void aGroupKeepsItsIdWhenASmallerOneJoinsAndTheSmallestOfTwoStays() {
        Map<Integer, Double> angles = new TreeMap<>(Map.of(5, 0.0, 6, 0.1, 7, 1.0, 8, 1.1));
        Path earlier = folder.resolve("before");
        duplicates(angles(angles, "table before"), earlier);
        angles.putAll(Map.of(1, 0.1));
        Path joined = folder.resolve("joined");
        Run run = duplicates(angles(angles, "table joined"), joined, "--incremental", earlier.toString());
        assertThat(run.summary().get("fresh").asInt()).isEqualTo(1);
        assertThat(groups(joined)).containsEntry("s3a://lake/001.jpg", "s3a://lake/005.jpg");
        for (int image = 20; image < 26; image++) {
            angles.put(image, 0.1 + 0.15 * (image - 19));
        }
        Path merged = folder.resolve("merged");
        duplicates(angles(angles, "table merged"), merged, "--incremental", joined.toString());
        assertThat(groups(merged).values()).hasSize(11).containsOnly("s3a://lake/005.jpg");
        assertThat(groups(joined)).hasSize(5); // as it was
    }

    @Test
    void anEarlierOutputThatDoesNotFitIsOneLine() throws IOException {
        Path whole = folder.resolve("whole");
        duplicates(lake, whole);
        assertThat(duplicates(lake, folder.resolve("none"), "--incremental", whole.toString(), "--pairs"))
                .returns(4, Run::exitCode)
                .returns(
                        "swinlake duplicates: %s: has no pairs: --pairs is for both runs or for none".formatted(whole),
                        run -> run.err().strip());
        assertThat(duplicates(lake, folder.resolve("none"), "--incremental", whole.toString(), "--threshold", "0.9")
                        .err())
                .isEqualToIgnoringNewLines(
                        "swinlake duplicates: %s: was made with --threshold 0.98, and now it is 0.9: groups of one do not go on with the other"
                                .formatted(whole));
        Files.delete(whole.resolve("_duplicates.json"));
        assertThat(duplicates(lake, folder.resolve("none"), "--incremental", whole.toString()))
                .returns(4, Run::exitCode)
                .returns(
                        "swinlake duplicates: %s: has no _duplicates.json, so it is no whole output of duplicates: name an earlier one, or leave --incremental out"
                                .formatted(whole),
                        run -> run.err().strip());
        assertThat(folder.resolve("none")).doesNotExist();
    }
}
