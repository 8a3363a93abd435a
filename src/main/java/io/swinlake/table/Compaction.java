package io.swinlake.table;

import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.countDistinct;
import static org.apache.spark.sql.functions.lit;

import io.swinlake.storage.Messages;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rewrites the runs of a Parquet table into one, without the rows that have given way. A compaction is a run of its own, with the
 * steps of {@link Step} and the same one object that commits it; from then on readers leave out the runs that its record
 * names. Their folders stay as long as somebody who began to read earlier may need them.
 *
 * <p>Runs of {@code infer} that are committed meanwhile lose nothing and need not be repeated: their rows are not among those
 * that are compacted, and what they replace there is known by {@link CompactedRuns#holder}.
 */
public final class Compaction {
    private static final Logger LOG = LoggerFactory.getLogger(Compaction.class);

    /** What a task of a reader takes at once; smaller tables become one file. */
    private static final long BYTES_PER_FILE = 128L << 20;

    private final SparkSession spark;
    private final String uri;
    private final Configuration configuration;
    private final Consumer<Step> reached;

    private Compaction(SparkSession spark, String uri, Consumer<Step> reached) {
        this.spark = spark;
        this.uri = uri;
        this.configuration = spark.sessionState().newHadoopConf();
        this.reached = reached;
    }

    /**
     * Of a Parquet table with runs.
     *
     * @param uri its folder
     * @throws TableException if it is of a format that compacts itself
     * @throws IOException if it cannot be looked at
     */
    public static Compaction of(SparkSession spark, String uri) throws IOException {
        return of(spark, uri, step -> {});
    }

    /** Whether an id is of those that compactions give to their runs. */
    public static boolean isId(String run) {
        return CompactedRuns.isId(run);
    }

    /** @param reached told at each step */
    static Compaction of(SparkSession spark, String uri, Consumer<Step> reached) throws IOException {
        Optional<LakeTable> lake = LakeTable.find(spark, uri);
        if (lake.isPresent()) {
            throw TableException.refused(
                    "%s: is a table of %s, which replaces rows itself: %s makes its files few",
                    uri,
                    lake.get().format().word(),
                    lake.get().format() == TableFormat.ICEBERG ? "CALL system.rewrite_data_files" : "OPTIMIZE");
        }
        return new Compaction(spark, uri, reached);
    }

    /**
     * What became of a table.
     *
     * @param record of the compaction; empty if there was nothing to rewrite
     * @param dropped rows that had given way to later ones and are not in the compaction
     */
    public record Outcome(Optional<RunRecord> record, long dropped) {}

    /**
     * Rewrites what there is to rewrite; completes a compaction that broke.
     *
     * @throws TableException if the table has no committed runs, or this attempt may not commit
     */
    public Outcome rewrite(RunRecord.Software versions) throws IOException {
        ParquetRuns table = ParquetRuns.at(spark, uri);
        SortedMap<String, RunRecord> live = table.finished();
        if (live.isEmpty()) {
            throw TableException.refused(
                    "%s: has no committed runs to compact; infer --run-id or --incremental writes such tables", uri);
        }
        if (table.compacted().id().isPresent()) { // the one that wrote it may have died before it was done
            clean(table, table.compacted().id().get());
        }
        if (live.size() == 1) {
            return new Outcome(Optional.empty(), 0);
        }
        Set<String> committed = new HashSet<>(live.keySet());
        committed.addAll(table.compacted().runs());
        String id = CompactedRuns.next(committed);
        StagedRun staged = StagedRun.of(table.home(), id, configuration);
        Attempt attempt = Attempt.begin();
        staged.begin(attempt);
        reached.accept(Step.BEGUN);
        Outcome outcome;
        try {
            outcome = attempt(table, id, staged, attempt, versions);
        } catch (Exception e) { // Spark throws checked ones too, without declaring them
            Optional<RunRecord> settled = settle(table, id, attempt, e);
            if (settled.isEmpty()) {
                throw e;
            }
            outcome = new Outcome(settled, 0);
        }
        reached.accept(Step.COMMITTED);
        clean(table, id);
        reached.accept(Step.CLEANED);
        return outcome;
    }

    private Outcome attempt(
            ParquetRuns table, String id, StagedRun staged, Attempt attempt, RunRecord.Software versions)
            throws IOException {
        Instant started = Instant.now();
        SortedMap<String, RunRecord> live = table.finished();
        Optional<Dataset<Row>> rows = table.countedRows(); // what they lack would be lacking for good
        long expected = rows.map(Dataset::count).orElse(0L);
        reached.accept(Step.COMPUTED);
        requireToCommit(table, id, staged, attempt);
        reached.accept(Step.FOUND_LATEST);
        if (rows.isPresent()) {
            ParquetRows.writeInTwoTries(inFewFiles(rows.get()), table.attemptFolder(id, attempt.name()));
        }
        CompactedRuns.write(fileSystem(table), table.attemptFolder(id, attempt.name()), history(table));
        reached.accept(Step.WRITTEN);
        int files = LookAgain.untilItAddsUp(() -> requireRows(table, id, attempt, expected));
        reached.accept(Step.COUNTED);
        requireToCommit(table, id, staged, attempt);
        RunRecord newest = live.values().stream()
                .max((one, other) -> one.started().compareTo(other.started()))
                .orElseThrow();
        RunRecord record =
                RunRecord.ofCompaction(id, attempt, started, uri, newest, compacted(table), expected, files, versions);
        if (!table.create(id, record.toJson() + "\n")) {
            table.discard(id, attempt); // another attempt at it was first; its rows are the same
            return new Outcome(recordOf(table, id), 0);
        }
        long written = live.values().stream().mapToLong(RunRecord::written).sum();
        return new Outcome(Optional.of(record), written - expected);
    }

    /** Those that readers leave out from now on, as long as they have folders. */
    private static List<String> compacted(ParquetRuns table) {
        Set<String> runs = new TreeSet<>(table.begun());
        runs.retainAll(table.compacted().runs());
        runs.addAll(table.finished().keySet());
        return List.copyOf(runs);
    }

    /** The records of all runs whose rows the compaction holds, also of those whose folders are removed. */
    private static List<RunRecord> history(ParquetRuns table) throws IOException {
        Map<String, RunRecord> records = new TreeMap<>(table.history());
        table.finished().forEach((run, record) -> {
            if (!record.isCompaction()) {
                records.put(run, record);
            }
        });
        return List.copyOf(records.values());
    }

    private static Dataset<Row> inFewFiles(Dataset<Row> rows) {
        long bytes = rows.queryExecution().optimizedPlan().stats().sizeInBytes().longValue();
        return rows.drop(RunTable.RUN).coalesce((int) Math.min(1 << 20, bytes / BYTES_PER_FILE + 1));
    }

    private void requireToCommit(ParquetRuns table, String id, StagedRun staged, Attempt attempt) throws IOException {
        if (!staged.isLatest(attempt) && table.storedRecord(id).isEmpty()) {
            throw TableException.failed(
                    "%s: another process has begun the same compaction, '%s'; this one ends without committing",
                    uri, id);
        }
        if (!attempt.mayCommit()) {
            throw TableException.failed(
                    "%s: this compaction began more than %d days ago and may not commit any more; run it again",
                    uri, Attempt.MAY_COMMIT.toDays());
        }
    }

    /** {@return the files that hold them} */
    private int requireRows(ParquetRuns table, String id, Attempt attempt, long expected) throws IOException {
        Optional<Dataset<Row>> written = expected == 0 ? Optional.empty() : table.written(id, attempt);
        Optional<Row> counts = written.map(
                some -> some.agg(count(lit(1)), countDistinct("path")).first());
        long rows = counts.map(row -> row.getLong(0)).orElse(0L);
        long paths = counts.map(row -> row.getLong(1)).orElse(0L);
        if (rows != expected || paths != expected) {
            throw TableException.failed(
                    "%s: %d rows were to be compacted, %d rows of %d paths are there; nothing is committed: run it again",
                    uri, expected, rows, paths);
        }
        return written.map(some -> some.inputFiles().length).orElse(0);
    }

    /**
     * What an attempt comes to that failed: the answer to the request that stored its record may have been lost, or another
     * attempt has committed the same rows, and removed what this one had written.
     *
     * @return empty if the compaction is not committed
     */
    private static Optional<RunRecord> settle(ParquetRuns table, String id, Attempt attempt, Exception failure) {
        try {
            Optional<RunRecord> record = recordOf(table, id);
            if (!record.flatMap(RunRecord::attemptFolder).equals(Optional.of(attempt.name()))) {
                table.discard(id, attempt);
            }
            return record;
        } catch (IOException | RuntimeException e) {
            failure.addSuppressed(e); // what may be left is found by the next attempt
            return Optional.empty();
        }
    }

    private static Optional<RunRecord> recordOf(ParquetRuns table, String id) throws IOException {
        return table.storedRecord(id).map(json -> RunRecord.parse("the record of run '%s'".formatted(id), json));
    }

    /** It is committed whatever becomes of this: the next compaction tries it again. */
    private void clean(ParquetRuns table, String id) {
        try {
            StagedRun.of(table.home(), id, configuration).delete();
            table.clean(id, recordOf(table, id).orElseThrow());
        } catch (IOException | RuntimeException e) {
            LOG.warn("run {}: what its attempts have left is not all removed: {}", id, Messages.reason(e));
        }
    }

    /**
     * Removes runs whose rows a compaction holds that was committed so long ago that nobody still reads them.
     *
     * @param retain how long they stay
     * @return their ids
     */
    public List<String> removeOlderThan(Duration retain) throws IOException {
        ParquetRuns table = ParquetRuns.at(spark, uri);
        Instant latest = Instant.now().minus(retain);
        Set<String> old = new TreeSet<>();
        for (String run : table.begun()) {
            if (CompactedRuns.isId(run)) {
                recordOf(table, run)
                        .filter(compaction -> !Instant.parse(compaction.ended()).isAfter(latest))
                        .ifPresent(compaction -> old.addAll(compaction.compacts()));
            }
        }
        old.retainAll(table.compacted().runs()); // what no reader looks at, whatever an old record says
        old.retainAll(table.begun());
        List<String> removed = new ArrayList<>();
        for (String run : old) {
            if (fileSystem(table).delete(table.runFolder(run), true)) {
                removed.add(run);
            }
        }
        return removed;
    }

    private FileSystem fileSystem(ParquetRuns table) throws IOException {
        return table.home().getFileSystem(configuration);
    }
}
