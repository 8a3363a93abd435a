package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.swinlake.InstalledJava;
import io.swinlake.Launcher;
import io.swinlake.LinkCheck;
import io.swinlake.StockSpark;
import io.swinlake.bench.FlatBucket;
import io.swinlake.bench.LoopbackS3;
import io.swinlake.cli.command.Versions;
import io.swinlake.spark.Demo;
import io.swinlake.spark.LocalSpark;
import io.swinlake.spark.SavedPipeline;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The jar that the build has just made on Sparks as they come, out of their Python packages: no setting, no jar added. Spark
 * 4.2 in every build; {@code scripts/test --spark} takes all, with Delta and S3 too.
 */
class StockSparkIT {
    @TempDir
    private Path temp;

    /** With the launcher, as somebody who has set {@code $SPARK_HOME}: the line that says what was found is all that it adds. */
    @ParameterizedTest
    @MethodSource("io.swinlake.StockSpark#tested")
    void theDemoIsToldApart(StockSpark spark) throws Exception {
        String table = temp.resolve("table").toString();

        Launcher.Run infer =
                swinlake(spark, List.of("infer", "--model", Demo.MODEL, "--input", Demo.IMAGES, "--output", table));
        Launcher.Run evaluate = swinlake(spark, List.of("evaluate", "--embeddings", table, "--truth", Demo.LABELS));

        assertThat(infer.exit()).as(infer.err()).isZero();
        assertThat(infer.summary().at("/versions/spark").asText()).isEqualTo(spark.version());
        assertThat(infer.err())
                .startsWith("swinlake: Spark %s for Scala %s in %s, Hadoop %s, Java 17\n"
                        .formatted(spark.version(), spark.scala(), spark.home(), spark.hadoop()))
                .doesNotContain(" INFO SparkContext", "Exception");
        assertThat(evaluate.summary().get("top1").asDouble()).as(evaluate.err()).isEqualTo(0.9778);
    }

