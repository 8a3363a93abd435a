package io.swinlake.cli;

import io.swinlake.cli.command.DeviceArguments;
import io.swinlake.cli.command.ModelArguments;
import io.swinlake.image.DecodeOptions;
import io.swinlake.runtime.device.PrecisionChoice;
import io.swinlake.spark.SwinTransformer;
import io.swinlake.spark.inference.DeviceChoice;
import io.swinlake.spark.inference.InvalidRows;
import io.swinlake.table.TableFormat;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/** What {@code infer} is asked for: its options, what they may be, and the transformer that they describe. */
final class InferArguments {
    /** The driver holds them. */
    private static final int MOST_SAMPLED = 100_000;

    @Mixin
    ModelArguments model;

    @Option(
            names = "--input",
            required = true,
            paramLabel = "URI",
            description =
                    "Folder (searched recursively) or object; repeat it for several. A name with * ? [ ] { } is taken"
                            + " as it is where there is such a folder or object, else as a pattern. Also a table with a column"
                            + " of images or of URIs (.parquet, .csv, .jsonl, Delta, Iceberg), or tar shards (.tar).")
    List<String> inputs;

    @Option(
            names = "--uri-column",
            paramLabel = "COLUMN",
            description = "Of a table: where its images lie; relative ones begin at the table's folder.")
    Optional<String> uriColumn = Optional.empty();

    @Option(
            names = "--image-column",
            paramLabel = "COLUMN",
            description =
                    "Of a table: its images; a file's bytes, struct<bytes, path> or Spark's image struct. Default: the one"
                            + " column that is such.")
    Optional<String> imageColumn = Optional.empty();

    @Option(
            names = "--id-column",
            paramLabel = "COLUMN",
            description =
                    "Of a table: tells its rows apart, and becomes the path. Default: the URI, or the path beside the bytes.")
    Optional<String> idColumn = Optional.empty();

    @Option(
            names = "--keep",
            split = ",",
            paramLabel = "COLUMN[=NAME][,...]",
            description =
                    "Columns of a table to carry along; of tar shards, extensions such as json or cls, whose text becomes a"
                            + " column.")
    List<String> keep = List.of();

    @Option(
            names = "--output",
            required = true,
            paramLabel = "URI",
            description =
                    "Folder to write; must not exist, unless it holds runs. With --format iceberg: the table's name.")
    String output;

    @Option(
            names = "--format",
            defaultValue = "parquet",
            description =
                    "${COMPLETION-CANDIDATES}; the latter two need their jar (--packages). Default: ${DEFAULT-VALUE}.")
    TableFormat format;

    @Option(
            names = "--runs",
            paramLabel = "URI",
            description =
                    "With --format delta or iceberg: folder for the records of runs, where it cannot be the table's own.")
    Optional<String> runs = Optional.empty();

    @Option(
            names = "--run-id",
            paramLabel = "ID",
            converter = RunId.Converter.class,
            description =
                    "Name of this run, such as a date. Again with the same name and options, a finished run does nothing"
                            + " and a broken one is completed. Writes to OUTPUT/run=ID.")
    Optional<RunId> runId = Optional.empty();

    @Option(
            names = "--incremental",
            description = "Only objects that are new or changed since the runs that the output holds.")
    boolean incremental;

    @Option(
            names = "--reuse",
            description =
                    "An image with the bytes of one before it in its task takes that one's result. With --incremental also: an"
                            + " object in S3 of the same length and etag as one that the output has a row of, such as a moved or"
                            + " copied one, takes that row's result.")
    boolean reuse;

    @Option(
            names = "--checkpoint-every",
            paramLabel = "N",
            description =
                    "With --run-id: images of a part, whose finished tasks are kept for a rerun. Default: 4096 for each core.")
    Optional<Integer> checkpointEvery = Optional.empty();

    @Option(
            names = "--glob",
            paramLabel = "PATTERN",
            defaultValue = "*",
            description = "Only objects whose name matches, such as '*.{jpg,png}'. Default: ${DEFAULT-VALUE}.")
    String glob;

    @Option(
            names = "--estimate",
            arity = "0..1",
            fallbackValue = "500",
            paramLabel = "N",
            description =
                    "Only compute a sample of so many images, write nothing, and say how long the job would take, by stage, and"
                            + " with how much memory. Default: 500.")
    Optional<Integer> estimate = Optional.empty();

    @Option(names = "--limit", paramLabel = "N", description = "Only the first N objects by path.")
    Optional<Integer> limit = Optional.empty();

    @Option(
            names = "--top-k",
            defaultValue = "5",
            paramLabel = "K",
            description = "Classes per image. Default: ${DEFAULT-VALUE}.")
    int topK;

    @Option(
            names = "--batch-size",
            defaultValue = "auto",
            converter = BatchSizeConverter.class,
            paramLabel = "auto|N",
            description = "Images per forward. Default: as the device likes.")
    int batchSize;

