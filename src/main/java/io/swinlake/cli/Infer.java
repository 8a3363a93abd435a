package io.swinlake.cli;

import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.cli.command.CommandException;
import io.swinlake.cli.command.Exit;
import io.swinlake.cli.command.Outputs;
import io.swinlake.cli.command.Progress;
import io.swinlake.cli.command.Sessions;
import io.swinlake.cli.command.Versions;
import io.swinlake.image.ErrorCode;
import io.swinlake.runtime.device.PrecisionChoice;
import io.swinlake.runtime.device.UnusableDeviceException;
import io.swinlake.spark.SwinInference;
import io.swinlake.spark.inference.InvalidRows;
import io.swinlake.swin.ImageSize;
import io.swinlake.table.OneTable;
import io.swinlake.table.RunObjects;
import io.swinlake.table.RunRecord;
import io.swinlake.table.RunRequest;
import io.swinlake.table.RunWork;
import io.swinlake.table.Runs;
import io.swinlake.table.TableFormat;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * The main job: a checkpoint and a lake of images in, a Parquet table out. Every listed object is one row; an image that
 * cannot be used is a row with its error. All rows are written before the error budget is looked at.
 */
@Command(
        name = "infer",
        description = "Writes predictions and embeddings of all images below some folders to a table.",
        sortOptions = false,
        mixinStandardHelpOptions = true)
final class Infer implements Callable<Integer> {
    /** Minutes on a CPU: what a broken run may lose, against parts that are not too small for all cores. */
    private static final int IMAGES_PER_CORE_AND_CHECKPOINT = 4096;

    @Spec
    private CommandSpec spec;

    @Mixin
    private InferArguments asked;

    @Override
    public Integer call() throws IOException {
        asked.check(spec);
        if (asked.format != TableFormat.PARQUET) {
            asked.format.requireJar("--format " + asked.format.word());
        }
        SparkSession spark = Sessions.open("infer");
        decidePrecision(spark);
        if (asked.estimate.isPresent()) {
            estimate(spark, asked.estimate.get());
            return Exit.GOOD.code();
        }
        Runs.Finished run;
        if (asked.isRun()) {
            Runs table = Runs.of(spark, asked.format, asked.output, asked.runs);
            run = table.complete(request(), () -> new Work(spark, table.folders()));
        } else {
            Outputs.requireNew(asked.output, spark.sessionState().newHadoopConf());
            run = OneTable.write(spark, request(), new Work(spark, List.of(asked.output)));
        }
        if (run.before()) {
            spec.commandLine()
                    .getErr()
                    .printf(
                            "run %s was already done, at %s: nothing to do%n",
                            run.record().runId(), run.record().ended());
        }
        spec.commandLine().getOut().println(run.json());
        return exitCode(run.record());
    }

    private void decidePrecision(SparkSession spark) {
        PrecisionChoice choice = asked.on.precision;
        try {
            asked.on.decide(spark);
        } catch (UnusableDeviceException e) {
            throw CommandException.preflight(e);
        }
        if (choice != asked.on.precision) {
            spec.commandLine().getErr().printf("precision %s is %s here%n", choice, asked.on.precision);
        }
    }

    /** Reads what is there, and writes nothing. */
    private void estimate(SparkSession spark, int sample) throws IOException {
        RunObjects objects;
        InferSource source;
        if (asked.isRun()) {
            Runs table = Runs.of(spark, asked.format, asked.output, asked.runs);
            source = InferSource.of(spark, asked, table.folders());
            objects = table.toCompute(request(), source.objects());
        } else {
            source = InferSource.of(spark, asked, List.of(asked.output));
            objects = source.objects();
        }
        if (!objects.isOneRowEach()) {
            throw CommandException.preflight(
                    "%s: --estimate samples images, and how many a shard holds only reading it tells: run one shard, its record"
                            + " has the same figures",
                    String.join(" ", asked.inputs));
        }
        new Estimate(spark, objects, prepare(source, spark), asked.isRun())
                .print(
                        sample,
                        asked.output,
                        spec.commandLine().getOut(),
                        spec.commandLine().getErr());
    }

