package io.swinlake.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.window;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.swinlake.Fixtures;
import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.spark.sql.ColumnNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.feature.IndexToString;
import org.apache.spark.ml.feature.StringIndexer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SwinTransformerIT {
    private static final int DIGITS = 360;

    /** float32 against the float64 of the reference: what the issue allows. */
    private static final double TOLERANCE = 1e-4;

    private final SparkSession spark = LocalSpark.session();

    private Dataset<Row> lake() {
        try {
            return ImageLake.list(spark, List.of(Demo.IMAGES), "*").toDataset(spark);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private Dataset<Row> files() {
        return spark.read().format("binaryFile").load(Demo.IMAGES);
    }

    private static SwinTransformer onUris() {
        return new SwinTransformer().setModel(Demo.MODEL).setInputCol("path").setLengthCol("length");
    }

    private static SwinTransformer onBytes() {
        return new SwinTransformer().setModel(Demo.MODEL);
    }

    private static List<Row> sorted(Dataset<Row> table) {
        return table.orderBy("path").collectAsList();
    }

    private static float[] embeddings(List<Row> rows) {
        return Demo.flatten(rows.stream()
                .map(row -> row.<Float>getList(row.fieldIndex("embedding")))
                .toList());
    }

    @Test
    void givesPyTorchsEmbeddingsAndPredictionsForTheDigits() {
        List<Row> rows = sorted(onUris().transform(lake()));

        assertThat(rows).hasSize(DIGITS).allMatch(row -> row.isNullAt(row.fieldIndex("error")));
        assertThat(Fixtures.maxRelativeError(embeddings(rows), Demo.expectedEmbeddings()))
                .isLessThan(TOLERANCE);
        Dataset<Row> truth = spark.read().option("header", "true").csv(Demo.LABELS);
        long right = onUris().transform(lake())
                .selectExpr("regexp_extract(path, '[^/]+$', 0) as file", "label as predicted")
                .join(truth, "file")
                .where("label = predicted")
                .count();
        assertThat(right).isEqualTo(352); // accuracy.txt
    }

    @Test
    void resultsDependOnNeitherBatchNorPartitioning() {
        float[] batchesOfEight = embeddings(sorted(onUris().transform(lake())));
        float[] batchesOfFive = embeddings(sorted(onUris().setBatchSize(5).transform(lake().repartition(7))));

        assertThat(Fixtures.maxRelativeError(batchesOfFive, batchesOfEight)).isLessThan(1e-5);
    }

    @Test
    void readsBytesUrisAndImageStructsAlike() {
        Dataset<Row> structs = spark.read().format("image").load(Demo.IMAGES).withColumn("path", col("image.origin"));

        float[] fromUris = embeddings(sorted(onUris().transform(lake())));
        float[] fromBytes = embeddings(sorted(onBytes().transform(files())));
        float[] fromStructs = embeddings(sorted(onBytes().setInputCol("image").transform(structs)));

        assertThat(Fixtures.maxRelativeError(fromBytes, fromUris)).isLessThan(1e-5);
        assertThat(Fixtures.maxRelativeError(fromStructs, fromUris)).isLessThan(1e-5);
    }

    @Test
    void appendsTheColumnsOfTheContractToTheInputs() {
        Dataset<Row> table = onUris().transform(lake());

        assertThat(table.schema().simpleString())
                .isEqualTo(
                        "struct<path:string,length:bigint,modificationTime:timestamp,etag:string,width:int,height:int,"
                                + "prediction:int,label:string,probability:float,top_k:array<struct<index:int,label:string,probability:float>>,"
                                + "embedding:array<float>,error:struct<stage:string,code:string,message:string>,"
                                + "model:struct<name:string,sha256:string,recipe:string,precision:string,digest:string>>");
    }

    /** Lance stores such a column as vectors; the length is the model's business, so {@code transform} cannot promise it. */
    @Test
    void preparedRowsTellTheLengthOfTheirVectors() {
        StructType schema =
                onUris().setEmbeddingStages(1).prepare(lake()).rows().schema();

        assertThat(schema.apply("embedding").metadata().getLong("arrow.fixed-size-list.size"))
                .isEqualTo(128);
        assertThat(schema.apply("embedding_stage1").metadata().getLong("arrow.fixed-size-list.size"))
                .isEqualTo(16);
    }

    /** Attributes of ML, comments, char(n), also inside of structs; names with dots and backticks, and one that is there twice. */
    @Test
    void transformGivesTheColumnsThatTransformSchemaPromises() {
        Dataset<Row> images = lake().limit(2)
                .withMetadata("path", Metadata.fromJson("{\"comment\":\"where it lies\"}"))
                .withColumn("a.b `c` d", lit(1))
                .withMetadata("length", Metadata.fromJson("{\"__CHAR_VARCHAR_TYPE_STRING\":\"char(3)\"}"))
                .select(
                        col("*"),
                        lit("first").as("twice"),
                        lit(2.5).as("twice"),
                        expr("struct(1 AS inner, array(struct(1Y AS deep)) AS list)")
                                .cast(new StructType()
                                        .add("inner", DataTypes.IntegerType, false, "a comment")
                                        .add(
                                                "list",
                                                DataTypes.createArrayType(
                                                        new StructType()
                                                                .add("deep", DataTypes.ByteType, false, "another"),
                                                        false),
                                                false))
                                .as("nested"),
                        expr("map('k', 1L)").as("map"),
                        expr("CAST('2026-11-28 10:00:00' AS TIMESTAMP)").as("instant"),
                        expr("DATE '2026-11-28'").as("day"),
                        expr("1.5BD").as("decimal"));

        Dataset<Row> table = onUris().setEmbeddingStages(2).transform(images);

        assertThat(table.schema().prettyJson())
                .isEqualTo(onUris().setEmbeddingStages(2)
                        .transformSchema(images.schema())
                        .prettyJson());
        assertThat(table.select(ColumnNames.column("a.b `c` d"), col("instant"), col("embedding"))
                        .collectAsList())
                .hasSize(2)
                .allSatisfy(row -> assertThat(row.anyNull()).isFalse());
    }

    @Test
    void indexedLabelsBecomeLabelsAgainBehindIt() throws Exception {
        Dataset<Row> images = lake().limit(3).withColumn("kind", expr("IF(path LIKE '%0.png', 'first', 'other')"));
        Pipeline pipeline = new Pipeline().setStages(new PipelineStage[] {
            new StringIndexer().setInputCol("kind").setOutputCol("index"),
            onUris(),
            new IndexToString().setInputCol("index").setOutputCol("again")
        });

        List<Row> rows =
                pipeline.fit(images).transform(images).select("kind", "again").collectAsList();

        assertThat(rows).hasSize(3).allSatisfy(row -> assertThat(row.getString(1))
                .isEqualTo(row.getString(0)));
    }

    @Test
    void twoNetworksFitIntoOnePipelineAndStayApartWhenSaved(@TempDir Path folder) throws Exception {
        PipelineModel both = new Pipeline()
                .setStages(new PipelineStage[] {
                    onUris(), onUris().setOutputPrefix("b_").setNormalize(true)
                })
                .fit(lake());
        both.save(folder.resolve("both").toString());

        Row row = PipelineModel.load(folder.resolve("both").toString())
                .transform(lake().limit(1))
                .first();

        assertThat(row.<String>getAs("b_label")).isEqualTo(row.getAs("label"));
        assertThat(row.<Object>getAs("b_embedding")).isNotEqualTo(row.getAs("embedding"));
        assertThatThrownBy(() -> onUris().transformSchema(
                                both.transform(lake()).drop("width").schema()))
                .hasMessage(
                        "column 'height' exists already, and SwinTransformer writes one of that name: rename or drop it,"
                                + " or set another outputPrefix");
        assertThatThrownBy(() -> new SwinTransformer("swin").setOutputPrefix("b."))
                .hasMessage("swin parameter outputPrefix given invalid value b..");
    }

    /** Without it, an aggregate over a window of the images' time is refused in append mode. */
    @Test
    void aStreamKeepsItsWatermark(@TempDir Path folder) throws Exception {
        lake().limit(2).write().parquet(folder.resolve("images").toString());
        Dataset<Row> stream = spark.readStream()
                .schema(lake().schema())
                .parquet(folder.resolve("images").toString())
                .withWatermark("modificationTime", "1 minute");
        Dataset<Row> perHour = onUris().transform(stream)
                .groupBy(window(col("modificationTime"), "1 hour"))
                .count();

        StreamingQuery query = perHour.writeStream()
                .outputMode("append")
                .format("memory")
                .queryName("per_hour")
                .option("checkpointLocation", folder.resolve("state").toString())
                .trigger(Trigger.AvailableNow())
                .start();

        query.processAllAvailable();
        assertThat(query.exception().isEmpty()).isTrue();
        assertThat(query.lastProgress().eventTime()).containsKey("watermark");
        query.stop();
    }

    @Test
    void readsColumnsWhateverTheirNamesAndTellsCaseAsSparkDoes() {
        Dataset<Row> images =
                lake().limit(1).withColumnRenamed("path", "s3.path `of` it").withColumnRenamed("length", "how long");
        SwinTransformer swin = onUris().setInputCol("S3.path `of` it").setLengthCol("how long");

        Row row = swin.transform(images).first();

        assertThat(row.isNullAt(row.fieldIndex("error"))).isTrue();
        spark.conf().set("spark.sql.caseSensitive", true);
        try {
            assertThatThrownBy(() -> swin.transform(images))
                    .hasMessage("column 'S3.path `of` it' does not exist; there are [s3.path `of` it, how long,"
                            + " modificationTime, etag]");
        } finally {
            spark.conf().unset("spark.sql.caseSensitive");
        }
        assertThatThrownBy(() -> swin.transformSchema(images.withColumn("x", lit(1))
                        .select(col("x"), col("x").as("X"), col("`how long`"))
                        .schema()))
                .hasMessage("column 'S3.path `of` it' does not exist; there are [x, X, how long]");
    }

    @Test
    void whatIsNoUriOrNoLengthCostsARow() {
        Dataset<Row> images = spark.sql("SELECT * FROM VALUES (NULL, 1L), ('', 1L), (':', NULL), ('s3a://', -1L),"
                + " ('no-such-scheme://x/y', 1L), ('file:///no/such', -5L) AS t(path, length)");

        List<Row> rows = onUris().transform(images).collectAsList();

        assertThat(rows).hasSize(6).allSatisfy(row -> assertThat(
                        row.<Row>getAs("error").<String>getAs("stage"))
                .isEqualTo("read"));
    }

    @Test
    void anUnknownLengthIsNullOrNegative() {
        Dataset<Row> images = lake().limit(2).withColumn("length", expr("IF(path LIKE '%000.png', NULL, -1L)"));

        assertThat(onUris().transform(images).where("error IS NULL").count()).isEqualTo(2);
    }

    @Test
    void topKIsOrderedAndStartsWithThePrediction() {
        Row row = onUris().setTopK(3).transform(lake().limit(1)).first();
        List<Row> top = row.getList(row.fieldIndex("top_k"));

        assertThat(top).hasSize(3);
        assertThat(top.get(0).getInt(0)).isEqualTo(row.<Integer>getAs("prediction"));
        assertThat(top.get(0).getString(1)).isEqualTo(row.<String>getAs("label"));
        assertThat(top.get(0).getFloat(2)).isEqualTo(row.<Float>getAs("probability"));
        assertThat(top.get(0).getFloat(2)).isGreaterThanOrEqualTo(top.get(1).getFloat(2));
        assertThat(top.get(1).getFloat(2)).isGreaterThanOrEqualTo(top.get(2).getFloat(2));
    }

    /** The pooled stages against the fixtures' stage outputs is the network test's business; here: columns and values. */
    @Test
    void everyStageThatIsAskedForHasItsOwnColumn() {
        Dataset<Row> table = onUris().setEmbeddingStages(4, 1).transform(lake().limit(3));

        assertThat(table.columns()).endsWith("model", "embedding_stage1", "embedding_stage4");
        for (Row row : table.collectAsList()) {
            assertThat(row.<Float>getList(row.fieldIndex("embedding_stage1"))).hasSize(16);
            assertThat(row.<Float>getList(row.fieldIndex("embedding_stage4")))
                    .hasSize(128)
                    .isNotEqualTo(row.getList(row.fieldIndex("embedding")));
        }
    }

    @Test
    void whatTheNetworkCannotRunIsRefusedOnTheDriver() {
        assertThatThrownBy(() -> onUris().setEmbeddingStages(5).transform(lake()))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(Demo.MODEL + ": has stages 1 to 4, stage 5 is asked for: change the embedding stages");
        assertThatThrownBy(() -> onUris().setImageSize("32").transform(lake()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("smaller than the window of 4");
    }

    @Test
    void normalisedEmbeddingsHaveLengthOne() {
        Row row = onUris().setNormalize(true).transform(lake().limit(1)).first();
        List<Float> embedding = row.getList(row.fieldIndex("embedding"));

        double squares = embedding.stream().mapToDouble(value -> value * value).sum();
        assertThat(squares).isEqualTo(1, within(1e-6));
    }

    private static List<String> values(SwinTransformer swin) {
        return Arrays.stream(swin.params())
                .map(param -> param.name() + "=" + Arrays.deepToString(new Object[] {swin.getOrDefault(param)}))
                .toList();
    }

    @Test
    void staysTheSameWhenSavedInAPipelineModel(@TempDir Path folder) throws IOException {
        SwinTransformer swin = onUris().setTopK(2)
                .setBatchSize(3)
                .setHandleInvalid("skip")
                .setNormalize(true)
                .setEmbeddingStages(2);
        PipelineModel pipeline =
                new Pipeline().setStages(new PipelineStage[] {swin}).fit(lake());
        String saved = folder.resolve("pipeline").toString();
        pipeline.save(saved);

        SwinTransformer restored = (SwinTransformer) PipelineModel.load(saved).stages()[0];

        assertThat(restored.uid()).isEqualTo(swin.uid());
        assertThat(values(restored)).isEqualTo(values(swin));
        Row before = pipeline.transform(lake().limit(1)).first();
        assertThat(restored.transform(lake().limit(1)).first()).isEqualTo(before);
    }

    @Test
    void aCopyHasAllParams() {
        SwinTransformer swin = onUris().setTopK(2).setPrecision("bf16");

        SwinTransformer copy = swin.copy(
                new org.apache.spark.ml.param.ParamMap().put(swin.batchSize().w(9)));

        assertThat(copy.getTopK()).isEqualTo(2);
        assertThat(copy.getPrecision()).isEqualTo("bf16");
        assertThat(copy.getBatchSize()).isEqualTo(9);
        assertThat(swin.getBatchSize()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFileWrittenAgainSinceItsListingIsARowWithItsError(boolean java8Times, @TempDir Path folder)
            throws IOException {
        for (String name : List.of("digit-000.png", "digit-001.png")) {
            Files.copy(Path.of(Demo.IMAGES, name), folder.resolve(name));
        }
        spark.conf().set("spark.sql.datetime.java8API.enabled", java8Times);
        try {
            Dataset<Row> listed =
                    ImageLake.list(spark, List.of(folder.toString()), "*").toDataset(spark);
            Files.setLastModifiedTime(folder.resolve("digit-001.png"), FileTime.fromMillis(0));

            List<Row> rows = sorted(onUris().setModificationTimeCol("modificationTime")
                    .setEtagCol("etag")
                    .transform(listed)
                    .select("path", "error.stage", "error.code"));
            assertThat(rows.get(0).isNullAt(1)).isTrue();
            assertThat(rows.get(1).getString(1)).isEqualTo("read");
            assertThat(rows.get(1).getString(2)).isEqualTo("changed");
        } finally {
            spark.conf().unset("spark.sql.datetime.java8API.enabled");
        }
    }

    @Test
    void namesTheColumnThatItObjectsTo() {
        assertThatThrownBy(() -> onBytes().transformSchema(lake().schema()))
                .hasMessage("column 'content' does not exist; there are [path, length, modificationTime, etag]");
        assertThatThrownBy(() -> onBytes().setInputCol("length").transformSchema(lake().schema()))
                .hasMessage(
                        "column 'length' is bigint; an image is binary (a file's bytes), string (a URI), struct<bytes, path> or Spark's image struct");
        assertThatThrownBy(() -> onUris().setLengthCol("path").transformSchema(lake().schema()))
                .hasMessage("column 'path' is string; a length is bigint");
        assertThatThrownBy(() -> onUris().setModificationTimeCol("length").transformSchema(lake().schema()))
                .hasMessage("column 'length' is bigint; a modification time is timestamp");
        assertThatThrownBy(() -> onUris().setEtagCol("length").transformSchema(lake().schema()))
                .hasMessage("column 'length' is bigint; an etag is string");
        assertThatThrownBy(() -> onUris().transformSchema(
                                lake().withColumn("Label", lit("cat")).schema()))
                .hasMessage(
                        "column 'label' exists already, and SwinTransformer writes one of that name: rename or drop it,"
                                + " or set another outputPrefix");
    }

    @Test
    void refusesParamsThatMakeNoSense() {
        assertThatThrownBy(() -> new SwinTransformer("swin").setTopK(0))
                .hasMessage("swin parameter topK given invalid value 0.");
        assertThatThrownBy(() -> new SwinTransformer("swin").setPrecision("int3"))
                .hasMessage("precision is one of [fp32, bf16, fp16, int8, auto], found 'int3'");
        assertThatThrownBy(() -> new SwinTransformer().setInputCol("path").transform(lake()))
                .hasMessage("no model is set: setModel(uri) names the checkpoint to run");
        assertThatThrownBy(() -> onUris().setImageSize("large").transform(lake()))
                .hasMessage("an image size is N or HxW in pixels, found 'large'");
        assertThatThrownBy(() -> onUris().setModel("/no/such/model").transform(lake()))
                .isInstanceOf(CheckpointException.class)
                .hasMessage("/no/such/model: no such file or directory");
    }

    @Test
    void everyParamHasADefaultExceptTheModel() {
        SwinTransformer swin = new SwinTransformer();

        assertThat(swin.params()).hasSize(23);
        assertThat(swin.params())
                .filteredOn(param -> !swin.hasDefault(param))
                .extracting(org.apache.spark.ml.param.Param::name)
                .containsExactly("model");
    }

    /** As the thread that feeds a Python worker reads on when a limit has ended its task. */
    @Test
    void aTaskThatHasEndedGivesNoMoreToWhoReadsBehindIt() throws Exception {
        CompletableFuture<Throwable> behind = new CompletableFuture<>();
        READER.set(behind);

        List<Integer> firsts = onUris().transform(lake().coalesce(1))
                .javaRDD()
                .mapPartitions(rows -> {
                    assertThat(rows.hasNext()).isTrue();
                    TaskContext task = TaskContext.get();
                    new Thread(() -> READER.get().complete(readOn(task, rows))).start();
                    return List.of(1).iterator();
                })
                .collect();

        assertThat(firsts).containsExactly(1);
        assertThat(behind.get(60, TimeUnit.SECONDS)).isInstanceOf(TaskKilledException.class);
    }

    private static final AtomicReference<CompletableFuture<Throwable>> READER = new AtomicReference<>();

    private static Throwable readOn(TaskContext task, Iterator<Row> rows) {
        try {
            while (!task.isCompleted()) {
                Thread.sleep(5);
            }
            while (rows.hasNext()) {
                rows.next();
            }
            return new AssertionError("read to the end");
        } catch (Exception e) {
            return e;
        }
    }
}