    @Mixin
    DeviceArguments on;

    @Option(
            names = "--handle-invalid",
            defaultValue = "keep",
            description =
                    "What an unusable image becomes: ${COMPLETION-CANDIDATES} (a row with its error, no row, a failed"
                            + " job). Without a row, --incremental tries it again in every run. Default: ${DEFAULT-VALUE}.")
    InvalidRows handleInvalid;

    @Option(
            names = "--max-error-rate",
            defaultValue = "0.05",
            paramLabel = "RATE",
            description = "Exit with 3 if a larger part of the images failed. Default: ${DEFAULT-VALUE}.")
    double maxErrorRate;

    @Option(
            names = "--orientation",
            defaultValue = "ignore",
            description = "EXIF orientation: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    DecodeOptions.Orientation orientation;

    @Option(
            names = "--max-pixels",
            paramLabel = "N",
            description =
                    "Images whose header announces more are error rows, not decoded. Default: 178956970, as Pillow.")
    long maxPixels = DecodeOptions.defaults().maxPixels();

    @Option(
            names = "--decode-timeout",
            paramLabel = "SECONDS",
            description =
                    "Processor time that decoding an image of up to 10 megapixels may take, a larger one more in proportion; one"
                            + " that takes longer is an error row. Default: 5.")
    double decodeTimeout = DecodeOptions.DEFAULT_TIMEOUT.toSeconds();

    @Option(
            names = "--normalize",
            description = "Divide every embedding by its Euclidean length; one of zeros stays as it is.")
    boolean normalize;

    @Option(
            names = "--embedding-stages",
            split = ",",
            paramLabel = "N[,N...]",
            description =
                    "Stages, from 1, whose mean over tokens becomes a column embedding_stageN besides the embedding.")
    int[] embeddingStages = {};

    /** Whether it is a run of a table that may have others, instead of one table at once. */
    boolean isRun() {
        return runId.isPresent() || incremental || format != TableFormat.PARQUET;
    }

    /** Invalid images are kept while a run is going on, so that a rerun knows that they are done. */
    SwinTransformer transformer(InferSource source) {
        boolean areFiles = source.column().equals(InferSource.PATH);
        InvalidRows invalid = isRun() && handleInvalid == InvalidRows.SKIP ? InvalidRows.KEEP : handleInvalid;
        return model.transformer(on)
                .setInputCol(source.column())
                .setLengthCol(areFiles ? "length" : "") // else of what holds the image
                .setModificationTimeCol(areFiles ? "modificationTime" : "")
                .setEtagCol(areFiles ? "etag" : "")
                .setEmbeddingStages(embeddingStages)
                .setTopK(topK)
                .setBatchSize(batchSize)
                .setHandleInvalid(invalid.word())
                .setOrientation(orientation.word())
                .setMaxPixels(maxPixels)
                .setDecodeTimeout(decodeTimeout)
                .setNormalize(normalize)
                .setReuse(reuse);
    }

    /** @throws ParameterException if a number is out of its range */
    void check(CommandSpec spec) {
        check(
                spec,
                uriColumn.isEmpty() || imageColumn.isEmpty(),
                "--uri-column %s and --image-column cannot both be where the images are: give one of them",
                uriColumn.orElse(""));
        check(
                spec,
                estimate.isEmpty() || (estimate.get() >= 1 && estimate.get() <= MOST_SAMPLED),
                "--estimate is from 1 to " + MOST_SAMPLED + " images, found %s",
                estimate.orElse(0));
        check(spec, topK >= 1, "--top-k is at least 1, found %s", topK);
        check(
                spec,
                checkpointEvery.isEmpty() || checkpointEvery.get() >= 1,
                "--checkpoint-every is at least 1, found %s",
                checkpointEvery.orElse(0));
        check(spec, limit.isEmpty() || limit.get() >= 1, "--limit is at least 1, found %s", limit.orElse(0));
        check(
                spec,
                on.device != DeviceChoice.CPU || on.precision != PrecisionChoice.FP16,
                "--precision %s is for GPUs: on a CPU use fp32, bf16 or int8",
                "fp16");
        check(
                spec,
                maxPixels >= 1 && maxPixels <= DecodeOptions.MOST_PIXELS,
                "--max-pixels is from 1 to " + DecodeOptions.MOST_PIXELS + ", found %s",
                maxPixels);
        check(spec, decodeTimeout >= 0.001, "--decode-timeout is at least 0.001 s, found %s", decodeTimeout);
        check(spec, maxErrorRate >= 0 && maxErrorRate <= 1, "--max-error-rate is from 0 to 1, found %s", maxErrorRate);
    }

    private static void check(CommandSpec spec, boolean holds, String message, Object found) {
        if (!holds) {
            throw new ParameterException(spec.commandLine(), message.formatted(found));
        }
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