    private RunRequest request() {
        return new RunRequest(
                asked.runId.orElseGet(() -> RunId.at(Instant.now())).text(),
                asked.incremental,
                asked.reuse && asked.incremental,
                asked.handleInvalid == InvalidRows.SKIP,
                asked.checkpointEvery.orElseGet(() ->
                        SparkSession.active().sparkContext().defaultParallelism() * IMAGES_PER_CORE_AND_CHECKPOINT),
                Set.copyOf(ErrorCode.triedAgain()),
                InferOptions.of(spec),
                asked.inputs,
                asked.glob,
                asked.output,
                asked.format,
                asked.maxErrorRate,
                new RunRecord.Software(Versions.swinlake(), Versions.spark(), Versions.java()));
    }

    /** The lake's images by the model. */
    private final class Work implements RunWork {
        private final InferSource source;
        private final SwinInference inference;
        private Optional<Progress> progress = Optional.empty();

        /**
         * Lists the lake and opens the model.
         *
         * @param leftOut folders whose files are no images
         */
        Work(SparkSession spark, List<String> leftOut) {
            source = InferSource.of(spark, asked, leftOut);
            inference = prepare(source, spark);
        }

        @Override
        public RunObjects objects() {
            return source.objects();
        }

        @Override
        public RunRecord.Model model() {
            SwinInference.Model facts = inference.model();
            return new RunRecord.Model(
                    asked.model.model,
                    facts.name(),
                    facts.sha256(),
                    facts.digest(),
                    facts.recipe().name(),
                    new ImageSize(facts.recipe().cropHeight(), facts.recipe().cropWidth()).toString(),
                    asked.on.precision.word(),
                    facts.classes(),
                    facts.embeddingSize(),
                    facts.assumptions());
        }

        @Override
        public StructType schema() {
            return withoutImages(inference.rows()).schema();
        }

        @Override
        public Dataset<Row> compute(Dataset<Row> objects) {
            return withoutImages(inference.computation().apply(objects));
        }

        /** Where they came along, rather than their path. */
        private Dataset<Row> withoutImages(Dataset<Row> rows) {
            return source.column().equals(InferSource.PATH) ? rows : rows.drop(source.column());
        }

        @Override
        public SortedMap<String, Long> devices() {
            return inference.devices().value();
        }

        @Override
        public SortedMap<String, Long> outcomes() {
            return inference.outcomes().value();
        }

        @Override
        public long reused() {
            return inference.reused().total();
        }

        @Override
        public Optional<RunRecord.Throughput> throughput() {
            return StageRates.of(
                    SparkSession.active(),
                    inference.times().value(),
                    inference.outcomes().total());
        }

        @Override
        public void begins(RunWork.Plan plan) {
            PrintWriter err = spec.commandLine().getErr();
            err.printf(
                    "%s; model %s%n",
                    asked.isRun()
                            ? plan
                            : "%s: %s %s of %s bytes in all"
                                    .formatted(
                                            String.join(" ", asked.inputs), plan.objects(), plan.noun(), plan.bytes()),
                    inference.model().name());
            progress = Optional.of(
                    Progress.start(err, inference.outcomes(), source.objects().isOneRowEach() ? plan.missing() : 0));
        }

        @Override
        public void ends() {
            progress.ifPresent(Progress::stop);
        }
    }

    /** A run that was done before is judged by today's budget. */
    private int exitCode(RunRecord run) {
        if (run.errorRate() <= asked.maxErrorRate) {
            return Exit.GOOD.code();
        }
        spec.commandLine()
                .getErr()
                .printf(
                        Locale.ROOT,
                        "%s: all rows are written, but %d of %d images failed, more than --max-error-rate %s allows:"
                                + " %s%n",
                        spec.qualifiedName(),
                        run.failed(),
                        run.listed() - run.unchanged(),
                        asked.maxErrorRate,
                        run.failedBy());
        return Exit.OVER_ERROR_BUDGET.code();
    }

    private SwinInference prepare(InferSource source, SparkSession spark) {
        try {
            return asked.transformer(source).prepare(source.objects().toDataset(spark));
        } catch (CheckpointException | UnusableDeviceException e) {
            throw CommandException.preflight(e);
        }
    }
}
