package io.swinlake.cli.doctor;

import io.swinlake.cli.command.DeviceArguments;
import io.swinlake.cli.command.Exit;
import io.swinlake.cli.command.Json;
import io.swinlake.cli.command.ModelArguments;
import io.swinlake.cli.command.Sessions;
import io.swinlake.cli.command.Versions;
import io.swinlake.cli.doctor.CheckResult.Wrong;
import io.swinlake.image.DecodeOptions;
import io.swinlake.image.ImageException;
import io.swinlake.image.Pixels;
import io.swinlake.image.format.ImageDecoder;
import io.swinlake.model.SwinModel;
import io.swinlake.preprocess.Preprocessor;
import io.swinlake.runtime.SwinRunner;
import io.swinlake.runtime.device.Precision;
import io.swinlake.runtime.device.Target;
import io.swinlake.search.Ranking;
import io.swinlake.spark.DuplicateEmbeddings;
import io.swinlake.spark.EmbeddingColumns;
import io.swinlake.spark.NearestEmbeddings;
import io.swinlake.spark.SwinInference;
import io.swinlake.spark.SwinTransformer;
import io.swinlake.swin.ImageSize;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.imageio.ImageIO;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Looks, before a long job does, whether everything that {@code infer} needs is there, by doing each thing once: on the
 * driver and, where they are processes of their own, on an executor. Every check is a line; a failed one says what to do.
 */
@Command(
        name = "doctor",
        description = "Checks engine, devices, memory, model, lake and one image from end to end, in less than 30 s.",
        sortOptions = false,
        mixinStandardHelpOptions = true)
public final class Doctor implements Callable<Integer> {
    private static final String DRIVER = "driver";
    private static final String EXECUTOR = "executor";

    /** An executor that takes longer to come is worth a look at the cluster. */
    private static final int EXECUTOR_SECONDS = 15;

    /** Cosine with the driver's fp32 embedding; formats of 8 and 11 significant bits lose some. */
    private static final double LEAST_COSINE_FP32 = 0.9999;

    private static final double LEAST_COSINE_16_BIT = 0.98;

    /** Says what is wrong rather than wait for it to get better, as the settings in {@code conf/} do. */
    private static final Map<String, String> IMPATIENT = Map.of(
            "spark.task.maxFailures", "1",
            "spark.hadoop.fs.s3a.attempts.maximum", "0",
            "spark.hadoop.fs.s3a.retry.limit", "1",
            "spark.hadoop.fs.s3a.connection.timeout", "4000",
            "spark.hadoop.fs.s3a.connection.establish.timeout", "2000");

    @Spec
    private CommandSpec spec;

    @ArgGroup(exclusive = false)
    private ModelArguments model;

    @Option(
            names = "--input",
            paramLabel = "URI",
            description = "Folder or object to list and read, as infer takes them; may be repeated.")
    private List<String> inputs = List.of();

    @Option(
            names = "--output",
            paramLabel = "URI",
            description = "Folder to write a table of one row to, and remove it.")
    private Optional<String> output = Optional.empty();

    @Mixin
    private DeviceArguments on;

    private final List<CheckResult> results = new ArrayList<>();
    private SparkSession spark;
    private SwinModel opened;
    private StorageCheck.Sample image;
    private float[] reference;

    /**
     * The last line on stdout.
     *
     * @param status {@code ok} if no check failed
     */
    private record Summary(String command, String status, long failed, double seconds, List<CheckResult> checks) {}

    @Override
    public Integer call() {
        long start = System.nanoTime();
        check("java", DRIVER, JvmChecks::java);
        check("engine", DRIVER, JvmChecks::engine);
        check("webp", DRIVER, JvmChecks::webp);
        if (check("spark", DRIVER, this::startSpark)) {
            checkCluster();
        }
        long failed = results.stream().filter(CheckResult::isFailed).count();
        Summary summary = new Summary(
                "doctor",
                failed == 0 ? "ok" : "failed",
                failed,
                Math.round((System.nanoTime() - start) / 1e8) / 10.0,
                results);
        spec.commandLine().getOut().println(Json.line(summary));
        return (failed == 0 ? Exit.GOOD : Exit.PREFLIGHT).code();
    }

