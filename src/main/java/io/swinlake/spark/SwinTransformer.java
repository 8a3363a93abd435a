package io.swinlake.spark;

import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.image.DecodeOptions;
import io.swinlake.model.SwinModel;
import io.swinlake.runtime.batch.BatchSize;
import io.swinlake.runtime.device.Precision;
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
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.IntArrayParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.ParamValidators;
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
public final class SwinTransformer extends Transformer implements DefaultParamsWritable {
    private static final long serialVersionUID = 1;
    private static final Logger LOG = LoggerFactory.getLogger(SwinTransformer.class);

    private final String uid;
    private final Param<String> model;
    private final Param<String> inputCol;
    private final Param<String> lengthCol;
    private final Param<String> modificationTimeCol;
    private final Param<String> etagCol;
    private final Param<String> imageSize;
    private final Param<String> recipe;
    private final Param<String> labels;
    private final IntParam topK;
    private final IntParam batchSize;
    private final Param<String> precision;
    private final Param<String> device;
    private final Param<String> handleInvalid;
    private final Param<String> orientation;
    private final BooleanParam normalize;
    private final IntArrayParam embeddingStages;
    private final IntParam window;
    private final LongParam maxPixels;
    private final Param<String> outputPrefix;

    public SwinTransformer() {
        this(Identifiable.randomUID("swin"));
    }

    /** For Spark, which restores a saved transformer by its {@code uid}. */
    public SwinTransformer(String uid) {
        this.uid = uid; // first: a Param remembers its parent's uid when it is made

        model = new Param<>(this, "model", "checkpoint to run: a file or directory, as any URI that Hadoop reads");
        inputCol =
                text("inputCol", "column with the images: a file's bytes, a URI, or Spark's image struct", "content");
        lengthCol = text(
                "lengthCol",
                "column with the listed length of the file at the URI, bytes: spares a request per file; empty if there is none",
                "");
        modificationTimeCol = text(
                "modificationTimeCol",
                "column with the listed time when the file at the URI was written: another time is a row with the error"
                        + " read/changed; empty if there is none",
                "");
        etagCol = text(
                "etagCol",
                "column with the listed etag of the object at the URI: another etag is a row with the error read/changed; empty"
                        + " if there is none",
                "");
        imageSize = text(
                "imageSize", "size of the network's input, pixels: N or HxW; empty leaves it to the checkpoint", "");
        recipe = oneOf(
                "recipe",
                "whose published preprocessing to follow; empty leaves it to the checkpoint",
                "",
                "",
                "microsoft",
                "timm",
                "hf",
                "torchvision");
        labels = text("labels", "URI of a text file with one class name a line; empty leaves it to the checkpoint", "");
        topK = new IntParam(this, "topK", "how many classes top_k lists, at least 1", ParamValidators.gtEq(1));
        setDefault(topK, 5);
        batchSize = new IntParam(
                this, "batchSize", "images per forward; 0 lets the device decide", ParamValidators.inRange(0, 1024));
        setDefault(batchSize, 0);
        precision = oneOf(
                "precision", "number format of the network on the device", "fp32", "fp32", "bf16", "fp16", "int8");
        device = oneOf(
                "device",
                "cpu; cuda (never silently the CPU); auto is the GPU that Spark assigned to the task, in local mode one that is there, else the CPU",
                "auto",
                "auto",
                "cpu",
                "cuda");
        handleInvalid = oneOf(
                "handleInvalid",
                "what an unusable image becomes: keep, a row with its error; skip, no row; error, the job fails",
                "keep",
                "keep",
                "skip",
                "error");
        orientation = oneOf(
                "orientation", "whether EXIF orientation is applied before resizing", "ignore", "ignore", "apply");
        normalize = new BooleanParam(
                this,
                "normalize",
                "whether embeddings are divided by their Euclidean length; one of zeros stays as it is");
        setDefault(normalize, false);
        embeddingStages = new IntArrayParam(
                this,
                "embeddingStages",
                "stages, from 1, whose mean over tokens becomes a column embedding_stage1 and so on; none by default");
        setDefault(embeddingStages, new int[0]);
        window = new IntParam(
                this,
                "window",
                "side of an attention window, tokens, for V2 checkpoints that do not tell it; 0 leaves it to them",
                ParamValidators.gtEq(0));
        setDefault(window, 0);
        maxPixels = new LongParam(
                this,
                "maxPixels",
                "images whose header announces more pixels are refused before they are decoded",
                ParamValidators.inRange(1, DecodeOptions.MOST_PIXELS));
        setDefault(maxPixels, DecodeOptions.defaults().maxPixels());
        outputPrefix = new Param<>(
                this,
                "outputPrefix",
                "what the names of the appended columns begin with, such as b_ for b_embedding: letters, digits and _;"
                        + " so that one table has columns of two networks",
                new OutputPrefix());
        setDefault(outputPrefix, "");
    }

    private Param<String> text(String name, String doc, String defaultValue) {
        Param<String> param = new Param<>(this, name, doc);
        setDefault(param, defaultValue);
        return param;
    }

