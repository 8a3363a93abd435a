package io.swinlake.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.spark.LocalSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Compactions of a table of text files: what readers and later runs see of them. */
class CompactionIT {
    private final SparkSession spark = LocalSpark.session();

    @TempDir
    private Path folder;

    private TinyLake lake;
    private String table;
    private final Map<String, Long> expected = new TreeMap<>();

    /** Three runs, of which the later two replace rows of those before them. */
    @BeforeEach
    void fill() throws IOException {
        lake = new TinyLake(spark, Files.createDirectory(folder.resolve("lake")));
        table = folder.resolve("table").toString();
        put("a.txt", 1);
        put("b.txt", 2);
        put("c.txt", 3);
        infer("1");
        put("b.txt", 4);
        infer("2");
        put("a.txt", 5);
        put("b.txt", 6);
        put("d.txt", 7);
        infer("3");
    }

    private void put(String name, int length) throws IOException {
        lake.put(name, "x".repeat(length));
        expected.put(name, (long) length);
    }

    private RunRecord infer(String id) throws IOException {
        return infer(id, lake.work());
    }

    private RunRecord infer(String id, RunWork work) throws IOException {
        return Runs.of(spark, TableFormat.PARQUET, table, Optional.empty())
                .complete(TinyLake.request(table, id), () -> work)
                .record();
    }

    private Compaction.Outcome compact() throws IOException {
        return compact(step -> {});
    }

    private Compaction.Outcome compact(Consumer<Step> reached) throws IOException {
        return Compaction.of(spark, table, reached).rewrite(TinyLake.VERSIONS);
    }

    private List<String> remove() throws IOException {
        return Compaction.of(spark, table).removeOlderThan(Duration.ZERO);
    }

    private Map<String, Long> seen() throws IOException {
        return TinyLake.lengths(SwinlakeTable.read(spark, table));
    }

    private List<String> runsOfRows() throws IOException {
        return SwinlakeTable.read(spark, table).select("run").distinct().orderBy("run").collectAsList().stream()
                .map(row -> row.getString(0))
                .toList();
    }

