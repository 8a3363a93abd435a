package io.swinlake.table;

import static org.apache.spark.sql.functions.expr;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.spark.LocalSpark;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.spark.sql.SparkSession;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The protocol of {@link Runs} by itself, over a lake of text files. */
class ProtocolIT {
    private final SparkSession spark = LocalSpark.session();

    @TempDir
    private Path folder;

    private TinyLake lake;
    private String table;

    @BeforeEach
    void fill() throws IOException {
        lake = new TinyLake(spark, Files.createDirectory(folder.resolve("lake")));
        lake.put("a.txt", "a");
        lake.put("bb.txt", "bb");
        table = folder.resolve("table").toString();
    }

    private Runs.Finished complete(RunRequest request) throws IOException {
        return complete(request, lake.work());
    }

    private Runs.Finished complete(RunRequest request, RunWork work) throws IOException {
        return Runs.of(spark, TableFormat.PARQUET, request.output(), Optional.empty())
                .complete(request, () -> work);
    }

    private Map<String, Long> seen() throws IOException {
        return TinyLake.lengths(SwinlakeTable.read(spark, table));
    }

    private List<String> filesOf(String below) throws IOException {
        Path root = Path.of(table, below);
        if (!Files.exists(root)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> root.relativize(file).toString())
                    .filter(name -> !name.endsWith(".crc"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void theRecordNamesTheFolderWithTheRowsAndNothingElseIsLeft() throws IOException {
        complete(TinyLake.request(table, "1"));
        lake.put("bb.txt", "four");
        RunRecord record = complete(TinyLake.request(table, "2")).record();

        assertThat(record.version()).isEqualTo(2);
        assertThat(seen()).isEqualTo(Map.of("a.txt", 1L, "bb.txt", 4L));
        assertThat(filesOf("run=2"))
                .hasSize(5)
                .contains("_run.json", record.attempt() + "/_SUCCESS", record.attempt() + "/_replaced/_SUCCESS")
                .anyMatch(name -> name.matches(record.attempt() + "/part-.*\\.parquet"))
                .anyMatch(name -> name.matches(record.attempt() + "/_replaced/part-.*\\.json\\.gz"));
        assertThat(filesOf("_runs")).isEmpty();
        assertThat(SwinlakeTable.leftovers(spark, table)).isEmpty();
    }

    /** Local files under a scheme of their own; as many file systems do, it does not implement {@code getScheme}. */
    public static final class PlainFileSystem extends RawLocalFileSystem {
        @Override
        public URI getUri() {
            return URI.create("plain:///");
        }
    }

    @Test
    void aFileSystemNeedNotImplementGetScheme() throws IOException {
        spark.sparkContext().hadoopConfiguration().set("fs.plain.impl", PlainFileSystem.class.getName());
        assertThatThrownBy(() -> new PlainFileSystem().getScheme()).isInstanceOf(UnsupportedOperationException.class);
        String there = "plain:" + table;

        RunRecord record = complete(TinyLake.request(there, "1")).record();
        lake.put("bb.txt", "four");
        complete(TinyLake.request(there, "2"));

        assertThat(record.written()).isEqualTo(2);
        assertThat(TinyLake.lengths(SwinlakeTable.read(spark, there))).isEqualTo(Map.of("a.txt", 1L, "bb.txt", 4L));
    }

    @Test
    void whatADriverLeavesThatDiesBetweenItsCommitAndItsCleaningIsRemovedByTheNextCommandOfThatRun()
            throws IOException {
        RunWork dying = lake.work(step -> {
            if (step == Step.COMMITTED) {
                throw new IllegalStateException("killed");
            }
        });
        assertThatThrownBy(() -> complete(TinyLake.request(table, "1"), dying)).hasMessage("killed");
        Path other = Files.createDirectories(Path.of(table, "run=1", "20261101T000000Z-0123abcd"));
        Files.writeString(other.resolve("part-0.parquet"), "of an attempt that died while it wrote");

        assertThat(seen()).isEqualTo(Map.of("a.txt", 1L, "bb.txt", 2L));
        assertThat(SwinlakeTable.leftovers(spark, table))
                .containsExactly(
                        "file:%s/_runs/1: of run '1', which is committed; the next run removes it".formatted(table),
                        "file:%s/run=1/20261101T000000Z-0123abcd: of another attempt at run '1', which is committed; infer --run-id 1 removes it"
                                .formatted(table));
        Runs.Finished again = complete(TinyLake.request(table, "1"));
        assertThat(again.before()).isTrue();
        assertThat(filesOf("_runs")).isEmpty();
        assertThat(other).doesNotExist();
        assertThat(seen()).isEqualTo(Map.of("a.txt", 1L, "bb.txt", 2L));
    }

    @Test
    void whoReadsEveryParquetFileSeesNothingOfWhatARunHasComputedAndNotWritten() throws IOException {
        RunWork dying = lake.work(step -> {
            if (step == Step.COMPUTED) {
                throw new IllegalStateException("killed");
            }
        });
        assertThatThrownBy(() -> complete(TinyLake.request(table, "1"), dying)).hasMessage("killed");

        assertThat(filesOf("_runs/1/parts"))
                .isNotEmpty()
                .anyMatch(name -> name.endsWith(".parquet.unfinished"))
                .noneMatch(name -> name.endsWith(".parquet"));
        assertThat(complete(TinyLake.request(table, "1")).record().resumed()).isEqualTo(2);
    }

    @Test
    void partsOfAFinishedRunAreRemovedByARunOfAnotherIdToo() throws IOException {
        RunWork dying = lake.work(step -> {
            if (step == Step.COMMITTED) {
                throw new IllegalStateException("killed");
            }
        });
        assertThatThrownBy(() -> complete(TinyLake.request(table, "1"), dying)).hasMessage("killed");
        complete(TinyLake.request(table, "2"));

        assertThat(filesOf("_runs")).isEmpty();
    }

    @Test
    void anAttemptThatFailsWhileItWritesLeavesNoRowsToPlainReaders() throws IOException {
        RunWork failing = lake.work(step -> {
            if (step == Step.WRITTEN) {
                throw new IllegalStateException("store is full");
            }
        });
        assertThatThrownBy(() -> complete(TinyLake.request(table, "1"), failing))
                .hasMessage("store is full");

        assertThat(filesOf("run=1")).isEmpty();
        assertThat(complete(TinyLake.request(table, "1")).record().resumed()).isEqualTo(2);
        assertThat(seen()).hasSize(2);
    }

    @Test
    void objectsThatTwoAttemptsHaveComputedCountOnceAndAGoodRowComesBeforeAnError() throws IOException {
        lake.put("bad.txt", "x");
        complete(TinyLake.request(table, "1"), lake.work());
        // As two attempts that lived at once leave it: the same objects in parts of both.
        Path parts = Files.createDirectories(Path.of(table, "_runs", "2", "parts"));
        lake.work()
                .compute(lake.list().toDataset(spark))
                .withColumn("error", expr("named_struct('stage', 'read', 'code', 'io', 'message', 'm')"))
                .write()
                .parquet(parts.resolve("a-00000").toString());
        lake.work()
                .compute(lake.list().toDataset(spark))
                .write()
                .parquet(parts.resolve("b-00000").toString());
        Files.move(Path.of(table, "run=1"), folder.resolve("away"));
        RunRecord record = complete(TinyLake.request(table, "2")).record();

        assertThat(record.resumed()).isEqualTo(3);
        assertThat(record.failedBy()).as("of two errors that of the first part").isEqualTo(Map.of("read/io", 1L));
        assertThat(seen()).isEqualTo(Map.of("a.txt", 1L, "bb.txt", 2L, "bad.txt", 1L));
    }

    @Test
    void onlyErrorsThatMayPassAreComputedAgain() throws IOException {
        lake.put("bad.txt", "x");
        complete(TinyLake.request(table, "1"));

        assertThat(complete(TinyLake.request(table, "2")).record().unchanged()).isEqualTo(3);
        RunRequest trying = skipping("3", false, Set.of("decode/bad"));
        assertThat(complete(trying).record().written()).isEqualTo(1);
        assertThat(seen()).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"a[1]", "b{x,y}", "c*", "d?", "e f", "g%20h", "i'j`k", "2026-11-28T10:00:00", "äöü猫", "x=1"})
    void theOutputMayHaveAnyName(String name) throws IOException {
        table = folder.resolve(name).toString();
        complete(TinyLake.request(table, "1"));
        lake.put("bb.txt", "four");
        complete(TinyLake.request(table, "2"));

        assertThat(seen()).isEqualTo(Map.of("a.txt", 1L, "bb.txt", 4L));
        RunRequest request = TinyLake.request(folder.resolve(name + " alone").toString(), "1");
        OneTable.write(spark, request, lake.work());
        assertThat(TinyLake.lengths(SwinlakeTable.read(spark, request.output())))
                .hasSize(2);
    }

    @Test
    void optionsThatOnlyOneReleaseKnowsDoNotCloseATable() throws IOException {
        complete(TinyLake.request(table, "1", new TreeMap<>(Map.of("--top-k", "5", "--of-a-later-release", "x"))));
        TreeMap<String, String> options = new TreeMap<>(Map.of("--top-k", "5", "--new", "default"));
        RunRequest newer = TinyLake.request(table, "2", options);
        RunRequest withDefault = new RunRequest(
                newer.id(),
                true,
                false,
                false,
                2,
                newer.triedAgain(),
                new RunRequest.Options(options, Map.of("--top-k", "5", "--new", "default"), Set.of("--top-k", "--new")),
                newer.inputs(),
                "*",
                table,
                TableFormat.PARQUET,
                1,
                newer.versions());

        assertThat(complete(withDefault).record().unchanged()).isEqualTo(2);
        assertThat(complete(TinyLake.request(table, "1")).before()).isTrue();
        assertThatThrownBy(() -> complete(TinyLake.request(table, "3", new TreeMap<>(Map.of("--top-k", "3")))))
                .isInstanceOf(TableException.class)
                .hasMessage(
                        table
                                + ": its rows were made with other options, run '1' with --top-k 5, this is 3; repeat them, or choose another --output");
    }

    @Test
    void aModelOfOtherNumbersIsRefusedThoughItsWeightsAreTheSame() throws IOException {
        complete(TinyLake.request(table, "1"));

        assertThatThrownBy(() -> complete(TinyLake.request(table, "2"), lake.workOf("other")))
                .isInstanceOf(TableException.class)
                .hasMessage(
                        table
                                + ": holds rows of model tiny (digest digest), this one's digest is other; one table has one model, so choose another --output");
    }

    @Test
    void aRecordThatIsDamagedOrOfALaterReleaseIsNamed() throws IOException {
        complete(TinyLake.request(table, "1"));
        Path record = Path.of(table, "run=1", "_run.json");
        String json = Files.readString(record);
        Files.writeString(record, json.replace("\"version\":2", "\"version\":4"));
        assertThatThrownBy(this::seen)
                .isInstanceOf(TableException.class)
                .hasMessage(
                        "file:%s: has version 4, this release of Swinlake knows up to 3: use the release that wrote it or a later one"
                                .formatted(record));
        Files.writeString(record, json.substring(0, 40));
        assertThatThrownBy(this::seen)
                .isInstanceOf(TableException.class)
                .hasMessageStartingWith("file:%s: is not the JSON that a run writes: ".formatted(record));
    }

    private Path fileOf(String run) throws IOException {
        return filesOf("run=" + run).stream()
                .filter(name -> name.endsWith(".parquet"))
                .map(name -> Path.of(table, "run=" + run, name))
                .findFirst()
                .orElseThrow();
    }

    private static void assertRefused(ThrowingCallable command, Path folder, String message) {
        assertThatThrownBy(command)
                .isInstanceOf(TableException.class)
                .hasMessageStartingWith("file:%s: ", folder)
                .hasMessageContaining(message)
                .hasMessageEndingWith(": infer --incremental computes its images again");
    }

    @Test
    void aLostFileOfACommittedRunIsNoticedByWhoeverReads() throws IOException {
        complete(TinyLake.request(table, "1"));
        Path file = fileOf("1");
        Files.move(file, folder.resolve("away"));
        lake.put("bb.txt", "four");

        Path attempt = file.getParent();
        String message = "0 Parquet files, but the record of run '1' says 1";
        // Of one run alone, Spark has no file to take the columns of.
        assertThatThrownBy(this::seen).isInstanceOf(TableException.class).hasMessageContaining(attempt.toString());
        Files.move(folder.resolve("away"), file);
        complete(TinyLake.request(table, "2"));
        Files.move(file, folder.resolve("away"));
        assertRefused(this::seen, attempt, message);
        assertRefused(() -> complete(TinyLake.request(table, "3")), attempt, message);
        assertRefused(() -> Compaction.of(spark, table).rewrite(TinyLake.VERSIONS), attempt, message);

        FileUtils.deleteDirectory(Path.of(table, "run=1").toFile());
        complete(TinyLake.request(table, "3"));
        assertThat(seen()).isEqualTo(Map.of("a.txt", 1L, "bb.txt", 4L));
    }

    @Test
    void aFileThatIsNoneOfARunsIsNoticed() throws IOException {
        complete(TinyLake.request(table, "1"));
        Path file = fileOf("1");
        Files.copy(file, file.resolveSibling("part-copy.parquet"));

        assertRefused(this::seen, file.getParent(), "2 Parquet files, but the record of run '1' says 1");
    }

    @Test
    void aLostListOfReplacedRowsIsNoticed() throws IOException {
        complete(TinyLake.request(table, "1"));
        lake.put("bb.txt", "four");
        complete(TinyLake.request(table, "2"));
        Path replaced = fileOf("2").resolveSibling("_replaced");
        try (Stream<Path> files = Files.list(replaced)) {
            files.forEach(file -> file.toFile().delete());
        }

        assertRefused(this::seen, replaced, "is empty, but the record of run '2' says that 1 rows of others give way");
    }

    /** Records of earlier releases do not say how many files there are: readers cannot tell, but nothing is lost for good. */
    @Test
    void whatIsCompactedHasAsManyRowsAsTheRecordsSay() throws IOException {
        lake.put("c.txt", "ccc");
        complete(TinyLake.request(table, "1"));
        lake.put("bb.txt", "four");
        complete(TinyLake.request(table, "2"));
        Path record = Path.of(table, "run=1", "_run.json");
        Files.writeString(
                record, Files.readString(record).replace("\"files\":1,", "").replace("\"written\":3", "\"written\":4"));

        assertThat(seen()).hasSize(3);
        assertRefused(
                () -> Compaction.of(spark, table).rewrite(TinyLake.VERSIONS),
                fileOf("1").getParent(),
                "3 rows, but its record says 4");
    }

    @Test
    void aStaleChecksumFileOfARecordIsOfNoConsequence() throws IOException {
        complete(TinyLake.request(table, "1"));
        Files.write(Path.of(table, "run=1", "._run.json.crc"), new byte[] {'c', 'r', 'c', 0, 0, 0, 2, 0, 1, 2, 3, 4});

        assertThat(seen()).hasSize(2);
    }

    @Test
    void anAttemptOfLastWeekDoesNotCommit() {
        assertThat(Attempt.begin().mayCommit()).isTrue();
        assertThat(new Attempt("20201101T000000Z-0123abcd").mayCommit()).isFalse();
        assertThat(Attempt.isAbandoned(Attempt.begin().name())).isFalse();
        assertThat(Attempt.isAbandoned("20201101T000000Z-0123abcd")).isTrue();
        assertThat(Attempt.isAbandoned("part-00000.parquet")).isFalse();
    }

    /** As over a network whose answer to the request that stored the record was lost. */
    @Test
    void anAttemptWhoseRecordIsThereHasCommittedWhateverItWasTold() throws IOException {
        RunWork work = lake.work(step -> {
            if (step == Step.COUNTED) {
                try {
                    String attempt = filesOf("run=1").get(0).replaceFirst("/.*", "");
                    Files.writeString(
                            Path.of(table, "run=1", "_run.json"),
                            recordOfAnotherTable()
                                    .replaceFirst("\"attempt\":\"[^\"]*\"", "\"attempt\":\"" + attempt + "\""));
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
                throw new IllegalStateException("the store did not answer");
            }
        });
        Runs.Finished finished = complete(TinyLake.request(table, "1"), work);

        assertThat(finished.before()).isFalse();
        assertThat(seen()).isEqualTo(Map.of("a.txt", 1L, "bb.txt", 2L));
        assertThat(filesOf("_runs")).isEmpty();
    }

    private String recordOfAnotherTable() throws IOException {
        String other = folder.resolve("other").toString();
        return complete(TinyLake.request(other, "1")).json();
    }

    @Test
    void aRunWithoutASingleResultIsNotCommittedIfItsErrorsMayPass() throws IOException {
        for (int i = 0; i < 8; i++) {
            lake.put("bad" + i, "x");
        }
        Files.delete(folder.resolve("lake/a.txt"));
        Files.delete(folder.resolve("lake/bb.txt"));
        RunRequest asked = skipping("1", false, Set.of("decode/bad"));

        assertThatThrownBy(() -> complete(asked))
                .isInstanceOf(TableException.class)
                .hasMessage("run 1: not one of 8 objects gave a result, and all of the errors may pass: {decode/bad=8};"
                        + " nothing is committed: run it again when storage and devices are well");
        assertThat(complete(TinyLake.request(table, "2")).record().failed())
                .as("errors that stay")
                .isEqualTo(8);
    }

    private RunRequest skipping(String id, boolean skipInvalid, Set<String> triedAgain) {
        RunRequest asked = TinyLake.request(table, id);
        return new RunRequest(
                id,
                true,
                false,
                skipInvalid,
                2,
                triedAgain,
                asked.options(),
                asked.inputs(),
                "*",
                table,
                TableFormat.PARQUET,
                1,
                asked.versions());
    }

    @Test
    void aChangedFileThatIsSkippedLeavesNoOldRow() throws IOException {
        lake.put("bad.txt", "x");
        RunRequest keeping = skipping("1", false, Set.of());
        complete(keeping);
        lake.put("bad.txt", "xx");
        RunRecord record = complete(skipping("2", true, Set.of())).record();

        assertThat(record.written()).isZero();
        assertThat(record.replaced()).isEqualTo(1);
        assertThat(seen()).isEqualTo(Map.of("a.txt", 1L, "bb.txt", 2L));
    }

    @Test
    void partsOfAnEarlierReleaseGetTheColumnsOfThisOne() throws IOException {
        Path parts = Files.createDirectories(Path.of(table, "_runs", "1", "parts"));
        lake.work()
                .compute(lake.list().toDataset(spark))
                .where("path LIKE '%/a.txt'")
                .withColumn("model", expr("struct(model.name, model.sha256, model.recipe, model.precision)"))
                .write()
                .parquet(parts.resolve("0123-00000").toString()); // before this release's parts by name
        RunRecord record = complete(TinyLake.request(table, "1")).record();

        assertThat(record.resumed()).isEqualTo(1);
        assertThat(SwinlakeTable.read(spark, table)
                        .where("model.digest = 'digest'")
                        .count())
                .isEqualTo(1);
        assertThat(seen()).hasSize(2);
    }

    @Test
    void aFolderOfAnAttemptInARunOfTheFirstFormatIsNotRead() throws IOException {
        String attempt = complete(TinyLake.request(table, "1")).record().attempt();
        Path run = Path.of(table, "run=1");
        try (Stream<Path> files = Files.list(run.resolve(attempt))) {
            for (Path file :
                    files.filter(some -> some.toString().endsWith(".parquet")).toList()) {
                Files.copy(file, run.resolve(file.getFileName()));
            }
        }
        Path record = run.resolve("_run.json");
        Files.writeString(
                record,
                Files.readString(record)
                        .replaceFirst("\"version\":2,", "")
                        .replaceFirst("\"attempt\":\"[^\"]*\",", ""));

        assertThat(seen()).isEqualTo(Map.of("a.txt", 1L, "bb.txt", 2L));
        assertThat(SwinlakeTable.leftovers(spark, table)).hasSize(1);
    }

    @Test
    void aReaderThatHasBegunIsNotDisturbedByLaterRuns() throws IOException {
        complete(TinyLake.request(table, "1"));
        var before = SwinlakeTable.read(spark, table);
        lake.put("bb.txt", "four");
        Files.setLastModifiedTime(folder.resolve("lake/bb.txt"), FileTime.fromMillis(1_800_000_000_000L));
        complete(TinyLake.request(table, "2"));

        assertThat(TinyLake.lengths(before)).isEqualTo(Map.of("a.txt", 1L, "bb.txt", 2L));
        assertThat(seen()).isEqualTo(Map.of("a.txt", 1L, "bb.txt", 4L));
    }
}