    private Param<String> oneOf(String name, String doc, String defaultValue, String... values) {
        List<String> allowed = List.of(values);
        Param<String> param = new Param<>(this, name, doc + ": " + allowed, ParamValidators.inArray(allowed));
        setDefault(param, defaultValue);
        return param;
    }

    /** Restores a transformer that was saved, alone or in a {@code PipelineModel}. */
    public static MLReader<SwinTransformer> read() {
        return new DefaultParamsReader<>();
    }

    public static SwinTransformer load(String path) {
        return read().load(path);
    }

    @Override
    public String uid() {
        return uid;
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
        return Arrays.stream($(embeddingStages)).boxed().sorted().distinct().toList();
    }

    private PixelColumn checkColumns(StructType schema) {
        PixelColumn input = PixelColumn.of(schema.apply(ColumnNames.index(schema, $(inputCol))));
        checkColumn(schema, $(lengthCol), DataTypes.LongType, "a length");
        checkColumn(schema, $(modificationTimeCol), DataTypes.TimestampType, "a modification time");
        checkColumn(schema, $(etagCol), DataTypes.StringType, "an etag");
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
        return prepare(images, (output, config) -> output).rows();
    }

    /**
     * Reads and checks the model, gives it to the executors, and lays out the computation without starting it. The vectors
     * in its rows have their length in their metadata, under the name that Arrow and Lance give it.
     *
     * @throws io.swinlake.checkpoint.CheckpointException if the model cannot be used
     * @throws UnusableDeviceException if tasks will not have the device that is asked for
     */
    public SwinInference prepare(Dataset<?> images) {
        return prepare(images, this::withLengths);
    }

