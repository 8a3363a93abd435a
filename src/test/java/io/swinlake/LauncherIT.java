package io.swinlake;

import static io.swinlake.Launcher.swinlake;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.swinlake.Launcher.Run;
import io.swinlake.cli.command.Versions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What users and schedulers rely on when they call {@code scripts/swinlake}. */
class LauncherIT {
    @TempDir
    Path temp;

    @Test
    void withoutAVerbItPrintsTheUsage() throws Exception {
        Run run = swinlake();

        assertThat(run.exit()).isEqualTo(2);
        assertThat(run.err()).startsWith("usage: scripts/swinlake [spark-submit options] VERB [options]");
    }

    @Test
    void anOptionWithoutItsValueIsAUsageError() throws Exception {
        assertThat(swinlake("--master")).isEqualTo(new Run(2, "", "swinlake: --master needs a value\n"));
    }

    @Test
    void theVersionIsThatOfTheJar() throws Exception {
        Run run = swinlake("--version");

        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.out())
                .matches(
                        "swinlake \\d+\\.\\d+\\.\\d+(-SNAPSHOT)?, Spark 3\\.5\\.7, Scala 2\\.12\\.\\d+, Hadoop 3\\.3\\.4, Java 17.*\n");
    }

    @Test
    void aUriWithAPasswordIsRefusedAndNotRepeated() throws Exception {
        Run run = swinlake("infer", "--model", "m", "--input", "s3a://key:pass+word@lake/images", "--output", "o");

        assertThat(run.exit()).isEqualTo(2);
        assertThat(run.err())
                .isEqualTo("swinlake: an argument is a URI with a user and a password, which would end up in logs and"
                        + " tables: leave them out and give them to the file system, see conf/spark-defaults.conf\n");
    }

    @Test
    void inputsInAnyScriptAreFoundUnderLocaleC() throws Exception {
        assumeThat(System.getProperty("sun.jnu.encoding"))
                .as("can start such a command")
                .isEqualTo("UTF-8");
        Path lake = Files.createDirectories(temp.resolve("\u0441\u0442\u0440\u043e\u043a\u0430"));
        Files.copy(Path.of("examples/demo/images/digit-000.png"), lake.resolve("\u732b.png"));

        Run run = swinlake(Map.of("LC_ALL", "C"), List.of("doctor", "--input", lake.toString()));

        assertThat(run.exit()).as(run.out() + run.err()).isZero();
        assertThat(run.out()).contains(lake + ": listed 1 objects, read \u732b.png of ");
    }

    private static List<String> verbs() throws Exception {
        Matcher verbs = Pattern.compile("(?m)^Verbs: ([a-z, ]+)\\.")
                .matcher(swinlake("--help").out());
        assertThat(verbs.find()).isTrue();
        return List.of(verbs.group(1).split(", ", -1));
    }

    /** Every verb on a lake, a model and a table in S3; the local quickstart differs in the places only. */
    @Test
    void theQuickstartRunsOnS3() throws Exception {
        Run run = Launcher.run(Map.of(), List.of("scripts/quickstart", "--s3"));

        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("What the S3 server was asked for the images: {GET=360}")
                .contains("top-1  0.9778 of 360 images")
                .contains("|digit-211.png|six  |")
                .contains("s3a://lake/images/digit-000.png    2  0.986341  s3a://lake/images/digit-211.png")
                .contains("\"command\":\"duplicates\"")
                .contains("\"command\":\"report\"")
                .contains("s3a://lake/table-model.safetensors");
        assertThat(Pattern.compile("(?m)^\\$ scripts/swinlake .*=true (\\w+) ")
                        .matcher(run.out())
                        .results()
                        .map(command -> command.group(1)))
                .containsExactlyInAnyOrderElementsOf(verbs());
    }

    @Test
    void sparkOptionsBeforeTheVerbAndAfterTheDashesGoToTheUsersSparkSubmit() throws Exception {
        Path sparkHome = fakeSparkHome("2.12", "3.5.1", "3.3.4");

        Run run = swinlake(
                Map.of("SPARK_HOME", sparkHome.toString()),
                List.of("--master=yarn", "--conf", "spark.a=b c", "infer", "--model", "m", "--", "--name", "n"));

        assertThat(run.exit()).isEqualTo(7);
        assertThat(run.err())
                .isEqualTo("swinlake: Spark 3.5.1 for Scala 2.12 in %s, Hadoop 3.3.4, Java 17\n".formatted(sparkHome));
        List<String> words = run.out().lines().toList();
        assertThat(words)
                .startsWith("--class", "io.swinlake.cli.Main")
                .containsSubsequence("--conf", "spark.executorEnv.OMP_NUM_THREADS=1")
                .contains("spark.driver.memory=3g", "spark.hadoop.fs.s3a.input.stream.type=classic")
                .noneMatch(word -> word.startsWith("spark.master"))
                .containsSubsequence("--master=yarn", "--conf", "spark.a=b c", "--name", "n")
                .endsWith("infer", "--model", "m");
        assertThat(words.get(words.size() - 4)).isEqualTo(Launcher.jar().toString());
    }

    @Test
    void aSparkBefore35IsRefused() throws Exception {
        Path sparkHome = fakeSparkHome("2.12", "3.4.1", "3.3.4");

        assertThat(swinlake(Map.of("SPARK_HOME", sparkHome.toString()), List.of("inspect")))
                .isEqualTo(new Run(
                        4,
                        "",
                        "swinlake: SPARK_HOME=%s is Spark 3.4.1, Swinlake needs 3.5 or later; SPARK_HOME= takes the Spark in target/spark\n"
                                .formatted(sparkHome)));
    }

    @Test
    void aFolderWithoutSparkIsRefused() throws Exception {
        assertThat(swinlake(Map.of("SPARK_HOME", temp.toString()), List.of("inspect")))
                .isEqualTo(new Run(4, "", "swinlake: SPARK_HOME=%s has no bin/spark-submit\n".formatted(temp)));
    }

    /** Of a distribution, by a link as packages make them. */
    @Test
    void theSparkOfASparkSubmitOnThePathIsTaken() throws Exception {
        Path submit = fakeSparkHome("2.13", "4.1.0", "3.4.2").resolve("bin/spark-submit");
        Path bin = Files.createDirectory(temp.resolve("bin"));
        Files.createSymbolicLink(bin.resolve("spark-submit"), submit);

        Run run = Launcher.run(
                Map.of("PATH", bin + ":" + System.getenv("PATH")),
                List.of("env", "--unset=SPARK_HOME", "scripts/swinlake", "inspect"));

        assertThat(run.exit()).isEqualTo(7);
        assertThat(run.err()).startsWith("swinlake: Spark 4.1.0 for Scala 2.13 in ");
        assertThat(run.out().lines()).containsSubsequence("--conf", "spark.master=local[*,4]");
    }

    @Test
    void whatTheUsersSparkSetsIsLeftAlone() throws Exception {
        Path sparkHome = fakeSparkHome("2.13", "4.2.0", "3.5.0");
        Files.writeString(
                Files.createDirectory(sparkHome.resolve("conf")).resolve("spark-defaults.conf"),
                "spark.master spark://host:7077\nspark.driver.memory 8g\nspark.hadoop.fs.s3a.retry.limit=3\n");

        Run run = swinlake(Map.of("SPARK_HOME", sparkHome.toString()), List.of("inspect"));

        assertThat(run.out().lines())
                .contains("spark.hadoop.fs.s3a.retry.interval=500ms")
                .noneMatch(word -> word.startsWith("spark.master"))
                .noneMatch(word -> word.startsWith("spark.driver.memory"))
                .noneMatch(word -> word.startsWith("spark.hadoop.fs.s3a.retry.limit"));
    }

    @ParameterizedTest
    @CsvSource({
        "3.5.7, 21, 17",
        "3.5.7, 25, 17",
        "4.0.1, 21,",
        "4.1.0, 25, 21",
        "4.2.0, 25,",
        "4.2.0, 22, 25",
        "4.3.0, 25,",
    })
    void aJavaThatASparkDoesNotRunOnIsRefused(String spark, int java, Integer needed) throws Exception {
        Path sparkHome = fakeSparkHome(spark.startsWith("3") ? "2.12" : "2.13", spark, "3.5.0");
        Path javaHome = temp.resolve("java");
        program(javaHome.resolve("bin/java"), "echo 'openjdk version \"%s.0.1\" 2025-10-21' >&2".formatted(java));

        Run run = swinlake(
                Map.of("SPARK_HOME", sparkHome.toString(), "JAVA_HOME", javaHome.toString()), List.of("inspect"));

        assertThat(Versions.javas(spark).contains(java)).isEqualTo(needed == null);
        assertThat(run.exit()).isEqualTo(needed == null ? 7 : 4);
        assertThat(run.err().lines().skip(1))
                .isEqualTo(
                        needed == null
                                ? List.of()
                                : List.of("swinlake: Spark %s does not run on Java %s: set JAVA_HOME to a Java %s"
                                        .formatted(spark, java, needed)));
    }

    /** The numbers, and each other verb, are the quickstart's. */
    @Test
    void theJarRunsWithoutS3AndTheExitCodesAreThoseOfTheVerb() throws Exception {
        String[] infer = {
            "--master",
            "local[2]",
            "infer",
            "--model",
            "examples/demo/model",
            "--input",
            "examples/demo/images",
            "--glob",
            "digit-00*.png",
            "--output",
            temp.resolve("table").toString()
        };

        Run first = swinlake(infer);
        Run second = swinlake(infer);

        assertThat(first.exit()).as(first.err()).isZero();
        assertThat(first.summary().get("written").asLong()).isEqualTo(10);
        assertThat(second.exit()).as("the output exists").isEqualTo(4);
        assertThat(second.err()).endsWith("exists already; choose another --output or delete it\n");
    }

    /** One transient error of a store that outlasts S3A's retries must not cost a laptop its run. */
    @Test
    void withoutAClusterATaskThatFailsIsTriedFourTimes() throws Exception {
        String table = temp.resolve("table").toString();
        Path query = Files.writeString(temp.resolve("fails.sql"), "SELECT raise_error(path) FROM embeddings");
        List<String> infer = List.of("infer", "--model", "examples/demo/model", "--output", table, "--input");
        Run first = swinlake(
                Map.of(),
                Stream.concat(infer.stream(), Stream.of("examples/demo/images/digit-000.png"))
                        .toList());
        Run failing = swinlake("sql", query.toString(), "--embeddings", table);

        assertThat(first.exit()).as(first.err()).isZero();
        assertThat(failing.exit()).isEqualTo(1);
        assertThat(failing.err()).contains("failed 4 times; aborting job");
    }

    @Test
    void aPrecisionThatALimitOfTheLibrariesTakesAwayIsRefusedInOneLine() throws Exception {
        Run run = swinlake(
                Map.of("ONEDNN_MAX_CPU_ISA", "AVX2"),
                List.of(
                        "infer",
                        "--model",
                        "examples/demo/model",
                        "--input",
                        "examples/demo/images",
                        "--output",
                        temp.resolve("table").toString(),
                        "--device",
                        "cpu",
                        "--precision",
                        "int8"));

        assertThat(run.exit()).isEqualTo(4);
        assertThat(run.err().lines())
                .singleElement()
                .asString()
                .startsWith("swinlake infer: precision int8 needs a CPU with avx512_vnni, which this one is not")
                .endsWith(": on others libtorch adds products in 16 bits, which overflow; use fp32");
        assertThat(temp.resolve("table")).doesNotExist();
    }

    /** A Spark distribution as far as the launcher looks at it, whose spark-submit prints its words and exits with 7. */
    private Path fakeSparkHome(String scala, String version, String hadoop) throws IOException {
        Path home = temp.resolve("spark-" + version);
        Path jars = Files.createDirectories(home.resolve("jars"));
        Files.createFile(jars.resolve("spark-core_%s-%s.jar".formatted(scala, version)));
        Files.createFile(jars.resolve("hadoop-client-api-%s.jar".formatted(hadoop)));
        program(home.resolve("bin/spark-submit"), "printf '%s\\n' \"$@\"\nexit 7");
        return home;
    }

    private static void program(Path file, String lines) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + lines + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
