package io.swinlake.table;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat_ws;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.countDistinct;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.row_number;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.expressions.Window;

/**
 * The rows of one attempt: computes in parts what neither the table nor an earlier attempt has, then writes all rows of the
 * run. What is computed twice, should it die, are the tasks that were at work.
 */
final class RunAttempt {
    /** The next part's tasks take the cores that the last tasks of a part leave idle. */
    private static final int PARTS_AT_ONCE = 2;

    /** Of so many objects one would give a result if it were not for the storage or the device. */
    private static final int SUSPICIOUS = 8;

    /** Of the part that a row was read from, while rows of several attempts are told apart. */
    private static final String PART = "_swinlake_part";

    private final SparkSession spark;
    private final RunTable table;
    private final StagedRun staged;
    private final Attempt attempt;
    private final RunRequest request;
    private final RunWork work;
    private final Instant started = Instant.now();

    /** Those of the lake's objects whose rows this run has to have, and those of them that are still to be computed. */
    private final RunObjects wanted;

    private final RunObjects missing;

    /** Parts of earlier attempts. */
    private final List<Path> earlier;

    private final long reused;
    private final List<Path> computed = new ArrayList<>();
    private final AtomicInteger nextPart = new AtomicInteger();

    RunAttempt(SparkSession spark, RunTable table, StagedRun staged, Attempt attempt, RunRequest request, RunWork work)
            throws IOException {
        this.spark = spark;
        this.table = table;
        this.staged = staged;
        this.attempt = attempt;
        this.request = request;
        this.work = work;
        RunObjects listed = request.incremental()
                ? others().map(rows -> work.objects().without(rows, request.isResult()))
                        .orElseGet(work::objects)
                : work.objects();
        this.wanted = listed.keptAt(spark, staged.plan(attempt, "wanted").toString(), request.imagesPerPart());
        this.earlier = staged.parts();
        RunObjects undone = earlier.isEmpty()
                ? wanted
                : wanted.without(parts(earlier), lit(true))
                        .keptAt(spark, staged.plan(attempt, "missing").toString(), request.imagesPerPart());
        Optional<Dataset<Row>> same = request.reuse()
                ? others().flatMap(rows -> SameContent.rows(spark, undone, rows, work.schema()))
                : Optional.empty();
        if (same.isPresent() && undone.size() > 0) {
            Path folder = staged.part(attempt, nextPart.getAndIncrement());
            computed.add(folder);
            ParquetRows.writePart(same.get(), folder);
            Dataset<Row> taken = parts(computed);
            this.reused = taken.count();
            this.missing = reused == 0
                    ? undone
                    : undone.without(taken, lit(true))
                            .keptAt(spark, staged.plan(attempt, "new").toString(), request.imagesPerPart());
        } else {
            this.reused = 0;
            this.missing = undone;
        }
    }

    private Dataset<Row> parts(List<Path> folders) {
        return ParquetRows.readParts(spark, work.schema(), folders);
    }

    /** The rows of the table that are not this run's: of a merged table, an attempt may have merged some. */
    private Optional<Dataset<Row>> others() throws IOException {
        return table.rows().map(rows -> rows.where(col(RunTable.RUN).notEqual(request.id())));
    }

    /** Computes what is missing; the rows of each task stay when it is done. */
    void compute() {
        work.begins(new RunWork.Plan(
                request.id(),
                work.objects().noun(),
                work.objects().size(),
                work.objects().bytes(),
                work.objects().size() - wanted.size(),
                wanted.size() - missing.size() - reused,
                reused,
                missing.size()));
        ExecutorService writers = Executors.newFixedThreadPool(PARTS_AT_ONCE);
        boolean isComplete = false;
        try {
            List<Future<Path>> parts = new ArrayList<>();
            for (Supplier<Dataset<Row>> part : missing.inPartsOf(spark, request.imagesPerPart())) {
                parts.add(writers.submit(() -> write(part)));
            }
            for (Future<Path> part : parts) {
                computed.add(part.get());
            }
            isComplete = true;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } finally {
            writers.shutdownNow();
            if (!isComplete) {
                spark.sparkContext().cancelJobGroup(attempt.name()); // the other part
            }
            work.ends();
        }
    }

    /**
     * Computes a part.
     *
     * @return folder of its rows
     */
    private Path write(Supplier<Dataset<Row>> part) throws IOException {
        Path folder = staged.part(attempt, nextPart.getAndIncrement());
        spark.sparkContext().setJobGroup(attempt.name(), "part " + folder.getName(), true);
        ParquetRows.writePart(work.compute(part.get()), folder);
        return folder;
    }

    /**
     * Writes the rows of all parts to the table, and counts them there.
     *
     * @return what will commit them
     * @throws TableException if there is not exactly one row for each object
     */
    RunRecord write() throws IOException {
        Computed found = LookAgain.untilItAddsUp(this::requireAll);
        Optional<Dataset<Row>> all = found.rows();
        SortedMap<String, Long> failedBy = new TreeMap<>(found.outcomes());
        long rows = sum(failedBy);
        failedBy.remove("");
        Optional<Dataset<Row>> others = others();
        if (rows >= SUSPICIOUS
                && others.map(Dataset::isEmpty).orElse(true)
                && request.triedAgain().containsAll(failedBy.keySet())
                && sum(failedBy) == rows) {
            throw TableException.failed(
                    "run %s: not one of %s objects gave a result, and all of the errors may pass: %s; nothing is committed:"
                            + " run it again when storage and devices are well",
                    request.id(), rows, failedBy);
        }
        long skipped = request.skipInvalid() ? sum(failedBy) : 0;
        long expected = rows - skipped;
        Optional<Dataset<Row>> replaced = others.flatMap(theirs -> all.map(ours -> replaced(ours, theirs)));
        long replacedRows = replaced.map(Dataset::count).orElse(0L);

        long unchanged = unchanged(others);
        table.write(request.id(), attempt, all, request.skipInvalid(), replaced.filter(some -> replacedRows > 0));
        work.reached(Step.WRITTEN);
        Optional<Dataset<Row>> written = LookAgain.untilItAddsUp(() -> requireOneRowEach(expected));
        work.reached(Step.COUNTED);
        return RunRecord.of(
                request,
                work,
                attempt.name(),
                started,
                new RunRecord.Counts(
                        unchanged + rows,
                        unchanged,
                        resumed(),
                        reused + work.reused(),
                        expected,
                        request.format() == TableFormat.PARQUET
                                ? Optional.of(written.map(some -> some.inputFiles().length)
                                        .orElse(0))
                                : Optional.empty(),
                        skipped,
                        replacedRows,
                        failedBy));
    }

