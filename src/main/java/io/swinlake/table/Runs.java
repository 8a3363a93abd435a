package io.swinlake.table;

import io.swinlake.storage.Messages;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The runs of a table: {@link #complete} brings one to its end, however often it is called and whatever became of earlier
 * attempts. What an attempt does in which order, {@link Step} says.
 */
public final class Runs {
    private static final Logger LOG = LoggerFactory.getLogger(Runs.class);

    private final SparkSession spark;
    private final Configuration configuration;
    private final RunTable table;

    private Runs(SparkSession spark, RunTable table) {
        this.spark = spark;
        this.configuration = spark.sessionState().newHadoopConf();
        this.table = table;
    }

    /**
     * The runs of a table that need not exist yet.
     *
     * @param output a folder's URI; for Iceberg the table's name
     * @param records folder for the records of runs; empty for the table's own
     * @throws TableException if it cannot be written
     */
    public static Runs of(SparkSession spark, TableFormat format, String output, Optional<String> records) {
        return new Runs(spark, format.toWrite(spark, output, records));
    }

    /** Folders whose files are the table's own, and no images though they may lie in a lake. */
    public List<String> folders() {
        return table.folders().stream().map(Path::toString).toList();
    }

    /** Those of a lake's objects that a run would compute if it began now. */
    public RunObjects toCompute(RunRequest request, RunObjects objects) throws IOException {
        return request.incremental()
                ? table.rows()
                        .map(rows -> objects.without(rows, request.isResult()))
                        .orElse(objects)
                : objects;
    }

    /**
     * A run that is finished.
     *
     * @param json the record as it is stored
     * @param before whether it was finished already
     */
    public record Finished(RunRecord record, String json, boolean before) {}

    /**
     * Does nothing if the run is finished, completes it if an earlier attempt has begun it, else does all of it.
     *
     * @param work asked for only if there is something to do: it lists a lake and opens a model
     * @throws TableException if the table or the run is another one than the request says, or the run cannot be completed
     */
    public Finished complete(RunRequest request, Supplier<? extends RunWork> work) throws IOException {
        Optional<Finished> before = finishedBefore(request);
        if (before.isPresent()) {
            return before.get();
        }
        Optional<String> other = table.otherRun(request.id());
        if (!request.incremental() && other.isPresent()) {
            throw TableException.refused(
                    "%s: has rows of run '%s' already; --incremental adds what is new or changed, another --output begins anew",
                    request.output(), other.get());
        }
        RunWork computing = work.get();
        requireSameModel(request, computing.model());
        table.create(computing.schema());

        StagedRun staged = StagedRun.of(table.home(), request.id(), configuration);
        RunRequest.Options asked = withModel(request.options(), computing.model());
        requireSameRun(request.id(), asked, staged.ask(asked.values()));
        Attempt attempt = Attempt.begin();
        staged.begin(attempt);
        computing.reached(Step.BEGUN);

        Finished finished;
        try {
            finished = attempt(request, computing, staged, attempt);
        } catch (Exception e) { // Spark throws checked ones too, without declaring them
            Optional<Finished> settled = settle(request, attempt, e);
            if (settled.isEmpty()) {
                throw e;
            }
            finished = settled.get();
        }
        if (!finished.before()) {
            computing.reached(Step.COMMITTED);
            clean(request.id());
            computing.reached(Step.CLEANED);
        }
        return finished;
    }

    /**
     * What an attempt comes to that failed: its record may be there nevertheless, if the answer to the request that stored it
     * was lost, or that of another attempt, which has removed what this one was reading.
     *
     * @return empty if the run is not finished
     */
    private Optional<Finished> settle(RunRequest request, Attempt attempt, Exception failure) {
        try {
            Optional<String> json = table.record(request.id());
            if (json.isPresent() && isOf(attempt, request.id(), json.get())) {
                return Optional.of(new Finished(
                        recordOf(request.id(), json.get()), json.get().strip(), false));
            }
            table.discard(request.id(), attempt);
            return finishedBefore(request);
        } catch (IOException | RuntimeException e) {
            failure.addSuppressed(e); // what may be left is found by the next attempt
            return Optional.empty();
        }
    }

    private static boolean isOf(Attempt attempt, String run, String json) {
        return recordOf(run, json).attemptFolder().equals(Optional.of(attempt.name()));
    }

    private static RunRecord recordOf(String run, String json) {
        return RunRecord.parse("the record of run '%s'".formatted(run), json);
    }

    /** From {@link Step#BEGUN} up to {@link Step#COMMITTED}. */
    private Finished attempt(RunRequest request, RunWork computing, StagedRun staged, Attempt attempt)
            throws IOException {
        RunAttempt running = new RunAttempt(spark, table, staged, attempt, request, computing);
        running.compute();
        computing.reached(Step.COMPUTED);
        if (!staged.isLatest(attempt)) {
            return finishedBefore(request)
                    .orElseThrow(() -> TableException.failed(
                            "run '%s': another process has begun to complete it; this one ends without committing",
                            request.id()));
        }
        computing.reached(Step.FOUND_LATEST);
        requireRecent(request, attempt);
        requireSameModel(request, computing.model()); // again: other runs may have begun a table that was empty
        RunRecord record = running.write();
        requireRecent(request, attempt);
        if (table.commit(request.id(), record.toJson() + "\n")) {
            return new Finished(record, record.toJson(), false);
        }
        String json = table.record(request.id()).orElseThrow();
        if (isOf(attempt, request.id(), json)) { // a store that made the file and said that it was there before
            return new Finished(record, record.toJson(), false);
        }
        table.discard(request.id(), attempt);
        return finishedBefore(request).orElseThrow();
    }

    /** Others may soon remove what so old an attempt has left. */
    private static void requireRecent(RunRequest request, Attempt attempt) {
        if (!attempt.mayCommit()) {
            throw TableException.failed(
                    "run '%s': this attempt began more than %d days ago and may not commit any more; run it again, what it"
                            + " has computed is kept",
                    request.id(), Attempt.MAY_COMMIT.toDays());
        }
    }

    /** The record of a run that is finished, after removing what its attempts have left. */
    private Optional<Finished> finishedBefore(RunRequest request) throws IOException {
        Optional<String> json = table.record(request.id());
        if (json.isEmpty()) {
            return Optional.empty();
        }
        RunRecord record = recordOf(request.id(), json.get());
        requireSameRun(request.id(), request.options(), record.options());
        clean(request.id());
        return Optional.of(new Finished(record, json.get().strip(), true));
    }

    /** The run is committed whatever becomes of this: the next command tries it again. */
    private void clean(String run) {
        try {
            RunRecord committed = recordOf(run, table.record(run).orElseThrow());
            StagedRun.of(table.home(), run, configuration).delete();
            table.clean(run, committed);
        } catch (IOException | RuntimeException e) {
            LOG.warn("run {}: what its attempts have left is not all removed: {}", run, Messages.reason(e));
        }
    }

    /** What a URI holds may change between attempts. */
    private static RunRequest.Options withModel(RunRequest.Options options, RunRecord.Model model) {
        SortedMap<String, String> values = new TreeMap<>(options.values());
        Map<String, String> defaults = new HashMap<>(options.defaults());
        values.put("model sha256", model.sha256());
        values.put("model digest", model.digest());
        defaults.put("model digest", model.digest()); // an attempt of a release that had none
        return new RunRequest.Options(values, defaults, options.ofRows());
    }

    private static void requireSameRun(String run, RunRequest.Options options, Map<String, String> before) {
        options.difference(before).ifPresent(difference -> {
            throw TableException.refused(
                    "run '%s' was begun with other options, %s; repeat them, or choose another --run-id",
                    run, difference);
        });
    }

    /** Embeddings of different models do not compare, so a table has one model. */
    private void requireSameModel(RunRequest request, RunRecord.Model model) throws IOException {
        for (Map.Entry<String, RunRecord> run : table.finished().entrySet()) {
            RunRecord.Model before = run.getValue().model();
            Map<String, String> theirs = facts(before);
            facts(model).forEach((fact, ours) -> {
                if (theirs.containsKey(fact) && !theirs.get(fact).equals(ours)) {
                    throw TableException.refused(
                            "%s: holds rows of model %s (%s %s), this one's %s is %s; one table has one model, so choose"
                                    + " another --output",
                            request.output(), before.name(), fact, theirs.get(fact), fact, ours);
                }
            });
            request.options().differenceOfRows(run.getValue().options()).ifPresent(difference -> {
                throw TableException.refused(
                        "%s: its rows were made with other options, run '%s' with %s; repeat them, or choose another --output",
                        request.output(), run.getKey(), difference);
            });
        }
        SameModel.Facts ours = new SameModel.Facts(model.sha256(), model.recipe(), model.precision(), model.digest());
        for (SameModel.Facts theirs : table.models()) {
            if (!theirs.isSame(ours)) {
                throw TableException.refused(
                        "%s: holds rows of model %s, this one is %s; one table has one model, so choose another --output",
                        request.output(), theirs.differenceFrom(ours), ours.differenceFrom(theirs));
            }
        }
    }

    /** Those that a record has, by their names there. */
    private static Map<String, String> facts(RunRecord.Model model) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("sha256", model.sha256());
        facts.put("recipe", model.recipe());
        facts.put("input_size", model.inputSize());
        facts.put("precision", model.precision());
        facts.put("digest", model.digest());
        facts.values().removeIf(Objects::isNull);
        return facts;
    }
}
