package io.swinlake.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import io.swinlake.checkpoint.Safetensors;
import io.swinlake.tensor.DType;
import io.swinlake.tensor.Shape;
import io.swinlake.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleUnaryOperator;
import org.apache.spark.ml.classification.LogisticRegression;
import org.apache.spark.ml.classification.LogisticRegressionModel;
import org.apache.spark.ml.classification.NaiveBayes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code head_score}: what Spark ML's model itself predicts from the demo's embeddings, and what a plain loop in float64 gives. */
class HeadScoreIT {
    private static final int DIMENSION = 128;

    /** Sums of 128 products in another order. */
    private static final double ROUNDING = 1e-12;

    @TempDir
    static Path folder;

    private static SparkSession spark;
    private static List<float[]> embeddings;
    private static Dataset<Row> table;

    @BeforeAll
    static void makeTable() throws IOException {
        spark = LocalSpark.session().newSession();
        float[] flat = Demo.expectedEmbeddings();
        List<String> labels = Files.readAllLines(Path.of(Demo.LABELS));
        List<String> classes = labels.stream()
                .skip(1)
                .map(HeadScoreIT::label)
                .distinct()
                .sorted()
                .toList();
        embeddings = new ArrayList<>();
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < flat.length / DIMENSION; i++) {
            float[] embedding = Arrays.copyOfRange(flat, i * DIMENSION, (i + 1) * DIMENSION);
            embeddings.add(embedding);
            rows.add(RowFactory.create(i, (double) classes.indexOf(label(labels.get(i + 1))), embedding));
        }
        table = spark.createDataFrame(
                        rows,
                        new StructType()
                                .add("id", DataTypes.IntegerType)
                                .add("label", DataTypes.DoubleType)
                                .add("embedding", DataTypes.createArrayType(DataTypes.FloatType)))
                .repartition(2)
                .cache();
        table.createOrReplaceTempView("embeddings");
    }

    private static String label(String line) {
        return line.substring(line.indexOf(',') + 1);
    }

    @AfterEach
    void compileAgain() {
        spark.conf().unset("spark.sql.codegen.factoryMode");
        spark.conf().unset("spark.sql.codegen.wholeStage");
    }

    /** Scores by id. */
    private static List<double[]> scores(String arguments) {
        return spark
                .sql("SELECT head_score(embedding, %s) AS s FROM embeddings ORDER BY id".formatted(arguments))
                .collectAsList()
                .stream()
                .map(row -> row.<Double>getList(0).stream()
                        .mapToDouble(Double::doubleValue)
                        .toArray())
                .toList();
    }

    private static void assertScores(List<double[]> found, List<double[]> expected) {
        assertThat(found).hasSameSizeAs(expected).hasSize(360);
        for (int i = 0; i < found.size(); i++) {
            assertThat(found.get(i)).as("row " + i).containsExactly(expected.get(i), offset(ROUNDING));
        }
    }

    @ParameterizedTest
    @CsvSource({"multinomial, label, 10", "auto, label, 10", "binomial, label = 3, 2", "multinomial, label = 3, 2"})
    void aModelOfSparkGivesItsOwnProbabilities(String family, String label, int classes) throws IOException {
        Dataset<Row> data = table.withColumn(
                        "features", org.apache.spark.ml.functions.array_to_vector(functions.col("embedding")))
                .withColumn("label", functions.expr("CAST(%s AS DOUBLE)".formatted(label)));
        LogisticRegressionModel model =
                new LogisticRegression().setFamily(family).setMaxIter(5).fit(data);
        Path saved = folder.resolve(family + classes);
        model.save(saved.toString());
        Dataset<Row> predicted = model.transform(data).orderBy("id");

        List<double[]> probabilities = vectors(predicted, "probability");
        assertThat(probabilities.get(0)).hasSize(classes);
        assertScores(scores("'%s'".formatted(saved)), probabilities);
        assertScores(scores("'%s', 'raw'".formatted(saved)), vectors(predicted, "rawPrediction"));
    }

    private static List<double[]> vectors(Dataset<Row> rows, String column) {
        return rows.select(column).collectAsList().stream()
                .map(row -> ((Vector) row.get(0)).toArray())
                .toList();
    }

    /** Intercepts of plus and minus infinity. */
    @Test
    void aModelThatSawOneClassIsCertainOfIt() throws IOException {
        Dataset<Row> data = table.where("id < 9")
                .withColumn("features", org.apache.spark.ml.functions.array_to_vector(functions.col("embedding")))
                .withColumn("label", functions.lit(2.0));
        LogisticRegressionModel model =
                new LogisticRegression().setFamily("multinomial").setMaxIter(1).fit(data);
        Path saved = folder.resolve("one-class");
        model.save(saved.toString());

        assertThat(vectors(model.transform(data), "probability").get(0)).containsExactly(0, 0, 1);
        assertThat(scores("'%s'".formatted(saved)).get(0)).containsExactly(0, 0, 1);
    }

    private static Tensor weight(int classes, int dimension) {
        float[] values = new float[classes * dimension];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i * 37 % 101 - 50) / 100f;
        }
        return Tensor.of(Shape.of(classes, dimension), values);
    }

    private static Tensor bias(int classes) {
        float[] values = new float[classes];
        for (int i = 0; i < classes; i++) {
            values[i] = (i - 1) / 3f;
        }
        return Tensor.of(Shape.of(classes), values);
    }

    private static String write(String name, Map<String, Tensor> tensors) throws IOException {
        Path file = folder.resolve(name);
        Files.write(file, Safetensors.write(new TreeMap<>(tensors), Map.of()));
        return file.toString();
    }

    private static List<double[]> plainOutputs(Tensor weight, float[] bias) {
        float[] w = weight.toFloats();
        return embeddings.stream()
                .map(x -> {
                    double[] y = new double[bias.length];
                    for (int c = 0; c < bias.length; c++) {
                        y[c] = bias[c];
                        for (int i = 0; i < x.length; i++) {
                            y[c] += (double) w[c * x.length + i] * x[i];
                        }
                    }
                    return y;
                })
                .toList();
    }

    private static List<double[]> softmax(List<double[]> outputs) {
        return outputs.stream()
                .map(y -> {
                    double greatest = Arrays.stream(y).max().getAsDouble();
                    double sum = Arrays.stream(y)
                            .map(value -> Math.exp(value - greatest))
                            .sum();
                    return each(y, value -> Math.exp(value - greatest) / sum);
                })
                .toList();
    }

    private static List<double[]> sigmoid(List<double[]> outputs) {
        return outputs.stream()
                .map(y -> each(y, value -> 1 / (1 + Math.exp(-value))))
                .toList();
    }

    private static double[] each(double[] values, DoubleUnaryOperator operator) {
        return Arrays.stream(values).map(operator).toArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "head.", "fc.", "model.classifier.1."})
    void aLinearLayerIsReadUnderAnyPrefix(String prefix) throws IOException {
        String uri = write(
                "prefixed.safetensors", Map.of(prefix + "weight", weight(7, DIMENSION), prefix + "bias", bias(7)));
        List<double[]> outputs = plainOutputs(weight(7, DIMENSION), bias(7).toFloats());

        assertScores(scores("'%s'".formatted(uri)), softmax(outputs));
        assertScores(scores("'%s', 'softmax'".formatted(uri)), softmax(outputs));
        assertScores(scores("'%s', 'sigmoid'".formatted(uri)), sigmoid(outputs));
        assertScores(scores("'%s', 'raw'".formatted(uri)), outputs);
    }

    @Test
    void oneOutputIsAProbabilityUnlessItIsAskedForRaw() throws IOException {
        String uri = write("one.safetensors", Map.of("weight", weight(1, DIMENSION)));
        List<double[]> outputs = plainOutputs(weight(1, DIMENSION), new float[1]);

        assertScores(scores("'%s'".formatted(uri)), sigmoid(outputs));
        assertScores(scores("'%s', 'raw'".formatted(uri)), outputs);
    }

    @Test
    void float64IsNotRounded() throws IOException {
        ByteBuffer third = ByteBuffer.allocate(Double.BYTES * DIMENSION).order(ByteOrder.LITTLE_ENDIAN);
        while (third.hasRemaining()) {
            third.putDouble(1 / 3.0);
        }
        Tensor weight = Tensor.view(DType.F64, Shape.of(1, DIMENSION), third.flip());
        String uri = write("double.safetensors", Map.of("weight", weight));

        assertScores(
                scores("'%s', 'raw'".formatted(uri)),
                embeddings.stream()
                        .map(x -> {
                            double sum = 0;
                            for (float value : x) {
                                sum += value / 3.0;
                            }
                            return new double[] {sum};
                        })
                        .toList());
    }

    /** The network's last layer is a head like another: stored embeddings give its classes again. */
    @Test
    void theNetworksOwnHeadGivesItsProbabilities() {
        Row row = spark.sql(
                        "SELECT swin_classify('%1$s', image, map('topK', 10)), head_score(swin_embed('%1$s', image), 'examples/demo/head.safetensors') FROM VALUES ('%2$s/digit-000.png') AS t(image)"
                                .formatted(Demo.MODEL, Demo.IMAGES))
                .first();

        List<Double> scores = row.getList(1);
        assertThat(row.<Row>getList(0)).hasSize(10).allSatisfy(best -> assertThat(best.<Float>getAs("probability"))
                .isCloseTo(scores.get(best.<Integer>getAs("index")).floatValue(), offset(1e-5f)));
    }

    @ParameterizedTest
    @CsvSource({"CODEGEN_ONLY, true", "CODEGEN_ONLY, false", "NO_CODEGEN, false"})
    void nullIsNullOnEachWay(String factoryMode, String wholeStage) throws IOException {
        String uri = write("nulls.safetensors", Map.of("weight", weight(1, 2)));
        spark.conf().set("spark.sql.codegen.factoryMode", factoryMode);
        spark.conf().set("spark.sql.codegen.wholeStage", wholeStage);

        assertThat(spark.sql("SELECT CAST(head_score(v, '%s', 'raw') AS STRING) AS s".formatted(uri)
                                + " FROM VALUES (NULL), (array(1F, NULL)), (array(0F, 0F)) AS t(v)")
                        .collectAsList())
                .containsExactly(
                        RowFactory.create((Object) null), RowFactory.create((Object) null), RowFactory.create("[0.0]"));
    }

    @Test
    void aConstantEmbeddingIsScoredOnce() throws IOException {
        String uri = write("constant.safetensors", Map.of("weight", weight(1, 2)));
        assertThat(spark.sql("SELECT head_score(array(0F, 0F), concat('%s', ''))".formatted(uri))
                        .first()
                        .getList(0))
                .isEqualTo(List.of(0.5));
    }

    @Test
    void aHeadThatWasWrittenAgainIsReadAgain() throws IOException {
        String uri = write("changing.safetensors", Map.of("weight", weight(3, DIMENSION)));
        spark.sql("CREATE OR REPLACE VIEW scored AS SELECT head_score(array_repeat(0F, %s), '%s') AS s"
                .formatted(DIMENSION, uri));
        assertThat(spark.table("scored").first().getList(0)).hasSize(3);

        write("changing.safetensors", Map.of("weight", weight(5, DIMENSION)));

        assertThat(spark.table("scored").first().getList(0)).hasSize(5);
        spark.sql("DROP VIEW scored");
    }

    @Test
    void anotherDimensionIsOneErrorWithBothNumbers() throws IOException {
        String uri = write("wide.safetensors", Map.of("weight", weight(2, 768)));
        assertThatThrownBy(() -> scores("'%s'".formatted(uri)))
                .rootCause()
                .hasMessage(
                        "[VECTOR_DIMENSION_MISMATCH] head_score: the embedding has 128 elements, the head %s takes 768. Was it"
                                        .formatted(uri)
                                + " trained on embeddings of another model?");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            head_score(embedding)                        | [WRONG_NUM_ARGS] 1 arguments for head_score(embedding, uri[, scores]) - Scores of an embedding by a linear layer that was trained on embeddings, an array of double; scores is 'softmax', 'sigmoid' or 'raw'.
            head_score(embedding, CAST(id AS STRING))    | [SWINLAKE_INVALID_ARGUMENT] argument 2 is a constant text, found CAST(embeddings.id AS STRING): head_score(embedding, uri[, scores])
            head_score(embedding, 7)                     | [SWINLAKE_INVALID_ARGUMENT] argument 2 is a constant text, found 7: head_score(embedding, uri[, scores])
            head_score(embedding, 'GOOD', 'logit')       | [SWINLAKE_INVALID_ARGUMENT] head_score: the scores are softmax, sigmoid, raw; found 'logit'
            head_score(id, 'GOOD')                       | [DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE]
            head_score(CAST(embedding AS ARRAY<DOUBLE>), 'GOOD') | requires the "ARRAY<FLOAT>" type
            head_score(embedding, '/no/head')            | [SWINLAKE_UNUSABLE_SOURCE] head_score: /no/head: no such file or directory
            head_score(embedding, 'DIR')                 | is a folder that Spark ML did not save, since it has no 'metadata'; name the file of a head, or the folder of a LogisticRegressionModel
            head_score(embedding, 'DIR/bayes')           | cannot be read as a LogisticRegressionModel that Spark ML saved: requirement failed: Error loading metadata: Expected class name org.apache.spark.ml.classification.LogisticRegressionModel but found class name org.apache.spark.ml.classification.NaiveBayesModel
            head_score(embedding, 'DIR/two.safetensors') | two.safetensors: holds 4 tensors (0.bias, 0.weight, 2.bias, 2.weight), not one linear layer, which is 'weight' [classes, dim] and 'bias' [classes] under any one prefix
            head_score(embedding, 'DIR/flat.safetensors') | flat.safetensors: 'weight' is [128]; the weight of a linear layer is [classes, dim]
            head_score(embedding, 'DIR/bias.safetensors') | bias.safetensors: 'fc.bias' is [3], 'fc.weight' is [2, 128]; a linear layer has weight [classes, dim] and bias [classes]
            head_score(embedding, 'DIR/long.safetensors') | long.safetensors: 'weight' is I64; a linear layer has F64, F32, F16 or BF16
            """)
    void whatCannotBeUsedIsRefusedWhenTheQueryIsAnalysed(String call, String message) throws IOException {
        String good = write("good.safetensors", Map.of("weight", weight(2, DIMENSION)));
        write(
                "two.safetensors",
                Map.of("0.weight", weight(2, 3), "0.bias", bias(2), "2.weight", weight(2, 2), "2.bias", bias(2)));
        write("flat.safetensors", Map.of("weight", bias(DIMENSION)));
        write("bias.safetensors", Map.of("fc.weight", weight(2, DIMENSION), "fc.bias", bias(3)));
        write("long.safetensors", Map.of("weight", Tensor.of(Shape.of(1, 2), 1L, 2L)));
        if (call.contains("bayes")) {
            new NaiveBayes()
                    .fit(table.selectExpr("label", "embedding")
                            .withColumn(
                                    "features",
                                    org.apache.spark.ml.functions.array_to_vector(
                                            functions.expr("transform(embedding, x -> abs(x))"))))
                    .save(folder.resolve("bayes").toString());
        }
        String query =
                "SELECT %s FROM embeddings".formatted(call.replace("GOOD", good).replace("DIR", folder.toString()));
        assertThatThrownBy(() -> spark.sql(query))
                .isInstanceOfAny(AnalysisException.class, io.swinlake.spark.sql.VectorException.class)
                .hasMessageContaining(message);
    }
}