    private SwinInference prepare(Dataset<?> images, BiFunction<StructType, SwinConfig, StructType> columns) {
        StructType promised = transformSchema(images.schema());
        SparkSession spark = images.sparkSession();
        LOG.info(
                "device {} takes {}",
                getDevice(),
                DeviceChoice.named(getDevice()).check(spark.sparkContext().getConf(), chosenPrecision()));
        Configuration configuration = spark.sessionState().newHadoopConf();
        SwinModel opened = open(configuration);
        InferSettings settings = settings(images.schema(), opened);

        JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
        Broadcast<byte[]> weights = context.broadcast(opened.toSafetensors());
        Broadcast<SerializableConfiguration> hadoop = context.broadcast(new SerializableConfiguration(configuration));
        OutcomeCounts outcomes = new OutcomeCounts();
        OutcomeCounts devices = new OutcomeCounts();
        spark.sparkContext().register(outcomes, "images by outcome");
        spark.sparkContext().register(devices, "tasks by device");

        StructType output = columns.apply(promised, opened.config());
        InferRows task = new InferRows(settings, weights, hadoop, outcomes, devices);
        UnaryOperator<Dataset<Row>> computation = some -> computed(some, task, output);
        SwinInference.Model facts = new SwinInference.Model(
                opened.name(),
                opened.sha256(),
                opened.digest(),
                opened.recipe(),
                opened.config().classes(),
                opened.config().embeddingSize());
        return new SwinInference(computation.apply(images.toDF()), computation, facts, outcomes, devices);
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

    private SwinModel open(Configuration configuration) {
        if (!isDefined(model)) {
            throw new IllegalArgumentException("no model is set: setModel(uri) names the checkpoint to run");
        }
        SwinModel opened = new ModelRequest(
                        $(model),
                        given(imageSize).map(ModelRequest::parseImageSize),
                        given(recipe),
                        given(labels),
                        Optional.of(getWindow()).filter(tokens -> tokens > 0))
                .open(configuration);
        int last = opened.config().stages();
        for (int stage : stages()) {
            if (stage < 1 || stage > last) {
                throw new CheckpointException(
                        "%s: has stages 1 to %d, stage %d is asked for: change the embedding stages",
                        $(model), last, stage);
            }
        }
        return opened;
    }

    /** A text Param's value; empty where its empty default leaves the choice to the checkpoint. */
    private Optional<String> given(Param<String> param) {
        return Optional.of($(param)).filter(value -> !value.isEmpty());
    }

    private Precision chosenPrecision() {
        return Precision.valueOf(getPrecision().toUpperCase(Locale.ROOT));
    }

    private InferSettings settings(StructType schema, SwinModel opened) {
        return new InferSettings(
                checkColumns(schema),
                ColumnNames.index(schema, $(inputCol)),
                new ListingColumns(
                        indexIfGiven(schema, $(lengthCol)),
                        indexIfGiven(schema, $(modificationTimeCol)),
                        indexIfGiven(schema, $(etagCol))),
                // A runner is compiled for weights, input size and normalisation.
                opened.sha256() + " " + opened.config() + " " + opened.recipe(),
                opened.name(),
                opened.sha256(),
                opened.digest(),
                opened.recipe(),
                opened.classNames(),
                opened.config().scores(),
                DeviceChoice.named($(device)),
                chosenPrecision(),
                new DecodeOptions(
                        getMaxPixels(),
                        DecodeOptions.Orientation.valueOf($(orientation).toUpperCase(Locale.ROOT))),
                InvalidRows.valueOf($(handleInvalid).toUpperCase(Locale.ROOT)),
                getBatchSize() > 0
                        ? BatchSize.fixed(getBatchSize())
                        : BatchSize.auto(opened.config(), opened.inputSize()),
                (int) getOrDefault(topK),
                stages(),
                (boolean) getOrDefault(normalize) ? InferSettings.Scaling.UNIT_LENGTH : InferSettings.Scaling.NONE);
    }

    // One accessor, getter and setter per Param: Spark finds Params by public methods that return one.

    public Param<String> model() {
        return model;
    }

    public String getModel() {
        return $(model);
    }

    public SwinTransformer setModel(String value) {
        set(model, value);
        return this;
    }

    public Param<String> inputCol() {
        return inputCol;
    }

    public String getInputCol() {
        return $(inputCol);
    }

    public SwinTransformer setInputCol(String value) {
        set(inputCol, value);
        return this;
    }

    public Param<String> lengthCol() {
        return lengthCol;
    }

    public String getLengthCol() {
        return $(lengthCol);
    }

    public SwinTransformer setLengthCol(String value) {
        set(lengthCol, value);
        return this;
    }

    public Param<String> modificationTimeCol() {
        return modificationTimeCol;
    }

    public String getModificationTimeCol() {
        return $(modificationTimeCol);
    }

    public SwinTransformer setModificationTimeCol(String value) {
        set(modificationTimeCol, value);
        return this;
    }

    public Param<String> etagCol() {
        return etagCol;
    }

    public String getEtagCol() {
        return $(etagCol);
    }

    public SwinTransformer setEtagCol(String value) {
        set(etagCol, value);
        return this;
    }

    public Param<String> imageSize() {
        return imageSize;
    }

    public String getImageSize() {
        return $(imageSize);
    }

    public SwinTransformer setImageSize(String value) {
        set(imageSize, value);
        return this;
    }

    public Param<String> recipe() {
        return recipe;
    }

    public String getRecipe() {
        return $(recipe);
    }

    public SwinTransformer setRecipe(String value) {
        set(recipe, value);
        return this;
    }

    public Param<String> labels() {
        return labels;
    }

    public String getLabels() {
        return $(labels);
    }

    public SwinTransformer setLabels(String value) {
        set(labels, value);
        return this;
    }

    public IntParam topK() {
        return topK;
    }

    public int getTopK() {
        return (int) getOrDefault(topK);
    }

    public SwinTransformer setTopK(int value) {
        set(topK, value);
        return this;
    }

    public IntParam batchSize() {
        return batchSize;
    }

    public int getBatchSize() {
        return (int) getOrDefault(batchSize);
    }

    public SwinTransformer setBatchSize(int value) {
        set(batchSize, value);
        return this;
    }

    public Param<String> precision() {
        return precision;
    }

    public String getPrecision() {
        return $(precision);
    }

    public SwinTransformer setPrecision(String value) {
        set(precision, value);
        return this;
    }

    public Param<String> device() {
        return device;
    }

    public String getDevice() {
        return $(device);
    }

    public SwinTransformer setDevice(String value) {
        set(device, value);
        return this;
    }

    public Param<String> handleInvalid() {
        return handleInvalid;
    }

    public String getHandleInvalid() {
        return $(handleInvalid);
    }

    public SwinTransformer setHandleInvalid(String value) {
        set(handleInvalid, value);
        return this;
    }

    public Param<String> orientation() {
        return orientation;
    }

    public String getOrientation() {
        return $(orientation);
    }

    public SwinTransformer setOrientation(String value) {
        set(orientation, value);
        return this;
    }

    public BooleanParam normalize() {
        return normalize;
    }

    public boolean getNormalize() {
        return (boolean) getOrDefault(normalize);
    }

    public SwinTransformer setNormalize(boolean value) {
        set(normalize, value);
        return this;
    }

    public IntArrayParam embeddingStages() {
        return embeddingStages;
    }

    public int[] getEmbeddingStages() {
        return $(embeddingStages);
    }

    public SwinTransformer setEmbeddingStages(int... values) {
        set(embeddingStages, values);
        return this;
    }

    public IntParam window() {
        return window;
    }

    public int getWindow() {
        return (int) getOrDefault(window);
    }

    public SwinTransformer setWindow(int value) {
        set(window, value);
        return this;
    }

    public LongParam maxPixels() {
        return maxPixels;
    }

    public long getMaxPixels() {
        return (long) getOrDefault(maxPixels);
    }

    public SwinTransformer setMaxPixels(long value) {
        set(maxPixels, value);
        return this;
    }

    public Param<String> outputPrefix() {
        return outputPrefix;
    }

    public String getOutputPrefix() {
        return $(outputPrefix);
    }

    public SwinTransformer setOutputPrefix(String value) {
        set(outputPrefix, value);
        return this;
    }
}
