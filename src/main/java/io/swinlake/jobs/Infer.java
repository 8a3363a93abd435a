package io.swinlake.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.image.DecodeOptions;
import io.swinlake.runtime.Precision;
import io.swinlake.spark.Failures;
import io.swinlake.spark.ImageLake;
import io.swinlake.spark.OutcomeCounts;
import io.swinlake.spark.SwinInference;
import io.swinlake.spark.SwinTransformer;
import io.swinlake.spark.UnusableDeviceException;
import io.swinlake.swin.ImageSize;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/**
 * The main job: a checkpoint and a lake of images in, a Parquet table out. Every listed object is one row; an image that
 * cannot be used is a row with its error. All rows are written before the error budget is looked at.
 */
@Command(
        name = "infer",
        description = "Writes predictions and embeddings of all images below some folders as Parquet.",
        sortOptions = false,
        mixinStandardHelpOptions = true)
final class Infer implements Callable<Integer> {
    /** Minutes on a CPU: what a broken run may lose, against parts that are not too small for all cores. */
    private static final int IMAGES_PER_CORE_AND_CHECKPOINT = 4096;

    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelArguments model;

    @Option(
            names = "--input",
            required = true,
            paramLabel = "URI",
            description = "Folder (searched recursively) or object; repeat it for several.")
    private List<String> inputs;

    @Option(
            names = "--output",
            required = true,
            paramLabel = "URI",
            description =
                    "Folder to write; must not exist, unless it holds runs. With --format iceberg: the table's name.")
    private String output;

    @Option(
            names = "--format",
            defaultValue = "parquet",
            description =
                    "${COMPLETION-CANDIDATES}; the latter two need their jar (--packages). Default: ${DEFAULT-VALUE}.")
    private TableFormat format;

    @Option(
            names = "--run-id",
            paramLabel = "ID",
            converter = RunId.Converter.class,
            description =
                    "Name of this run, such as a date. Again with the same name and options, a finished run does nothing"
                            + " and a broken one is completed. Writes to OUTPUT/run=ID.")
    private Optional<RunId> runId = Optional.empty();

    @Option(
            names = "--incremental",
            description = "Only objects that are new or changed since the runs that the output holds.")
    private boolean incremental;

    @Option(
            names = "--checkpoint-every",
            paramLabel = "N",
            description =
                    "With --run-id: images after which finished work is kept for a rerun. Default: 4096 for each core.")
    private Optional<Integer> checkpointEvery = Optional.empty();

    @Option(
            names = "--glob",
            paramLabel = "PATTERN",
            defaultValue = "*",
            description = "Only objects whose name matches, such as '*.{jpg,png}'. Default: ${DEFAULT-VALUE}.")
    private String glob;

    @Option(names = "--limit", paramLabel = "N", description = "Only the first N objects by path.")
    private Optional<Integer> limit = Optional.empty();

    @Option(names = "--top-k", defaultValue = "5", description = "Classes per image. Default: ${DEFAULT-VALUE}.")
    private int topK;

    @Option(
            names = "--batch-size",
            defaultValue = "auto",
            converter = BatchSizeConverter.class,
            paramLabel = "auto|N",
            description = "Images per forward. Default: as the device likes.")
    private int batchSize;

    @Mixin
    private DeviceArguments on;

    @Option(
            names = "--handle-invalid",
            defaultValue = "keep",
            description =
                    "What an unusable image becomes: ${COMPLETION-CANDIDATES} (a row with its error, no row, a failed"
                            + " job). Without a row, --incremental tries it again in every run. Default: ${DEFAULT-VALUE}.")
    private HandleInvalid handleInvalid;

    @Option(
            names = "--max-error-rate",
            defaultValue = "0.05",
            paramLabel = "RATE",
            description = "Exit with 3 if a larger part of the images failed. Default: ${DEFAULT-VALUE}.")
    private double maxErrorRate;

