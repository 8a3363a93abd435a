package io.swinlake.cli;

import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.cli.command.CommandException;
import io.swinlake.cli.command.DeviceArguments;
import io.swinlake.cli.command.Exit;
import io.swinlake.cli.command.ModelArguments;
import io.swinlake.cli.command.Outputs;
import io.swinlake.cli.command.Progress;
import io.swinlake.cli.command.Sessions;
import io.swinlake.cli.command.Versions;
import io.swinlake.image.DecodeOptions;
import io.swinlake.image.ErrorCode;
import io.swinlake.runtime.device.Precision;
import io.swinlake.runtime.device.UnusableDeviceException;
import io.swinlake.spark.ImageLake;
import io.swinlake.spark.SwinInference;
import io.swinlake.spark.SwinTransformer;
import io.swinlake.swin.ImageSize;
import io.swinlake.table.OneTable;
import io.swinlake.table.RunPlan;
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
            description =
                    "Folder (searched recursively) or object; repeat it for several. A name with * ? [ ] { } is taken"
                            + " as it is where there is such a folder or object, else as a pattern.")
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
            names = "--runs",
            paramLabel = "URI",
            description =
                    "With --format delta or iceberg: folder for the records of runs, where it cannot be the table's"
                            + " own.")
    private Optional<String> runs = Optional.empty();

    @Option(
            names = "--run-id",
            paramLabel = "ID",
            converter = RunId.Converter.class,
            description = "Name of this run, such as a date. Again with the same name and options, a finished run does"
                    + " nothing and a broken one is completed. Writes to OUTPUT/run=ID.")
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
                            + " job). Without a row, --incremental tries it again in every run. Default:"
                            + " ${DEFAULT-VALUE}.")
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

    @Option(
            names = "--decode-timeout",
            paramLabel = "SECONDS",
            description = "Processor time that one image of up to 10 megapixels may take, larger ones in proportion."
                    + " What takes longer is an error row. Default: 5.")
    private double decodeTimeout = DecodeOptions.DEFAULT_TIMEOUT.toSeconds();

    @Option(
            names = "--normalize",
            description = "Divide every embedding by its Euclidean length; one of zeros stays as it is.")
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
        if (format != TableFormat.PARQUET) {
            format.requireJar("--format " + format.word());
        }
        SparkSession spark = Sessions.open("infer");
        Runs.Finished run;
        if (isRun()) {
            Runs table = Runs.of(spark, format, output, runs);
            run = table.complete(request(), () -> new Work(spark, table.folders()));
        } else {
            Outputs.requireNew(output, spark.sessionState().newHadoopConf());
            run = OneTable.write(spark, request(), new Work(spark, List.of(output)));
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

    /** Whether it is a run of a table that may have others, instead of one table at once. */
    private boolean isRun() {
        return runId.isPresent() || incremental || format != TableFormat.PARQUET;
    }

    private RunRequest request() {
        return new RunRequest(
                runId.orElseGet(() -> RunId.at(Instant.now())).text(),
                incremental,
                handleInvalid == HandleInvalid.SKIP,
                checkpointEvery.orElseGet(() ->
                        SparkSession.active().sparkContext().defaultParallelism() * IMAGES_PER_CORE_AND_CHECKPOINT),
                Set.copyOf(ErrorCode.triedAgain()),
                InferOptions.of(spec),
                inputs,
                glob,
                output,
                format,
                maxErrorRate,
                new RunRecord.Software(Versions.swinlake(), Versions.spark(), Versions.java()));
    }

    /** The lake's images by the model. */
    private final class Work implements RunWork {
        private final ImageLake lake;
        private final SwinInference inference;
        private Optional<Progress> progress = Optional.empty();

        /**
         * Lists the lake and opens the model.
         *
         * @param leftOut folders whose files are no images
         */
        Work(SparkSession spark, List<String> leftOut) {
            lake = list(spark, leftOut);
            inference = prepare(lake.toDataset(spark));
        }

        @Override
        public ImageLake objects() {
            return lake;
        }

        @Override
        public RunRecord.Model model() {
            SwinInference.Model facts = inference.model();
            return new RunRecord.Model(
                    model.model,
                    facts.name(),
                    facts.sha256(),
                    facts.digest(),
                    facts.recipe().name(),
                    new ImageSize(facts.recipe().cropHeight(), facts.recipe().cropWidth()).toString(),
                    on.precisionName(),
                    facts.classes(),
                    facts.embeddingSize());
        }

        @Override
        public StructType schema() {
            return inference.rows().schema();
        }

        @Override
        public Dataset<Row> compute(Dataset<Row> objects) {
            return inference.computation().apply(objects);
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
        public void begins(RunPlan plan) {
            PrintWriter err = spec.commandLine().getErr();
            err.printf(
                    "%s; model %s%n",
                    isRun()
                            ? plan
                            : "%s: %s objects of %s bytes in all"
                                    .formatted(String.join(" ", inputs), plan.objects(), plan.bytes()),
                    inference.model().name());
            progress = Optional.of(Progress.start(err, inference.outcomes(), plan.missing()));
        }

        @Override
        public void ends() {
            progress.ifPresent(Progress::stop);
        }
    }

    /** A run that was done before is judged by today's budget. */
    private int exitCode(RunRecord run) {
        if (run.errorRate() <= maxErrorRate) {
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
                        maxErrorRate,
                        run.failedBy());
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
        check(decodeTimeout >= 0.001, "--decode-timeout is at least 0.001 seconds, found %s", decodeTimeout);
        check(maxErrorRate >= 0 && maxErrorRate <= 1, "--max-error-rate is from 0 to 1, found %s", maxErrorRate);
    }

    private void check(boolean holds, String message, Object found) {
        if (!holds) {
            throw new ParameterException(spec.commandLine(), message.formatted(found));
        }
    }

    private ImageLake list(SparkSession spark, List<String> leftOut) {
        ImageLake lake;
        try {
            lake = ImageLake.list(spark, inputs, glob, leftOut);
        } catch (IOException e) {
            throw CommandException.preflight(e);
        }
        if (lake.size() == 0) {
            throw CommandException.preflight(
                    "%s: no objects%s", String.join(" ", inputs), glob.equals("*") ? "" : " that match " + glob);
        }
        return limit.map(lake::limit).orElse(lake);
    }

    /** Invalid images are kept while a run is going on, so that a rerun knows that they are done. */
    private SwinInference prepare(Dataset<Row> files) {
        HandleInvalid invalid = isRun() && handleInvalid == HandleInvalid.SKIP ? HandleInvalid.KEEP : handleInvalid;
        SwinTransformer transformer = new SwinTransformer()
                .setModel(model.model)
                .setInputCol("path")
                .setLengthCol("length")
                .setModificationTimeCol("modificationTime")
                .setEtagCol("etag")
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
                .setDecodeTimeout(decodeTimeout)
                .setNormalize(normalize);
        try {
            return transformer.prepare(files);
        } catch (CheckpointException | UnusableDeviceException e) {
            throw CommandException.preflight(e);
        }
    }

    private static String lowerCase(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
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
