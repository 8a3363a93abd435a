package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.Launcher;
import io.swinlake.LinkCheck;
import io.swinlake.PythonEnvironment;
import io.swinlake.ShortRun;
import io.swinlake.bench.LoopbackS3;
import io.swinlake.spark.Demo;
import io.swinlake.spark.LocalSpark;
import io.swinlake.spark.SavedPipeline;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.launcher.JavaModuleOptions;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The jar that the build has just made on Sparks as they come, out of their Python packages: no setting, no jar added. Spark
 * 4.2 in every build; {@code scripts/test --spark} takes all, with Delta and S3 too.
 */
class StockSparkIT {
    private static final String ALL = "swinlake.sparks";

    @TempDir
    private Path temp;

    /** A stock Spark, as its environment's file names it. */
    private record Stock(String version, String scala, String hadoop, Path requirements) {
        Path home() {
            Path bin = PythonEnvironment.of(requirements).bin();
            try (Stream<Path> found =
                    Files.find(bin.resolveSibling("lib"), 4, (path, file) -> path.endsWith("site-packages/pyspark"))) {
                return found.findFirst().orElseThrow();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public String toString() {
            return "Spark " + version;
        }
    }

    static Stream<Stock> sparks() {
        Path python = Path.of("src/test/python");
        List<Stock> all = List.of(
                new Stock("3.5.7", "2.12", "3.3.4", python.resolve("package/package-3.5.txt")),
                new Stock("4.2.0", "2.13", "3.5.0", python.resolve("package/package-4.2.txt")),
                new Stock("4.3.0", "2.13", "3.5.0", python.resolve("stock/spark-4.3.txt")));
        return Boolean.getBoolean(ALL) ? all.stream() : Stream.of(all.get(1));
    }

    /** With the launcher, as somebody who has set {@code $SPARK_HOME}: the line that says what was found is all that it adds. */
    @ParameterizedTest
    @MethodSource("sparks")
    void theDemoIsToldApart(Stock spark) throws Exception {
        String table = temp.resolve("table").toString();

        Launcher.Run infer =
                swinlake(spark, List.of("infer", "--model", Demo.MODEL, "--input", Demo.IMAGES, "--output", table));
        Launcher.Run evaluate = swinlake(spark, List.of("evaluate", "--embeddings", table, "--truth", Demo.LABELS));

        assertThat(infer.exit()).as(infer.err()).isZero();
        assertThat(infer.summary().at("/versions/spark").asText()).isEqualTo(spark.version);
        assertThat(infer.err())
                .startsWith("swinlake: Spark %s for Scala %s in %s, Hadoop %s, Java 17\n"
                        .formatted(spark.version, spark.scala, spark.home(), spark.hadoop))
                .doesNotContain(" INFO SparkContext", "Exception");
        assertThat(evaluate.summary().get("top1").asDouble()).as(evaluate.err()).isEqualTo(0.9778);
    }

    @ParameterizedTest
    @MethodSource("sparks")
    void everyVerbGivesWhatItGivesOnTheSparkThatWeAreBuiltWith(Stock spark) throws Exception {
        Launcher.Run run = java(spark, EveryVerb.class, temp.toString(), "en");

        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.out().lines())
                .containsExactlyElementsOf(
                        EveryVerb.VERBS.stream().map(verb -> verb + " 0").toList());
        EnvironmentsIT.assertFindings(temp);
    }

    @ParameterizedTest
    @MethodSource("sparks")
    void aPipelineSavedOnOneIsLoadedOnTheOther(Stock spark) throws Exception {
        String ofBuilt = temp.resolve("of-built").toString();
        String ofStock = temp.resolve("of-stock").toString();
        SavedPipeline.save(LocalSpark.session(), ofBuilt);
        List<String> labels = SavedPipeline.labels(LocalSpark.session(), ofBuilt);

        Launcher.Run run = java(spark, SavedPipeline.class, ofBuilt, ofStock);

        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.out().strip()).isEqualTo(labels.toString()).contains("six of 2");
        assertThat(SavedPipeline.labels(LocalSpark.session(), ofStock)).isEqualTo(labels);
    }

    /** Of S3A, which no stock Spark has, it names two classes, and those only where the file system is S3A. */
    @ParameterizedTest
    @MethodSource("sparks")
    void allThatWeNameIsThere(Stock spark) throws Exception {
        try (Stream<Path> files = Files.list(spark.home().resolve("jars"));
                LinkCheck check = new LinkCheck(
                        files.filter(file -> file.toString().endsWith(".jar")).toList())) {
            assertThat(check.run().broken())
                    .allMatch(line -> line.contains(" names the class org/apache/hadoop/fs/s3a/"));
        }
    }