    @Option(
            names = "--orientation",
            defaultValue = "ignore",
            description = "EXIF orientation: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private ExifOrientation orientation;

    @Option(
            names = "--max-pixels",
            paramLabel = "N",
            description =
                    "Images whose header announces more are error rows, not decoded. Default: 178956970, as Pillow.")
    private long maxPixels = DecodeOptions.defaults().maxPixels();

    @Option(names = "--normalize", description = "Divide every embedding by its Euclidean length.")
    private boolean normalize;

    @Option(
            names = "--embedding-stages",
            split = ",",
            paramLabel = "N",
            description =
                    "Stages, from 1, whose mean over tokens becomes a column embedding_stageN besides the embedding.")
    private int[] embeddingStages = {};

    private enum HandleInvalid {
        KEEP,
        SKIP,
        ERROR
    }

    private enum ExifOrientation {
        IGNORE,
        APPLY
    }

    @Override
    public Integer call() throws IOException {
        checkRanges();
        format.requireJar();
        SparkSession spark = Sessions.open("infer", format);
        return runId.isPresent() || incremental || format != TableFormat.PARQUET ? run(spark) : oneTable(spark);
    }

    /** All rows straight into a new folder. */
    private int oneTable(SparkSession spark) throws IOException {
        PrintWriter err = spec.commandLine().getErr();
        Configuration configuration = spark.sessionState().newHadoopConf();
        Outputs.requireNew(output, configuration);
        ImageLake lake = list(spark);
        SwinInference inference = prepare(lake.toDataset(spark), handleInvalid);
        err.printf(
                Locale.ROOT,
                "%s: %d objects of %d bytes in all; model %s%n",
                String.join(" ", inputs),
                lake.size(),
                lake.bytes(),
                inference.model().name());

        Instant started = Instant.now();
        Progress progress = Progress.start(err, inference.outcomes(), lake.size());
        try {
            EmbeddingFiles.write(inference.rows(), new Path(output));
        } finally {
            progress.stop();
        }
        Instant ended = Instant.now();

        RunSummary summary = summary(
                RunId.at(started).text(), countOneTable(spark, lake, inference), lake, inference, started, ended);
        String line = Json.line(summary);
        StagedRun.writeAtOnce(configuration, new Path(output, RunSummary.FILE_NAME), line + "\n");
        spec.commandLine().getOut().println(line);
        return exitCode(Json.read(line));
    }

    /** A run with a name: finished before, completed, or new. */
    private int run(SparkSession spark) throws IOException {
        PrintWriter err = spec.commandLine().getErr();
        String id = runId.orElseGet(() -> RunId.at(Instant.now())).text();
        SortedMap<String, String> options = RunOptions.of(spec);
        ResultTable table = table(spark);
        Optional<String> before = table.record(id);
        if (before.isPresent()) {
            JsonNode record = Json.read(before.get());
            requireSameRun(id, Json.texts(record.get("options")), options);
            err.printf(
                    "run %s was already done, at %s: nothing to do%n",
                    id, record.get("ended").asText());
            spec.commandLine().getOut().println(before.get().strip());
            return exitCode(record);
        }
        if (!incremental && table.anyFinished().isPresent()) {
            throw JobException.preflight(
                    "%s: has rows of run '%s' already; --incremental adds what is new or changed, another --output begins anew",
                    output, table.anyFinished().get().id());
        }

        ImageLake lake = list(spark);
        // Invalid images are kept while the run is going on, so that a rerun knows that they are done.
        SwinInference inference = prepare(
                lake.toDataset(spark), handleInvalid == HandleInvalid.SKIP ? HandleInvalid.KEEP : handleInvalid);
        RunSummary.Model facts = model(inference.model());
        SortedMap<String, String> request = new TreeMap<>(options);
        request.put("model sha256", facts.sha256()); // what a URI holds may change between attempts
        Optional<ResultTable.FinishedRun> other = table.anyFinished();
        if (other.isPresent()) {
            requireSameModel(other.get(), facts, options);
        }
        table.create(inference.rows().schema());
        StagedRun staged = StagedRun.of(table.home(), id, spark.sessionState().newHadoopConf());
        Optional<String> begun = staged.request();
        if (begun.isPresent()) {
            requireSameRun(id, Json.texts(Json.read(begun.get())), request);
        }
        staged.begin(Json.line(request));

        RunAttempt attempt = incremental
                ? RunAttempt.onChanges(spark, table, staged, id, lake)
                : RunAttempt.onAll(spark, table, staged, id, lake);
        err.printf("%s; model %s%n", attempt, facts.name());
        Instant started = Instant.now();
        Progress progress = Progress.start(err, inference.outcomes(), attempt.missing());
        try {
            attempt.compute(
                    inference,
                    checkpointEvery.orElse(spark.sparkContext().defaultParallelism() * IMAGES_PER_CORE_AND_CHECKPOINT));
        } finally {
            progress.stop();
        }
        RunAttempt.Published published = attempt.publish(handleInvalid == HandleInvalid.SKIP);
        RunSummary summary = summary(id, published, lake, inference, started, Instant.now());
        String line = Json.line(summary);
        table.finish(id, line + "\n");
        staged.delete();
        spec.commandLine().getOut().println(line);
        return exitCode(Json.read(line));
    }

    private ResultTable table(SparkSession spark) {
        try {
            return format.table(spark, output);
        } catch (IOException | IllegalArgumentException e) {
            throw JobException.preflight("%s: cannot be written: %s", output, Failures.reason(e));
        }
    }

    private static void requireSameRun(String id, SortedMap<String, String> before, SortedMap<String, String> now) {
        RunOptions.difference(before, now).ifPresent(difference -> {
            throw JobException.preflight(
                    "run '%s' was begun with other options, %s; repeat them, or choose another --run-id",
                    id, difference);
        });
    }

    /** Embeddings of different models do not compare, so a table has one model. */
    private void requireSameModel(
            ResultTable.FinishedRun other, RunSummary.Model facts, SortedMap<String, String> options) {
        JsonNode record = Json.read(other.record());
        JsonNode before = record.get("model");
        JsonNode now = Json.read(Json.line(facts));
        for (String fact : List.of("sha256", "recipe", "input_size", "precision")) {
            if (!before.get(fact).equals(now.get(fact))) {
                throw JobException.preflight(
                        "%s: holds rows of model %s (%s %s), this one's %s is %s; one table has one model, so choose another"
                                + " --output",
                        output,
                        before.get("name").asText(),
                        fact,
                        before.get(fact).asText(),
                        fact,
                        now.get(fact).asText());
            }
        }
        RunOptions.differenceOfRows(Json.texts(record.get("options")), options).ifPresent(difference -> {
            throw JobException.preflight(
                    "%s: its rows were made with other options, run '%s' with %s; repeat them, or choose another --output",
                    output, other.id(), difference);
        });
    }

    /** A run that was done before is judged by today's budget. */
    private int exitCode(JsonNode summary) {
        if (summary.get("error_rate").asDouble() <= maxErrorRate) {
            return Exit.GOOD.code();
        }
        spec.commandLine()
                .getErr()
                .printf(
                        Locale.ROOT,
                        "%s: all rows are written, but %d of %d images failed, more than --max-error-rate %s allows: %s%n",
                        spec.qualifiedName(),
                        summary.get("failed").asLong(),
                        summary.get("listed").asLong()
                                - summary.get("unchanged").asLong(),
                        maxErrorRate,
                        Json.texts(summary.get("failed_by")));
        return Exit.OVER_ERROR_BUDGET.code();
    }

    private void checkRanges() {
        check(topK >= 1, "--top-k is at least 1, found %s", topK);
        check(
                checkpointEvery.isEmpty() || checkpointEvery.get() >= 1,
                "--checkpoint-every is at least 1, found %s",
                checkpointEvery.orElse(0));
        check(limit.isEmpty() || limit.get() >= 1, "--limit is at least 1, found %s", limit.orElse(0));
        check(
                on.device != DeviceArguments.Device.CPU || on.precision != Precision.FP16,
                "--precision %s is for GPUs: on a CPU use fp32, bf16 or int8",
                "fp16");
        check(
                maxPixels >= 1 && maxPixels <= DecodeOptions.MOST_PIXELS,
                "--max-pixels is from 1 to " + DecodeOptions.MOST_PIXELS + ", found %s",
                maxPixels);
        check(maxErrorRate >= 0 && maxErrorRate <= 1, "--max-error-rate is from 0 to 1, found %s", maxErrorRate);
    }

    private void check(boolean holds, String message, Object found) {
        if (!holds) {
            throw new ParameterException(spec.commandLine(), message.formatted(found));
        }
    }

    private ImageLake list(SparkSession spark) {
        ImageLake lake;
        try {
            lake = ImageLake.list(spark, inputs, glob);
        } catch (IOException e) {
            throw JobException.preflight(e);
        }
        if (lake.size() == 0) {
            throw JobException.preflight(
                    "%s: no objects%s", String.join(" ", inputs), glob.equals("*") ? "" : " that match " + glob);
        }
        return limit.map(lake::limit).orElse(lake);
    }

    private SwinInference prepare(Dataset<Row> files, HandleInvalid invalid) {
        SwinTransformer transformer = new SwinTransformer()
                .setModel(model.model)
                .setInputCol("path")
                .setLengthCol("length")
                .setImageSize(model.imageSize.map(ImageSize::toString).orElse(""))
                .setRecipe(model.recipeName().orElse(""))
                .setLabels(model.labels.orElse(""))
                .setWindow(model.window.orElse(0))
                .setEmbeddingStages(embeddingStages)
                .setTopK(topK)
                .setBatchSize(batchSize)
                .setPrecision(on.precisionName())
                .setDevice(on.deviceName())
                .setHandleInvalid(lowerCase(invalid))
                .setOrientation(lowerCase(orientation))
                .setMaxPixels(maxPixels)
                .setNormalize(normalize);
        try {
            return transformer.prepare(files);
        } catch (CheckpointException | UnusableDeviceException e) {
            throw JobException.preflight(e);
        }
    }

    private static String lowerCase(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private RunAttempt.Published countOneTable(SparkSession spark, ImageLake lake, SwinInference inference) {
        TreeMap<String, Long> failedBy = new TreeMap<>(inference.outcomes().value());
        failedBy.remove(OutcomeCounts.OK);
        long skipped = handleInvalid == HandleInvalid.SKIP ? sum(failedBy) : 0;
        long written = spark.read().parquet(output).count();
        if (written + skipped != lake.size()) {
            throw JobException.failed(
                    "%s: %d objects were listed, but %d rows written and %d skipped; do not use this table",
                    output, lake.size(), written, skipped);
        }
        return new RunAttempt.Published(lake.size(), 0, 0, written, skipped, 0, failedBy);
    }

    private static long sum(SortedMap<String, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    private RunSummary summary(
            String id,
            RunAttempt.Published published,
            ImageLake lake,
            SwinInference inference,
            Instant started,
            Instant ended) {
        double seconds = ChronoUnit.MILLIS.between(started, ended) / 1e3;
        long failed = sum(published.failedBy());
        long looked = published.listed() - published.unchanged();
        double errorRate = looked == 0 ? 0 : (double) failed / looked;
        return new RunSummary(
                "infer",
                id,
                incremental,
                errorRate > maxErrorRate ? "error_budget_exceeded" : "ok",
                started.toString(),
                ended.toString(),
                seconds,
                Math.round((looked - published.resumed()) / seconds * 10) / 10.0,
                inputs,
                glob,
                output,
                lowerCase(format),
                published.listed(),
                lake.bytes(),
                published.unchanged(),
                published.resumed(),
                published.written(),
                published.skipped(),
                published.replaced(),
                failed,
                published.failedBy(),
                errorRate,
                maxErrorRate,
                model(inference.model()),
                RunOptions.of(spec),
                inference.devices().value(),
                new RunSummary.Software(Versions.swinlake(), Versions.spark(), Versions.java()));
    }

    private RunSummary.Model model(SwinInference.Model facts) {
        return new RunSummary.Model(
                model.model,
                facts.name(),
                facts.sha256(),
                facts.recipe().name(),
                new ImageSize(facts.recipe().cropHeight(), facts.recipe().cropWidth()).toString(),
                on.precisionName(),
                facts.classes(),
                facts.embeddingSize());
    }

    private static final class BatchSizeConverter implements ITypeConverter<Integer> {
        private static final int AUTO = 0;
        private static final int MAX = 1024;

        @Override
        public Integer convert(String value) {
            if (value.equals("auto")) {
                return AUTO;
            }
            if (!value.matches("[1-9]\\d{0,3}") || Integer.parseInt(value) > MAX) {
                throw new TypeConversionException(
                        "'%s' is neither auto nor a number from 1 to %s".formatted(value, MAX));
            }
            return Integer.valueOf(value);
        }
    }
}
