package io.swinlake.spark;

import io.swinlake.PublicApi;
import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.image.DecodeOptions;
import io.swinlake.runtime.batch.BatchSize;
import io.swinlake.runtime.device.Precision;
import io.swinlake.runtime.device.PrecisionChoice;
import io.swinlake.runtime.device.UnusableDeviceException;
import io.swinlake.spark.inference.DeviceChoice;
import io.swinlake.spark.inference.InferRows;
import io.swinlake.spark.inference.InferSettings;
import io.swinlake.spark.inference.InvalidRows;
import io.swinlake.spark.inference.ListingColumns;
import io.swinlake.spark.inference.ModelRequest;
import io.swinlake.spark.inference.OutcomeCounts;
import io.swinlake.spark.inference.OutputColumns;
import io.swinlake.spark.inference.PixelColumn;
import io.swinlake.spark.sql.ColumnNames;
import io.swinlake.swin.SwinConfig;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Classifies and embeds a column of images with a Swin Transformer: appends {@code width, height, prediction, label,
 * probability, top_k, embedding, error, model}, each name with {@code outputPrefix} before it. An image that cannot be used costs a row with its {@code error} set.
 *
 * <pre>{@code
 * Dataset<Row> table = new SwinTransformer().setModel("s3a://models/swin_t.pth").setInputCol("content")
 *         .transform(spark.read().format("binaryFile").load("s3a://lake/photos"));
 * }</pre>
 */
@PublicApi(since = "0.1.0")
public final class SwinTransformer extends SwinParams implements DefaultParamsWritable {
    private static final long serialVersionUID = 1;
    private static final Logger LOG = LoggerFactory.getLogger(SwinTransformer.class);

    /** A transformer with all defaults; {@link #setModel} is the one that must be called. */
    public SwinTransformer() {
        this(Identifiable.randomUID("swin"));
    }

    /**
     * For Spark, which restores a saved transformer by its {@code uid}.
     *
     * @param uid as it was saved
     */
    public SwinTransformer(String uid) {
        super(uid);
    }

    /** {@return what restores a transformer that was saved, alone or in a {@code PipelineModel}} */
    public static MLReader<SwinTransformer> read() {
        return new DefaultParamsReader<>();
    }

    /**
     * Restores a saved transformer.
     *
     * @param path where it was saved
     * @return the transformer that was saved there
     */
    public static SwinTransformer load(String path) {
        return read().load(path);
    }

    @Override
    public SwinTransformer copy(ParamMap extra) {
        return defaultCopy(extra);
    }

    /**
     * The columns of {@link #transform}: the input's with their metadata, then ours. Checks names and types; reads neither data
     * nor model.
     */
    @Override
    public StructType transformSchema(StructType schema) {
        checkColumns(schema);
        return OutputColumns.appendedTo(schema, getOutputPrefix(), stages());
    }

    private List<Integer> stages() {
        return Arrays.stream(getEmbeddingStages()).boxed().sorted().distinct().toList();
    }

    private PixelColumn checkColumns(StructType schema) {
        PixelColumn input = PixelColumn.of(schema.apply(ColumnNames.index(schema, getInputCol())));
        checkColumn(schema, getLengthCol(), DataTypes.LongType, "a length");
        checkColumn(schema, getModificationTimeCol(), DataTypes.TimestampType, "a modification time");
        checkColumn(schema, getEtagCol(), DataTypes.StringType, "an etag");
        return input;
    }

    private static void checkColumn(StructType schema, String column, DataType expected, String what) {
        if (column.isEmpty()) {
            return;
        }
        DataType found = schema.apply(ColumnNames.index(schema, column)).dataType();
        if (!found.equals(expected)) {
            throw new IllegalArgumentException("column '%s' is %s; %s is %s"
                    .formatted(column, found.simpleString(), what, expected.simpleString()));
        }
    }

    private static int indexIfGiven(StructType schema, String column) {
        return column.isEmpty() ? ListingColumns.UNKNOWN : ColumnNames.index(schema, column);
    }

    /** The columns that {@link #transformSchema} promises, and nothing that only the model knows: see {@link #prepare}. */
    @Override
    public Dataset<Row> transform(Dataset<?> images) {
        return prepare(images, this::openModel, (output, config) -> output).rows();
    }

    /** The same by a model that {@link #rememberedModel} has. */
    Dataset<Row> transformRemembered(Dataset<?> images) {
        return prepare(images, this::rememberedModel, (output, config) -> output)
                .rows();
    }

    /**
     * Reads and checks the model, gives it to the executors, and lays out the computation without starting it. The vectors
     * in its rows have their length in their metadata, under the name that Arrow and Lance give it.
     *
     * @param images a table with the input column
     * @return the results, still to be computed
     * @throws io.swinlake.checkpoint.CheckpointException if the model cannot be used
     * @throws UnusableDeviceException if tasks will not have the device that is asked for
     */
    public SwinInference prepare(Dataset<?> images) {
        return prepare(images, this::openModel, this::withLengths);
    }

    /** {@link #prepare} by a model that {@link #rememberedModel} has. */
    SwinInference prepareRemembered(Dataset<?> images) {
        return prepare(images, this::rememberedModel, this::withLengths);
    }

    private SentModel openModel(SparkSession spark) {
        return checked(
                SentModel.open(spark, modelRequest(), spark.sessionState().newHadoopConf()));
    }

    /** The model, which is not read again if it is one of the last that were asked for here. */
    SentModel rememberedModel(SparkSession spark) {
        return checked(
                SentModel.remembered(spark, modelRequest(), spark.sessionState().newHadoopConf()));
    }

    /** Which device tasks will have, in words. */
    String checkDevice(SparkSession spark) {
        return checkDevice(spark, chosenPrecision(spark));
    }