    private void checkCluster() {
        Configuration configuration = spark.sessionState().newHadoopConf();
        boolean apart = !spark.sparkContext().isLocal();
        boolean executor = true;
        if (apart) {
            executor = checkOnExecutor(where -> List.of(
                    CheckResult.of("java", where, JvmChecks::java),
                    CheckResult.of("engine", where, JvmChecks::engine),
                    CheckResult.of("webp", where, JvmChecks::webp),
                    CheckResult.of("device", where, JvmChecks::devices)));
        } else {
            check("device", DRIVER, JvmChecks::devices);
        }
        checkModel(configuration);
        checkInputs(configuration, apart && executor);
        checkOutput(executor);
        checkImage(executor);
        check("memory", DRIVER, JvmChecks::memory);
        if (apart && executor) {
            checkOnExecutor(where -> List.of(CheckResult.of("memory", where, JvmChecks::memory)));
        }
    }

    private String startSpark() {
        spark = Sessions.open("doctor", IMPATIENT);
        return "Spark %s at %s, %s tasks at a time"
                .formatted(
                        Versions.spark(),
                        spark.sparkContext().master(),
                        spark.sparkContext().defaultParallelism());
    }

    private void checkModel(Configuration configuration) {
        if (model == null) {
            say(CheckResult.skipped("model", DRIVER, "no --model is given"));
            return;
        }
        checkAt(model.model, "model", () -> {
            opened = model.request().open(configuration);
            return "%s, input %s, recipe %s"
                    .formatted(
                            opened.name(), opened.inputSize(), opened.recipe().name());
        });
    }

    private void checkInputs(Configuration configuration, boolean onExecutor) {
        if (inputs.isEmpty()) {
            say(CheckResult.skipped("input", DRIVER, "no --input is given"));
        }
        for (String input : inputs) {
            boolean good = checkAt(input, "input", () -> {
                StorageCheck.Sample sample = StorageCheck.listAndRead(input, configuration);
                image = sample.isWhole() ? sample : image; // else it is no photo
                return sample.toString();
            });
            if (good && onExecutor) {
                Broadcast<SerializableConfiguration> hadoop =
                        context().broadcast(new SerializableConfiguration(configuration));
                checkOnExecutor(where -> List.of(CheckResult.of("input", where, () -> StorageCheck.listAndRead(
                                        input, hadoop.value().value())
                                .toString())
                        .at(input)));
            }
        }
    }

    private void checkOutput(boolean executor) {
        if (output.isEmpty()) {
            say(CheckResult.skipped("output", DRIVER, "no --output is given"));
        } else if (!executor) {
            say(CheckResult.skipped("output", EXECUTOR, "there is no executor that could write"));
        } else {
            checkAt(output.get(), "output", () -> StorageCheck.write(output.get(), spark));
        }
    }

    /** One image through the network: on the driver's CPU, and as infer does it. */
    private void checkImage(boolean executor) {
        if (opened == null) {
            say(CheckResult.skipped("image", DRIVER, "no model is open"));
            return;
        }
        boolean good = check("image", DRIVER, this::runOnDriver);
        if (good && executor) {
            String task = spark.sparkContext().isLocal() ? "task" : EXECUTOR;
            if (check("image", task, this::runOnExecutor)) {
                check("search", task, this::searchOnExecutor);
            }
        }
    }

    private String runOnDriver() throws IOException, ImageException {
        if (image == null) {
            image = picture();
        }
        Pixels pixels = ImageDecoder.create(DecodeOptions.defaults()).decode(image.bytes());
        ImageSize size = opened.inputSize();
        ByteBuffer slot = ByteBuffer.allocateDirect(size.height() * size.width() * 3);
        Preprocessor.of(opened.recipe()).apply(pixels, slot);
        try (SwinRunner runner = SwinRunner.open(opened, new Target("cpu", Precision.FP32))) {
            reference = runner.run(slot, 1).image(0).embedding();
        }
        return "%s: %s x %s pixels, embedded as %s numbers on the CPU in fp32"
                .formatted(image.path(), pixels.width(), pixels.height(), reference.length);
    }

    private static StorageCheck.Sample picture() throws IOException {
        BufferedImage picture = new BufferedImage(256, 256, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < 256; y++) {
            for (int x = 0; x < 256; x++) {
                picture.setRGB(x, y, x << 16 | y << 8 | (x ^ y));
            }
        }
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(picture, "png", png);
        return new StorageCheck.Sample("a picture of our own", png.toByteArray(), png.size(), 0);
    }

