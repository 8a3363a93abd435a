package io.swinlake.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.bench.FlatBucket;
import io.swinlake.bench.SyntheticFileSystem;
import io.swinlake.spark.ImageLake;
import io.swinlake.spark.LocalSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A lake whose listing the driver does not hold: listed by executors, planned in files, and a run like any other. */
class LargeLakeIT {
    private static final int OBJECTS = 123_456;
    private static final String LAKE = "synthetic://" + OBJECTS + "/";

    private final SparkSession spark = LocalSpark.session();

    @TempDir
    private Path folder;

    @BeforeEach
    void use() {
        spark.sparkContext().hadoopConfiguration().set("fs.synthetic.impl", SyntheticFileSystem.class.getName());
    }

    private ImageLake list(String glob, String... leftOut) throws IOException {
        return ImageLake.list(spark, List.of(LAKE), glob, List.of(leftOut));
    }

    /** No folders to share out, so ranges of keys are. */
    @Test
    void aFolderOfManyObjectsIsListedByRangesOfItsKeys() throws IOException {
        try (FlatBucket bucket = FlatBucket.start(OBJECTS, 0)) {
            bucket.settings().forEach(spark.sparkContext().hadoopConfiguration()::set);

            ImageLake lake = ImageLake.list(spark, List.of(FlatBucket.FOLDER), "*");

            Dataset<Row> listed = lake.toDataset(spark);
            assertThat(lake.size()).isEqualTo(OBJECTS);
            assertThat(listed.select("path").distinct().count()).isEqualTo(OBJECTS);
            assertThat(listed.where("etag IS NULL OR length < 50000").count()).isZero();
            assertThat(bucket.requestsFromAKey()).isBetween(3L, 60L);
        }
    }

    @Test
    void everyObjectIsListedOnceAndPlannedInOrder() throws IOException {
        ImageLake lake = list("*");
        assertThat(lake.size()).isEqualTo(OBJECTS);
        assertThat(lake.limit(3).toDataset(spark).collectAsList())
                .extracting(row -> row.getString(0).replaceFirst(".*-0*(?=\\d)", "") + " " + row.getLong(1))
                .containsExactly("0.jpg 50000", "1.jpg 50001", "2.jpg 50002");

        RunObjects planned = lake.keptAt(spark, folder.resolve("plan").toString(), 20_000);
        List<String> paths = new ArrayList<>();
        List<Supplier<Dataset<Row>>> parts = planned.inPartsOf(spark, 20_000);
        for (Supplier<Dataset<Row>> part : parts) {
            List<Row> rows = part.get().select("path").collectAsList();
            assertThat(rows).hasSizeBetween(5_000, 40_000);
            rows.forEach(row -> paths.add(row.getString(0)));
        }
        assertThat(parts).hasSize(7);
        assertThat(paths).hasSize(OBJECTS).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void globAndFoldersThatAreLeftOutHoldForExecutorsToo() throws IOException {
        String first = LAKE + "photos-of-the-lake-000000";

        assertThat(list("*", first).size()).isEqualTo(OBJECTS - SyntheticFileSystem.FOLDER);
        assertThat(list("*[0-4].jpg").size()).as("few enough for the driver").isEqualTo(61_730);
    }

    @Test
    void anObjectOfTwoInputsCountsOnce() throws IOException {
        for (List<String> inputs : List.of(
                List.of(LAKE, LAKE + "photos-of-the-lake-000000"),
                List.of(LAKE + "{,photos-of-the-lake-00000[01]/}*"))) {
            ImageLake lake = ImageLake.list(spark, inputs, "*", List.of());

            assertThat(lake.size()).as(inputs.toString()).isEqualTo(OBJECTS);
        }
    }

    /** Both may be many times what a process holds. */
    @Test
    void neitherTheObjectsNorATableIsSentToEveryTask() throws IOException {
        ImageLake lake = list("*");
        Dataset<Row> three = lake.limit(3).toDataset(spark);
        Dataset<Row> table = spark.createDataFrame(three.collectAsList(), three.schema());

        assertThat(lake.rowsIn(table).queryExecution().sparkPlan().toString())
                .contains("SortMergeJoin")
                .doesNotContain("Broadcast");
        assertThat(lake.rowsIn(table).count()).isEqualTo(3);
        assertThat(lake.without(table, functions.lit(true)).size()).isEqualTo(OBJECTS - 3);
    }

    private Runs.Finished run(String id, Optional<Step> diesAt) throws IOException {
        String table = folder.resolve("table").toString();
        RunRequest asked = TinyLake.request(table, id);
        RunRequest request = new RunRequest(
                id,
                true,
                false,
                false,
                40_000,
                asked.triedAgain(),
                asked.options(),
                asked.inputs(),
                "*",
                table,
                TableFormat.PARQUET,
                1,
                asked.versions());
        return Runs.of(spark, TableFormat.PARQUET, table, Optional.empty())
                .complete(
                        request,
                        () -> new SyntheticWork(
                                listed(),
                                step -> {
                                    if (diesAt.equals(Optional.of(step))) {
                                        throw new IllegalStateException("killed");
                                    }
                                },
                                plan -> {}));
    }

    private ImageLake listed() {
        try {
            return list("*");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aRunThatDiesIsCompletedAndTheNextOneHasNothingToDo() throws IOException {
        assertThatThrownBy(() -> run("1", Optional.of(Step.COMPUTED))).hasMessage("killed");
        RunRecord completed = run("1", Optional.empty()).record();
        RunRecord next = run("2", Optional.empty()).record();

        assertThat(completed.resumed()).isEqualTo(OBJECTS);
        assertThat(completed.written()).isEqualTo(OBJECTS);
        assertThat(next.unchanged()).isEqualTo(OBJECTS);
        assertThat(next.written()).isZero();
        assertThat(Files.exists(folder.resolve("table/_runs"))).isFalse();
        assertThat(Collections.max(
                        SwinlakeTable.read(spark, folder.resolve("table").toString())
                                .groupBy("path")
                                .count()
                                .select("count")
                                .distinct()
                                .collectAsList()
                                .stream()
                                .map(row -> row.getLong(0))
                                .toList()))
                .isEqualTo(1);
    }
}