    private String checkDevice(SparkSession spark, Precision precision) {
        return chosenDevice().check(spark.sparkContext().getConf(), precision);
    }

    private SwinInference prepare(
            Dataset<?> images,
            Function<SparkSession, SentModel> opener,
            BiFunction<StructType, SwinConfig, StructType> columns) {
        StructType promised = transformSchema(images.schema());
        SparkSession spark = images.sparkSession();
        Precision precision = chosenPrecision(spark);
        LOG.info(
                "device {} takes {}, precision {} is {}",
                getDevice(),
                checkDevice(spark, precision),
                getPrecision(),
                precision);
        SentModel model = opener.apply(spark);
        InferSettings settings = settings(images.schema(), model, precision);

        Broadcast<SerializableConfiguration> hadoop = JavaSparkContext.fromSparkContext(spark.sparkContext())
                .broadcast(new SerializableConfiguration(spark.sessionState().newHadoopConf()));
        OutcomeCounts outcomes = OutcomeCounts.of(spark.sparkContext(), "swinlake: images");
        OutcomeCounts devices = OutcomeCounts.of(spark.sparkContext(), "swinlake: tasks");
        OutcomeCounts times = OutcomeCounts.of(spark.sparkContext(), "swinlake: nanoseconds");
        OutcomeCounts reused = OutcomeCounts.of(spark.sparkContext(), "swinlake: reused");

        StructType output = columns.apply(promised, model.config());
        InferRows task = new InferRows(settings, model.weights(), hadoop, outcomes, devices, times, reused);
        UnaryOperator<Dataset<Row>> computation = some -> computed(some, task, output);
        SwinInference.Model facts = new SwinInference.Model(
                model.name(),
                model.sha256(),
                model.digest(),
                model.recipe(),
                model.config().classes(),
                model.config().embeddingSize(),
                model.assumptions());
        facts.assumptions().forEach(assumption -> LOG.warn("model {}: {}", facts.name(), assumption));
        return new SwinInference(
                computation.apply(images.toDF()), computation, facts, outcomes, devices, times, reused);
    }

    private StructType withLengths(StructType output, SwinConfig config) {
        StructType columns =
                OutputColumns.withLength(output, getOutputPrefix() + OutputColumns.EMBEDDING, config.embeddingSize());
        for (int stage : stages()) {
            columns = OutputColumns.withLength(
                    columns, getOutputPrefix() + OutputColumns.stageEmbedding(stage), config.channels(stage - 1));
        }
        return columns;
    }

    /** What passes through a task has lost its metadata; numbers for names, since those may be there twice or hold dots. */
    private static Dataset<Row> computed(Dataset<Row> images, InferRows task, StructType output) {
        StructField[] fields = output.fields();
        StructType numbered = new StructType();
        for (int i = 0; i < fields.length; i++) {
            numbered =
                    numbered.add(String.valueOf(i), fields[i].dataType(), fields[i].nullable(), fields[i].metadata());
        }
        return images.mapPartitions(task, Encoders.row(numbered)).to(numbered).toDF(output.fieldNames());
    }

    private ModelRequest modelRequest() {
        if (!isDefined(model())) {
            throw new IllegalArgumentException("no model is set: setModel(uri) names the checkpoint to run");
        }
        return new ModelRequest(
                getModel(),
                given(imageSize()).map(ModelRequest::parseImageSize),
                given(recipe()),
                given(labels()),
                Optional.of(getWindow()).filter(tokens -> tokens > 0),
                Optional.of(Arrays.stream(getPretrainedWindows()).boxed().toList())
                        .filter(windows -> !windows.isEmpty()),
                given(weights()));
    }

    private SentModel checked(SentModel model) {
        int last = model.config().stages();
        for (int stage : stages()) {
            if (stage < 1 || stage > last) {
                throw new CheckpointException(
                        "%s: has stages 1 to %d, stage %d is asked for: change the embedding stages",
                        getModel(), last, stage);
            }
        }
        return model;
    }

    private DeviceChoice chosenDevice() {
        return choice(DeviceChoice.values(), getDevice());
    }

    private Precision chosenPrecision(SparkSession spark) {
        return chosenDevice().precision(choice(PrecisionChoice.values(), getPrecision()), spark.sparkContext());
    }

    private InferSettings settings(StructType schema, SentModel opened, Precision precision) {
        return new InferSettings(
                checkColumns(schema),
                ColumnNames.index(schema, getInputCol()),
                new ListingColumns(
                        indexIfGiven(schema, getLengthCol()),
                        indexIfGiven(schema, getModificationTimeCol()),
                        indexIfGiven(schema, getEtagCol())),
                // A runner is compiled for weights, input size and normalisation.
                opened.sha256() + " " + opened.config() + " " + opened.recipe(),
                opened.name(),
                opened.sha256(),
                opened.digest(),
                opened.recipe(),
                opened.classNames(),
                opened.config().scores(),
                chosenDevice(),
                precision,
                new DecodeOptions(
                        getMaxPixels(),
                        choice(DecodeOptions.Orientation.values(), getOrientation()),
                        Duration.ofNanos((long) (getDecodeTimeout() * 1e9))),
                choice(InvalidRows.values(), getHandleInvalid()),
                getBatchSize() > 0
                        ? BatchSize.fixed(getBatchSize())
                        : BatchSize.auto(opened.config(), opened.inputSize()),
                getTopK(),
                stages(),
                getNormalize() ? InferSettings.Scaling.UNIT_LENGTH : InferSettings.Scaling.NONE,
                getReuse() ? InferSettings.EqualImages.COMPUTED_ONCE : InferSettings.EqualImages.COMPUTED_EACH);
    }
}