    /** The package is the one that the refusal names. */
    @ParameterizedTest
    @MethodSource("sparks")
    @EnabledIfSystemProperty(named = ALL, matches = "true", disabledReason = "scripts/test --spark runs it")
    void aDeltaTableIsWrittenWithThePackageThatItAsksFor(Stock spark) throws Exception {
        String table = temp.resolve("delta").toString();
        List<String> infer = List.of(
                "infer",
                "--format",
                "delta",
                "--model",
                Demo.MODEL,
                "--input",
                Demo.IMAGES,
                "--output",
                table,
                "--run-id",
                "1");
        Launcher.Run without = swinlake(spark, infer);
        assertThat(without.exit()).isEqualTo(4);
        Matcher needed = Pattern.compile("--packages (\\S+) before the verb").matcher(without.err());
        if (!needed.find()) {
            assertThat(without.err())
                    .endsWith("for Spark %s none is known: take Spark 3.5, 4.0, 4.1, 4.2, or Parquet\n"
                            .formatted(spark.version));
            return;
        }

        Launcher.Run run = swinlake(spark, List.of("--packages", needed.group(1)), infer);
        Launcher.Run again = swinlake(spark, List.of("--packages", needed.group(1)), infer);

        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.summary().get("written").asInt()).isEqualTo(360);
        assertThat(again.exit()).as(again.err()).isZero();
        assertThat(temp.resolve("delta/_delta_log")).isDirectory();
    }

    /** One GET for each image, and the magic committer, with nothing but {@code hadoop-aws}. */
    @ParameterizedTest
    @MethodSource("sparks")
    @EnabledIfSystemProperty(named = ALL, matches = "true", disabledReason = "scripts/test --spark runs it")
    void aLakeInS3IsReadByOneGetEachAndCommittedWithoutRenames(Stock spark) throws Exception {
        try (LoopbackS3 s3 = LoopbackS3.start()) {
            s3.client().createBucket("lake");
            LoopbackS3.upload(s3.client(), "images/", Path.of(Demo.IMAGES));
            s3.forgetRequests();
            List<String> before =
                    new ArrayList<>(List.of("--packages", "org.apache.hadoop:hadoop-aws:" + spark.hadoop));
            s3.endpointSettings().forEach((key, value) -> before.addAll(List.of("--conf", key + "=" + value)));

            Launcher.Run run = swinlake(
                    spark,
                    before,
                    List.of(
                            "infer",
                            "--model",
                            Demo.MODEL,
                            "--input",
                            "s3a://lake/images",
                            "--output",
                            "s3a://lake/table"));

            assertThat(run.exit()).as(run.err()).isZero();
            assertThat(run.summary().get("written").asInt()).isEqualTo(360);
            assertThat(s3.requests().stream().filter(request -> request.path().startsWith("/lake/images/digit-")))
                    .hasSize(360)
                    .allMatch(request -> request.method().equals("GET"));
            assertThat(s3.client().getObjectAsString("lake", "table/_SUCCESS")).contains("\"committer\" : \"magic\"");
        }
    }

    private static Launcher.Run swinlake(Stock spark, List<String> words) throws Exception {
        return swinlake(spark, List.of(), words);
    }

    private static Launcher.Run swinlake(Stock spark, List<String> options, List<String> words) throws Exception {
        Map<String, String> environment = new HashMap<>(LoopbackS3.environment());
        environment.put("SPARK_HOME", spark.home().toString());
        List<String> all = new ArrayList<>(List.of("--master", "local[2]"));
        all.addAll(options);
        all.addAll(words);
        return Launcher.swinlake(environment, all);
    }

    /** A program of the tests with our jar in a JVM of that Spark: several jobs for the price of one start. */
    private static Launcher.Run java(Stock spark, Class<?> program, String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(JavaModuleOptions.defaultModuleOptions().split(" ", -1)));
        command.addAll(List.of(ShortRun.JAVA_OPTIONS.split(" ", -1)));
        command.addAll(
                List.of("-Xmx2g", "-Dspark.master=local[2]", "-Dspark.ui.enabled=false", "-Dspark.log.level=WARN"));
        command.addAll(List.of(
                "-cp",
                String.join(
                        File.pathSeparator,
                        Launcher.jar().toString(),
                        "target/test-classes",
                        spark.home().resolve("jars/*").toString()),
                program.getName()));
        command.addAll(List.of(arguments));
        return Launcher.run(Map.of(), command);
    }
}