    private String runOnExecutor() throws Wrong {
        SwinInference inference = new SwinTransformer()
                .setModel(model.model)
                .setImageSize(model.imageSize.map(ImageSize::toString).orElse(""))
                .setRecipe(model.recipeName().orElse(""))
                .setLabels(model.labels.orElse(""))
                .setWindow(model.window.orElse(0))
                .setPrecision(on.precisionName())
                .setDevice(on.deviceName())
                .prepare(spark.createDataFrame(
                        List.of(RowFactory.create((Object) image.bytes())),
                        new StructType().add("content", DataTypes.BinaryType)));
        Row row = inference.rows().collectAsList().get(0);
        Row error = row.getAs("error");
        if (error != null) {
            throw new Wrong("see what the message says", "the row is an error: %s", error.<String>getAs("message"));
        }
        double cosine = cosine(row.getList(row.fieldIndex("embedding")));
        double least = on.precision == Precision.FP32 ? LEAST_COSINE_FP32 : LEAST_COSINE_16_BIT;
        if (!(cosine >= least)) {
            throw new Wrong(
                    "use another --device or --precision, and report this line with the model's name",
                    "%s in %s computes another embedding than the driver's CPU in fp32: cosine %.6f, not %s",
                    inference.devices().value().keySet(),
                    on.precision,
                    cosine,
                    least);
        }
        return String.format(
                Locale.ROOT,
                "through Spark on %s in %s: %s, cosine %.6f with the driver's embedding",
                String.join(" ", inference.devices().value().keySet()),
                on.precisionName(),
                row.getAs("prediction") == null
                        ? "no classes"
                        : "class %s %s"
                                .formatted(
                                        row.getAs("prediction"),
                                        Optional.ofNullable(row.getAs("label")).orElse("")),
                cosine);
    }

    /** What the searches send: the embedding's neighbour is itself, and it is nobody's duplicate. */
    private String searchOnExecutor() throws Wrong {
        Dataset<Row> table = spark.createDataFrame(
                List.of(RowFactory.create("image", reference)),
                new StructType()
                        .add("path", DataTypes.StringType)
                        .add("embedding", DataTypes.createArrayType(DataTypes.FloatType)));
        EmbeddingColumns columns = EmbeddingColumns.ofInference();
        long neighbors = new NearestEmbeddings(columns, Ranking.nearest(1))
                .join(table, table)
                .where("query = neighbor")
                .count();
        try (DuplicateEmbeddings.Pairs pairs = new DuplicateEmbeddings(columns, 1).pairs(table)) {
            long duplicates = pairs.rows().count();
            if (neighbors != 1 || duplicates != 0) {
                throw new Wrong(
                        "report this line",
                        "an embedding alone has %d neighbours and %d duplicates, where it should be its own neighbour",
                        neighbors,
                        duplicates);
            }
        }
        return "the image's embedding is its own nearest, and has no duplicate";
    }

    private double cosine(List<Float> other) {
        double product = 0;
        double square = 0;
        double otherSquare = 0;
        for (int i = 0; i < reference.length; i++) {
            product += (double) reference[i] * other.get(i);
            square += (double) reference[i] * reference[i];
            otherSquare += (double) other.get(i) * other.get(i);
        }
        return product / Math.sqrt(square * otherSquare);
    }

    /** Makes checks in a task. Returns whether an executor took it, whatever they came to. */
    private boolean checkOnExecutor(Function<String, List<CheckResult>> checks) {
        // As text, because Spark's serialisers differ in what they can carry.
        JavaFutureAction<List<String>> task = context()
                .parallelize(new ArrayList<>(List.of(0)), 1)
                .flatMap(any ->
                        checks.call(JvmChecks.name()).stream().map(Json::line).iterator())
                .collectAsync();
        CheckResult came = CheckResult.of("executor", EXECUTOR, () -> {
            try {
                for (String line : task.get(EXECUTOR_SECONDS, TimeUnit.SECONDS)) {
                    say(Json.read(line, CheckResult.class));
                }
                return "";
            } catch (TimeoutException e) {
                task.cancel(true);
                throw new Wrong(
                        "ask for smaller executors (--executor-memory, --executor-cores), or look at the cluster's"
                                + " page for what they wait for",
                        "none took a task within %d s",
                        EXECUTOR_SECONDS);
            }
        });
        if (came.isFailed()) {
            say(came);
        }
        return !came.isFailed();
    }

    private JavaSparkContext context() {
        return JavaSparkContext.fromSparkContext(spark.sparkContext());
    }

    private boolean check(String name, String where, Callable<String> work) {
        CheckResult result = CheckResult.of(name, where, work);
        say(result);
        return !result.isFailed();
    }

    private boolean checkAt(String place, String name, Callable<String> work) {
        CheckResult result = CheckResult.of(name, DRIVER, work).at(place);
        say(result);
        return !result.isFailed();
    }

    private void say(CheckResult result) {
        results.add(result);
        spec.commandLine().getOut().println(result.line());
    }
}
