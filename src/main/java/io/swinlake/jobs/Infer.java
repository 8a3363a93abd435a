package io.swinlake.jobs;

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
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
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

    @Option(names = "--output", required = true, paramLabel = "URI", description = "Folder to write; must not exist.")
    private String output;

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

    @Option(
            names = "--precision",
            defaultValue = "fp32",
            description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Precision precision;

    @Option(
            names = "--device",
            defaultValue = "auto",
            description = "${COMPLETION-CANDIDATES}; cuda never falls back to the CPU. Default: ${DEFAULT-VALUE}.")
    private Device device;

    @Option(
            names = "--handle-invalid",
            defaultValue = "keep",
            description =
                    "What an unusable image becomes: ${COMPLETION-CANDIDATES} (a row with its error, no row, a failed"
                            + " job). Default: ${DEFAULT-VALUE}.")
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

    private enum Device {
        AUTO,
        CPU,
        CUDA
    }

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
        PrintWriter err = spec.commandLine().getErr();
        SparkSession spark = Sessions.open("infer");
        Configuration configuration = spark.sessionState().newHadoopConf();

        FileSystem outputFileSystem = checkOutput(configuration);
        ImageLake lake = list(spark);
        SwinInference inference = prepare(lake.toDataset(spark));
        err.printf(
                "%s: %d objects of %d bytes in all; model %s%n",
                String.join(" ", inputs),
                lake.size(),
                lake.bytes(),
                inference.model().name());

        Instant started = Instant.now();
        Progress progress = Progress.start(err, inference.outcomes(), lake.size());
        try {
            write(inference.rows());
        } finally {
            progress.stop();
        }
        Instant ended = Instant.now();

        RunSummary summary = summary(spark, lake, inference, started, ended);
        String line = Json.line(summary);
        try (OutputStream file = outputFileSystem.create(new Path(output, RunSummary.FILE_NAME))) {
            file.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        }
        spec.commandLine().getOut().println(line);
        if (summary.errorRate() > maxErrorRate) {
            err.printf(
                    Locale.ROOT,
                    "%s: all rows are written, but %d of %d images failed, more than --max-error-rate %s allows: %s%n",
                    spec.qualifiedName(),
                    summary.failed(),
                    summary.listed(),
                    maxErrorRate,
                    summary.failedBy());
            return Exit.OVER_ERROR_BUDGET.code();
        }
        return Exit.GOOD.code();
    }

    private void checkRanges() {
        check(topK >= 1, "--top-k is at least 1, found %s", topK);
        check(limit.isEmpty() || limit.get() >= 1, "--limit is at least 1, found %s", limit.orElse(0));
        check(
                device != Device.CPU || precision != Precision.FP16,
                "--precision %s is for GPUs: on a CPU use fp32 or bf16",
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

    /** A folder that a failed run left behind is empty and may be used again. */
    private FileSystem checkOutput(Configuration configuration) {
        try {
            Path path = new Path(output);
            FileSystem fileSystem = path.getFileSystem(configuration);
            if (fileSystem.exists(path)
                    && (fileSystem.getFileStatus(path).isFile() || fileSystem.listStatus(path).length > 0)) {
                throw JobException.preflight("%s: exists already; choose another --output or delete it", output);
            }
            return fileSystem;
        } catch (IOException | IllegalArgumentException e) {
            throw JobException.preflight("%s: cannot be written: %s", output, Failures.reason(e));
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

    private SwinInference prepare(Dataset<Row> files) {
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
                .setPrecision(lowerCase(precision))
                .setDevice(lowerCase(device))
                .setHandleInvalid(lowerCase(handleInvalid))
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

    private void write(Dataset<Row> rows) {
        rows.write()
                .mode(SaveMode.Append)
                .option("compression", "zstd")
                // Floats of embeddings hardly repeat: a dictionary is built in vain.
                .option("parquet.enable.dictionary#embedding.list.element", "false")
                .parquet(output);
    }

    private RunSummary summary(
            SparkSession spark, ImageLake lake, SwinInference inference, Instant started, Instant ended) {
        TreeMap<String, Long> failedBy = new TreeMap<>(inference.outcomes().value());
        failedBy.remove(OutcomeCounts.OK);
        long failed = failedBy.values().stream().mapToLong(Long::longValue).sum();
        long skipped = handleInvalid == HandleInvalid.SKIP ? failed : 0;
        long written = spark.read().parquet(output).count();
        if (written + skipped != lake.size()) {
            throw JobException.failed(
                    "%s: %d objects were listed, but %d rows written and %d skipped; do not use this table",
                    output, lake.size(), written, skipped);
        }
        double seconds = ChronoUnit.MILLIS.between(started, ended) / 1e3;
        return new RunSummary(
                "infer",
                (double) failed / lake.size() > maxErrorRate ? "error_budget_exceeded" : "ok",
                started.toString(),
                ended.toString(),
                seconds,
                Math.round(lake.size() / seconds * 10) / 10.0,
                inputs,
                glob,
                output,
                lake.size(),
                lake.bytes(),
                written,
                skipped,
                failed,
                failedBy,
                (double) failed / lake.size(),
                maxErrorRate,
                model(inference.model()),
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
                lowerCase(precision),
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
                        "'%s' is neither auto nor a number from 1 to %d".formatted(value, MAX));
            }
            return Integer.valueOf(value);
        }
    }
}
