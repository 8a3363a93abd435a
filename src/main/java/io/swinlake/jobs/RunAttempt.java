package io.swinlake.jobs;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat_ws;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.countDistinct;
import static org.apache.spark.sql.functions.lit;

import io.swinlake.spark.ImageLake;
import io.swinlake.spark.SwinInference;
import io.swinlake.spark.SwinlakeTable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * One attempt at a run: computes in parts what neither the table nor an earlier attempt has, then puts all rows of the run
 * into the table. What it computes twice, should it die, are the parts that were being written.
 */
final class RunAttempt {
    /** The next part's tasks take the cores that the last tasks of a part leave idle. */
    private static final int PARTS_AT_ONCE = 2;

    private final SparkSession spark;
    private final ResultTable table;
    private final StagedRun staged;
    private final String run;

    /** All objects, those whose rows this run has to have, and those of them that are still to be computed. */
    private final ImageLake lake;

    private final ImageLake wanted;
    private final ImageLake missing;
    private final List<Path> done;
    private final List<Path> computed = new ArrayList<>();

    private RunAttempt(
            SparkSession spark,
            ResultTable table,
            StagedRun staged,
            String run,
            ImageLake lake,
            ImageLake wanted,
            List<Path> done) {
        this.spark = spark;
        this.table = table;
        this.staged = staged;
        this.run = run;
        this.lake = lake;
        this.wanted = wanted;
        this.done = done;
        this.missing = done.isEmpty() ? wanted : wanted.without(read(done));
    }

    /** A run over all objects. */
    static RunAttempt onAll(SparkSession spark, ResultTable table, StagedRun staged, String run, ImageLake lake)
            throws IOException {
        return new RunAttempt(spark, table, staged, run, lake, lake, staged.done());
    }

    /**
     * A run over the objects that the table has no row of, or one of another content. An object that could not be read
     * has its row, but is tried again.
     */
    static RunAttempt onChanges(SparkSession spark, ResultTable table, StagedRun staged, String run, ImageLake lake)
            throws IOException {
        ImageLake changed = table.rowsOfOthers(run)
                .map(rows -> lake.without(rows.where("error IS NULL OR error.stage <> 'read'")))
                .orElse(lake);
        return new RunAttempt(spark, table, staged, run, lake, changed, staged.done());
    }

    private Dataset<Row> read(List<Path> parts) {
        return spark.read().parquet(parts.stream().map(Path::toString).toArray(String[]::new));
    }

    /** Objects that are still to be computed. */
    int missing() {
        return missing.size();
    }

    /** How far the run is, for a person. */
    @Override
    public String toString() {
        return "run %s: %s objects of %s bytes; %s unchanged, %s done by an earlier attempt, %s to compute"
                .formatted(
                        run,
                        lake.size(),
                        lake.bytes(),
                        lake.size() - wanted.size(),
                        wanted.size() - missing.size(),
                        missing.size());
    }

    /**
     * Computes what is missing; each part stays when it is done.
     *
     * @param partSize objects of a part
     */
    void compute(SwinInference inference, int partSize) {
        ExecutorService writers = Executors.newFixedThreadPool(PARTS_AT_ONCE);
        try {
            List<Future<?>> parts = new ArrayList<>();
            for (ImageLake part : missing.inPartsOf(partSize)) {
                Path folder = staged.part(computed.size());
                computed.add(folder);
                parts.add(writers.submit(() -> {
                    spark.sparkContext().setJobGroup(run, "part " + folder.getName(), true);
                    EmbeddingFiles.write(inference.computation().apply(part.toDataset(spark)), folder);
                }));
            }
            for (Future<?> part : parts) {
                part.get();
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } finally {
            writers.shutdownNow();
            spark.sparkContext().cancelJobGroup(run); // the other part, if one has failed
        }
    }

    /**
     * What a run has put into the table.
     *
     * @param failedBy images with an error, by {@code stage/code}
     * @param replaced rows of earlier runs that gave way to rows of this one
     */
    record Published(
            long listed,
            long unchanged,
            long resumed,
            long written,
            long skipped,
            long replaced,
            SortedMap<String, Long> failedBy) {}

    /**
     * Puts the rows of all parts into the table.
     *
     * @param skipInvalid whether images with an error get no row
     * @throws JobException if the table then has not exactly one row of this run for each object
     */
    Published publish(boolean skipInvalid) throws IOException {
        Optional<Dataset<Row>> all = rows();
        SortedMap<String, Long> outcomes = all.map(RunAttempt::outcomes).orElseGet(TreeMap::new);
        long rows = outcomes.values().stream().mapToLong(Long::longValue).sum();
        SortedMap<String, Long> failedBy = new TreeMap<>(outcomes);
        failedBy.remove("");
        long skipped = skipInvalid
                ? failedBy.values().stream().mapToLong(Long::longValue).sum()
                : 0;
        if (rows != wanted.size()) {
            throw JobException.failed(
                    "run %s: %d objects, but %d rows computed; nothing is committed", run, wanted.size(), rows);
        }

        Optional<Dataset<Row>> replaced = replaced();
        long replacedRows = replaced.map(Dataset::count).orElse(0L);
        staged.requireOurs(run);
        long expected = rows - skipped;
        table.publish(
                run,
                all.filter(some -> expected > 0).map(some -> skipInvalid ? some.where("error IS NULL") : some),
                replaced.filter(some -> replacedRows > 0));
        requireOneRowEach(expected);
        return new Published(
                lake.size(),
                lake.size() - wanted.size(),
                wanted.size() - missing.size(),
                expected,
                skipped,
                replacedRows,
                failedBy);
    }

    /** The rows of all parts; only those of objects as they are now, where an earlier attempt may have seen others. */
    private Optional<Dataset<Row>> rows() {
        List<Path> parts = new ArrayList<>(done);
        parts.addAll(computed);
        if (parts.isEmpty() || wanted.size() == 0) {
            return Optional.empty();
        }
        return Optional.of(done.isEmpty() ? read(parts) : wanted.rowsIn(read(parts)));
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

    /** {@code path, run} of the rows that others have of this run's objects; empty if there are no others. */
    private Optional<Dataset<Row>> replaced() throws IOException {
        if (wanted.size() == 0) {
            return Optional.empty();
        }
        Dataset<Row> paths = wanted.toDataset(spark).select("path");
        return table.rowsOfOthers(run).map(rows -> {
            Dataset<Row> others = rows.select("path", SwinlakeTable.RUN);
            return others.join(paths, others.col("path").equalTo(paths.col("path")), "left_semi");
        });
    }

    private void requireOneRowEach(long expected) throws IOException {
        Optional<Dataset<Row>> published = table.rowsOf(run);
        Row counts = published.isEmpty()
                ? null
                : published.get().agg(count(lit(1)), countDistinct("path")).first();
        long rows = counts == null ? 0 : counts.getLong(0);
        long paths = counts == null ? 0 : counts.getLong(1);
        if (rows != expected || paths != expected) {
            throw JobException.failed(
                    "run %s: %d rows were to be written, %d of %d paths are there; the run is not committed: run it again",
                    run, expected, rows, paths);
        }
    }
}