    /**
     * What the parts hold.
     *
     * @param outcomes rows by {@code stage/code} of their error, those without one under the empty word
     */
    private record Computed(Optional<Dataset<Row>> rows, SortedMap<String, Long> outcomes) {}

    private Computed requireAll() {
        Optional<Dataset<Row>> rows = rows();
        Computed computed = new Computed(rows, rows.map(RunAttempt::outcomes).orElseGet(TreeMap::new));
        requireAll(rows, sum(computed.outcomes()));
        return computed;
    }

    private void requireAll(Optional<Dataset<Row>> all, long rows) {
        if (wanted.isOneRowEach()) {
            if (rows != wanted.size()) {
                throw TableException.failed(
                        "run %s: %d %s, but %d rows computed; nothing is committed: run it again, which takes over what is there",
                        request.id(), wanted.size(), wanted.noun(), rows);
            }
            return;
        }
        long without = all.map(some -> wanted.without(some, lit(true)).size()).orElseGet(wanted::size);
        if (without > 0) {
            throw TableException.failed(
                    "run %s: %d of %d %s have no row; nothing is committed: run it again, which takes over what is there",
                    request.id(), without, wanted.size(), wanted.noun());
        }
    }

    /** Rows that the table has already of what was listed and is not computed. */
    private long unchanged(Optional<Dataset<Row>> others) {
        RunObjects listed = work.objects();
        if (listed.isOneRowEach() || listed.size() == wanted.size()) {
            return listed.size() - wanted.size();
        }
        return others.map(rows ->
                        listed.rowsIn(rows).count() - wanted.rowsIn(rows).count())
                .orElse(0L);
    }

    private long resumed() {
        if (wanted.isOneRowEach() || wanted.size() == missing.size()) {
            return wanted.size() - missing.size() - reused;
        }
        return wanted.rowsIn(parts(earlier)).select("path").distinct().count();
    }

    private static long sum(SortedMap<String, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    /** The rows of all parts; only those of objects as they are now, where an earlier attempt may have seen others. */
    private Optional<Dataset<Row>> rows() {
        List<Path> parts = new ArrayList<>(earlier);
        parts.addAll(computed);
        if (parts.isEmpty() || wanted.size() == 0) {
            return Optional.empty();
        }
        if (earlier.isEmpty()) {
            return Optional.of(parts(parts));
        }
        Dataset<Row> rows = wanted.rowsIn(parts(parts));
        if (rows.agg(count(lit(1)).equalTo(countDistinct("path"))).first().getBoolean(0)) {
            return Optional.of(rows);
        }
        return Optional.of(oneForEach(wanted.rowsIn(parts(parts).withColumn(PART, col("_metadata.file_path")))));
    }

    /**
     * Attempts that lived at once may have computed an object twice. A row that is no error comes first, then the part's name
     * decides, so that whoever counts and whoever writes mean the same row.
     */
    private static Dataset<Row> oneForEach(Dataset<Row> rows) {
        String place = PART + "_place";
        return rows.withColumn(
                        place,
                        row_number()
                                .over(Window.partitionBy("path")
                                        .orderBy(col("error").isNotNull(), col(PART))))
                .where(col(place).equalTo(1))
                .drop(place, PART);
    }

    /** Rows by {@code stage/code} of their error, those without one under the empty word. */
    private static SortedMap<String, Long> outcomes(Dataset<Row> rows) {
        SortedMap<String, Long> outcomes = new TreeMap<>();
        for (Row row : rows.groupBy(concat_ws("/", col("error.stage"), col("error.code")))
                .agg(count(lit(1)))
                .collectAsList()) {
            outcomes.put(row.getString(0), row.getLong(1));
        }
        return outcomes;
    }

    /** {@code path, run} of the rows that others have of this run's paths. */
    private static Dataset<Row> replaced(Dataset<Row> ours, Dataset<Row> others) {
        Dataset<Row> paths = ours.select("path");
        Dataset<Row> rows = others.select("path", RunTable.RUN);
        return rows.join(paths, rows.col("path").equalTo(paths.col("path")), "left_semi");
    }

    private Optional<Dataset<Row>> requireOneRowEach(long expected) throws IOException {
        Optional<Dataset<Row>> written = table.written(request.id(), attempt);
        Row counts = written.isEmpty()
                ? null
                : written.get().agg(count(lit(1)), countDistinct("path")).first();
        long rows = counts == null ? 0 : counts.getLong(0);
        long paths = counts == null ? 0 : counts.getLong(1);
        if (rows != expected || paths != expected) {
            throw TableException.failed(
                    "run %s: %d rows were to be written, %d of %d paths are there; the run is not committed: run it again",
                    request.id(), expected, rows, paths);
        }
        return written;
    }
}