    private List<String> folders() throws IOException {
        try (Stream<Path> folders = Files.list(Path.of(table))) {
            return folders.map(some -> some.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aCompactionHasEachRowOnceAndItsRunsCanGo() throws IOException {
        Compaction.Outcome outcome = compact();

        RunRecord record = outcome.record().orElseThrow();
        assertThat(record.compacts()).containsExactly("1", "2", "3");
        assertThat(record.written()).isEqualTo(4);
        assertThat(outcome.dropped()).isEqualTo(3);
        assertThat(record.version()).isEqualTo(3);
        assertThat(seen()).isEqualTo(expected);
        assertThat(runsOfRows()).containsExactly("compact-000001");
        assertThat(SwinlakeTable.leftovers(spark, table))
                .hasSize(3)
                .contains("file:%s/run=1: run 'compact-000001' holds its rows; compact removes it some days later"
                        .formatted(table));

        assertThat(remove()).containsExactly("1", "2", "3");
        assertThat(folders()).containsExactly("run=compact-000001");
        assertThat(seen()).isEqualTo(expected);
        assertThat(SwinlakeTable.leftovers(spark, table)).isEmpty();
        assertThat(compact().record()).as("nothing to do").isEmpty();
    }

    @Test
    void runsStayAsLongAsTheyAreRetained() throws IOException {
        compact();

        assertThat(Compaction.of(spark, table).removeOlderThan(Duration.ofHours(1)))
                .isEmpty();
        assertThat(folders()).contains("run=1", "run=2", "run=3");
    }

    @Test
    void laterRunsAddReplaceAndAreCompactedAgain() throws IOException {
        compact();
        remove();
        assertThat(infer("4").unchanged()).isEqualTo(4);
        put("c.txt", 8);
        put("e.txt", 9);
        RunRecord fifth = infer("5");
        assertThat(fifth.replaced()).isEqualTo(1);
        assertThat(fifth.unchanged()).isEqualTo(3);
        assertThat(seen()).isEqualTo(expected);

        RunRecord again = compact().record().orElseThrow();
        assertThat(again.runId()).isEqualTo("compact-000002");
        assertThat(again.compacts()).containsExactly("4", "5", "compact-000001");
        assertThat(seen()).isEqualTo(expected);
        remove();
        assertThat(folders()).containsExactly("run=compact-000002");
        assertThat(seen()).isEqualTo(expected);
    }

    @Test
    void aRunThatWasCompactedIsStillDoneAndItsRecordIsKept() throws IOException {
        compact();
        remove();
        put("c.txt", 8);

        assertThat(infer("2").written()).as("as it was").isEqualTo(1);
        assertThat(SwinlakeTable.records(spark, table))
                .extracting(RunRecord::runId)
                .containsExactly("3", "2", "1");
        infer("4");
        compact();
        remove();
        assertThat(SwinlakeTable.records(spark, table))
                .extracting(RunRecord::runId)
                .containsExactly("4", "3", "2", "1");
    }

    /** The process dies after each step; readers see the table at every moment, and the next compaction completes it. */
    @ParameterizedTest
    @EnumSource(
            value = Step.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"COMPUTED", "FOUND_LATEST", "CLEANED"}) // where what is there is as a step before
    void aCompactionThatIsKilledLosesAndDoublesNothing(Step last) throws IOException {
        assertThatThrownBy(() -> compact(step -> {
                    if (step == last) {
                        throw new Killed();
                    }
                }))
                .isInstanceOf(Killed.class);
        assertThat(seen()).isEqualTo(expected);

        compact();
        remove();
        assertThat(seen()).isEqualTo(expected);
        assertThat(folders()).hasSize(1).allMatch(name -> name.startsWith("run=compact-00000"));
        try (Stream<Path> left = Files.list(Path.of(table, folders().get(0)))) {
            assertThat(left.map(some -> some.getFileName().toString()).filter(name -> !name.startsWith(".")))
                    .as("the record and one attempt")
                    .hasSize(2);
        }
    }

    /** As SIGKILL: nothing that would tidy up is run. */
    private static final class Killed extends Error {
        private static final long serialVersionUID = 1;
    }

    /** A run is committed at a step of a compaction, and a compaction at that step of a run. */
    @ParameterizedTest
    @EnumSource(
            value = Step.class,
            names = {"BEGUN", "COUNTED"})
    void runsAndCompactionsMayBeMadeAtTheSameTime(Step at) throws IOException {
        compact(step -> {
            if (step == at) {
                try {
                    put("b.txt", 10);
                    put("f.txt", 11);
                    infer("4");
                    assertThat(seen()).isEqualTo(expected);
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            }
        });
        assertThat(seen()).as("after the compaction").isEqualTo(expected);

        put("c.txt", 12);
        infer("5", lake.work(step -> {
            if (step == at) {
                try {
                    compact();
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            }
        }));
        assertThat(seen()).as("after the run").isEqualTo(expected);
        compact();
        assertThat(seen()).as("compacted again").isEqualTo(expected);
    }

    /** Another compaction comes to its end at a step of one. */
    @ParameterizedTest
    @EnumSource(
            value = Step.class,
            names = {"WRITTEN", "COUNTED"})
    void ofTwoCompactionsAtOnceOneCommits(Step at) throws IOException {
        boolean[] inner = {false};
        try {
            compact(step -> {
                if (step == at && !inner[0]) {
                    inner[0] = true;
                    try {
                        compact();
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                }
            });
        } catch (TableException e) {
            assertThat(e).hasMessageContaining("another process has begun the same compaction");
        }
        assertThat(seen()).isEqualTo(expected);
        remove();
        assertThat(seen()).isEqualTo(expected);
        assertThat(folders()).containsExactly("run=compact-000001");
    }

    /** What a run has computed against the runs is right after they were compacted and removed, or is refused. */
    @Test
    void aRunThatBeganBeforeItsTableWasCompactedAndEmptiedCommitsNothingWrong() throws IOException {
        put("b.txt", 10);
        try {
            infer("4", lake.work(step -> {
                if (step == Step.COMPUTED) {
                    try {
                        compact();
                        remove();
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                }
            }));
        } catch (Exception e) {
            assertThat(e).hasStackTraceContaining("does not exist");
            infer("4");
        }
        assertThat(seen()).isEqualTo(expected);
    }

    @Test
    void aTableOfManyRunsIsListedOnceByARun() throws IOException {
        CountingFileSystem.register(spark);
        String there = "counting:" + table;
        CountingFileSystem.reset();
        Runs.of(spark, TableFormat.PARQUET, there, Optional.empty()).complete(TinyLake.request(there, "4"), lake::work);

        assertThat(CountingFileSystem.listings(Path.of(table).toString()))
                .as("at its start and before it commits")
                .isEqualTo(2);
        assertThat(CountingFileSystem.opened("_run.json"))
                .as("one for each run, and its own")
                .isLessThanOrEqualTo(5);
    }
}