    @ParameterizedTest
    @MethodSource("io.swinlake.StockSpark#tested")
    void everyVerbGivesWhatItGivesOnTheSparkThatWeAreBuiltWith(StockSpark spark) throws Exception {
        Launcher.Run run = spark.java(EveryVerb.class, temp.toString(), "en");

        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.out().lines())
                .containsExactlyElementsOf(
                        EveryVerb.VERBS.stream().map(verb -> verb + " 0").toList());
        EnvironmentsIT.assertFindings(temp);
    }

    @ParameterizedTest
    @MethodSource("io.swinlake.StockSpark#tested")
    void aPipelineSavedOnOneIsLoadedOnTheOther(StockSpark spark) throws Exception {
        String ofBuilt = temp.resolve("of-built").toString();
        String ofStock = temp.resolve("of-stock").toString();
        SavedPipeline.save(LocalSpark.session(), ofBuilt);
        List<String> labels = SavedPipeline.labels(LocalSpark.session(), ofBuilt);

        Launcher.Run run = spark.java(SavedPipeline.class, ofBuilt, ofStock);

        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.out().strip()).isEqualTo(labels.toString()).contains("six of 2");
        assertThat(SavedPipeline.labels(LocalSpark.session(), ofStock)).isEqualTo(labels);
    }

    /** Of S3A, which no stock Spark has, it names two classes, and those only where the file system is S3A. */
    @ParameterizedTest
    @MethodSource("io.swinlake.StockSpark#tested")
    void allThatWeNameIsThere(StockSpark spark) throws Exception {
        try (LinkCheck check = new LinkCheck(spark.jars())) {
            assertThat(check.run().broken())
                    .allMatch(line -> line.contains(" names the class org/apache/hadoop/fs/s3a/"));
        }
    }

    static Stream<Arguments> otherJavas() {
        return StockSpark.tested().flatMap(spark -> Versions.javas(spark.version()).stream()
                .filter(java -> java > 17)
                .map(java -> Arguments.of(spark, java)));
    }

    @ParameterizedTest(name = "{0} on Java {1}")
    @MethodSource("otherJavas")
    @EnabledIfSystemProperty(named = StockSpark.ALL, matches = "true", disabledReason = "scripts/test --spark runs it")
    void theDemoIsToldApartOnEveryJavaThatASparkRunsOn(StockSpark spark, int java) throws Exception {
        String table = temp.resolve("table").toString();
        Optional<Path> home = InstalledJava.home(feature -> feature == java);
        assumeTrue(home.isPresent(), "no Java " + java + " in /usr/lib/jvm");
        Map<String, String> environment = Map.of("JAVA_HOME", home.orElseThrow().toString());

        Launcher.Run infer = swinlake(
                spark,
                environment,
                List.of("infer", "--model", Demo.MODEL, "--input", Demo.IMAGES, "--output", table, "--run-id", "1"));
        Launcher.Run evaluate =
                swinlake(spark, environment, List.of("evaluate", "--embeddings", table, "--truth", Demo.LABELS));
        Launcher.Run nearest = swinlake(
                spark, environment, List.of("nearest", "--embeddings", table, "--query", "digit-000.png", "--k", "2"));

        assertThat(infer.exit()).as(infer.err()).isZero();
        assertThat(infer.err())
                .startsWith("swinlake: Spark %s ".formatted(spark.version()))
                .contains(", Java " + java + "\n");
        assertThat(infer.summary().at("/versions/java").asText()).startsWith(java + ".");
        assertThat(evaluate.summary().get("top1").asDouble()).as(evaluate.err()).isEqualTo(0.9778);
        assertThat(nearest.out()).as(nearest.err()).contains("digit-211.png");
    }

    static Stream<Arguments> foreignTables() {
        return StockSpark.tested()
                .flatMap(spark -> Stream.of("delta", "iceberg").map(format -> Arguments.of(spark, format)));
    }

    /** The package is the one that the refusal names. */
    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("foreignTables")
    @EnabledIfSystemProperty(named = StockSpark.ALL, matches = "true", disabledReason = "scripts/test --spark runs it")
    void aTableIsWrittenWithThePackageThatItAsksFor(StockSpark spark, String format) throws Exception {
        String table = format.equals("delta") ? temp.resolve("delta").toString() : "lake.tables.digits";
        List<String> infer =
                List.of("infer", "--format", format, "--model", Demo.MODEL, "--input", Demo.IMAGES, "--output", table);
        Launcher.Run without = swinlake(spark, infer);
        assertThat(without.exit()).isEqualTo(4);
        Matcher needed = Pattern.compile("--packages (\\S+) before the verb").matcher(without.err());
        if (!needed.find()) {
            assertThat(without.err())
                    .containsPattern("for Spark %s none is known: take Spark 3.5, 4.0, 4.1(, 4.2)?, or Parquet\n$"
                            .formatted(spark.version()));
            return;
        }
        List<String> options = List.of(
                "--packages",
                needed.group(1),
                // Spark has them. Where Maven has left their POMs without the jars, Ivy looks no further.
                "--exclude-packages",
                "org.slf4j:slf4j-api,commons-logging:commons-logging",
                "--conf",
                "spark.sql.catalog.lake=org.apache.iceberg.spark.SparkCatalog",
                "--conf",
                "spark.sql.catalog.lake.type=hadoop",
                "--conf",
                "spark.sql.catalog.lake.warehouse=" + temp.resolve("warehouse"));

        Launcher.Run run = swinlake(spark, Map.of(), options, infer);
        Launcher.Run evaluate =
                swinlake(spark, Map.of(), options, List.of("evaluate", "--embeddings", table, "--truth", Demo.LABELS));

        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.summary().get("written").asInt()).isEqualTo(360);
        assertThat(evaluate.summary().get("top1").asDouble()).as(evaluate.err()).isEqualTo(0.9778);
        assertThat(temp.resolve(format.equals("delta") ? "delta/_delta_log" : "warehouse/tables/digits/metadata"))
                .isDirectory();
    }

    /** One GET for each image, and the magic committer, with nothing but {@code hadoop-aws}. */
    @ParameterizedTest
    @MethodSource("io.swinlake.StockSpark#tested")
    @EnabledIfSystemProperty(named = StockSpark.ALL, matches = "true", disabledReason = "scripts/test --spark runs it")
    void aLakeInS3IsReadByOneGetEachAndCommittedWithoutRenames(StockSpark spark) throws Exception {
        try (LoopbackS3 s3 = LoopbackS3.start()) {
            s3.client().createBucket("lake");
            LoopbackS3.upload(s3.client(), "images/", Path.of(Demo.IMAGES));
            s3.forgetRequests();
            List<String> before = withHadoopAws(spark, "", s3.endpointSettings());

            Launcher.Run run = swinlake(spark, LoopbackS3.environment(), before, inferInS3("table"));
            assertThat(run.exit()).as(run.err()).isZero();
            assertThat(run.summary().get("written").asInt()).isEqualTo(360);
            assertThat(s3.requests().stream().filter(request -> request.path().startsWith("/lake/images/digit-")))
                    .hasSize(360)
                    .allMatch(request -> request.method().equals("GET"));
            assertThat(s3.client().getObjectAsString("lake", "table/_SUCCESS"))
                    .containsPattern("\"committer\" ?: ?\"magic\""); // Hadoop 3.5 leaves the spaces out

            Launcher.Run withId = swinlake(
                    spark,
                    LoopbackS3.environment(),
                    before,
                    Stream.concat(inferInS3("runs").stream(), Stream.of("--run-id", "1"))
                            .toList());

            assertThat(withId.exit()).as(withId.err()).isZero();
            assertThat(withId.summary().get("written").asInt()).isEqualTo(360);
            assertThat(s3.requests().stream()
                            .filter(request -> request.path().startsWith("/lake/runs/_runs/1/parts/")
                                    && !Set.of("GET", "HEAD", "DELETE").contains(request.method())))
                    .isNotEmpty()
                    .allMatch(request ->
                            request.method().equals("PUT") && request.path().endsWith(".unfinished"));
        }
    }

    private static List<String> inferInS3(String output) {
        return List.of(
                "infer", "--model", Demo.MODEL, "--input", "s3a://lake/images", "--output", "s3a://lake/" + output);
    }

    /** Amazon's client is another one from Hadoop 3.4 on, and requests that begin at a key are its own. */
    @ParameterizedTest
    @MethodSource("io.swinlake.StockSpark#tested")
    @EnabledIfSystemProperty(named = StockSpark.ALL, matches = "true", disabledReason = "scripts/test --spark runs it")
    void aFolderOfManyObjectsIsListedByRangesOfItsKeys(StockSpark spark) throws Exception {
        try (FlatBucket bucket = FlatBucket.start(123_456, 0)) {
            List<String> before = withHadoopAws(spark, "spark.hadoop.", bucket.settings());

            Launcher.Run run = swinlake(
                    spark,
                    Map.of(),
                    before,
                    List.of(
                            "infer",
                            "--model",
                            Demo.MODEL,
                            "--input",
                            FlatBucket.FOLDER,
                            "--limit",
                            "3",
                            "--output",
                            temp.resolve("table").toString()));

            assertThat(run.summary().at("/failed_by/read~1not_found").asInt())
                    .as(run.err())
                    .isEqualTo(3);
            assertThat(bucket.requestsFromAKey()).isGreaterThan(2);
        }
    }

    private static List<String> withHadoopAws(StockSpark spark, String prefix, Map<String, String> settings) {
        List<String> options = new ArrayList<>(List.of("--packages", "org.apache.hadoop:hadoop-aws:" + spark.hadoop()));
        settings.forEach((key, value) -> options.addAll(List.of("--conf", prefix + key + "=" + value)));
        return options;
    }

    private static Launcher.Run swinlake(StockSpark spark, List<String> words) throws Exception {
        return swinlake(spark, Map.of(), words);
    }

    private static Launcher.Run swinlake(StockSpark spark, Map<String, String> environment, List<String> words)
            throws Exception {
        return swinlake(spark, environment, List.of(), words);
    }

    private static Launcher.Run swinlake(
            StockSpark spark, Map<String, String> more, List<String> options, List<String> words) throws Exception {
        Map<String, String> environment = new HashMap<>(more);
        environment.put("SPARK_HOME", spark.home().toString());
        List<String> all = new ArrayList<>(List.of("--master", "local[2]"));
        all.addAll(options);
        all.addAll(words);
        return Launcher.swinlake(environment, all);
    }
}
