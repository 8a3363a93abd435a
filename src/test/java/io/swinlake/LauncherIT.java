package io.swinlake;

import static io.swinlake.Launcher.swinlake;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.swinlake.Launcher.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
        assertThat(run.out()).matches("swinlake \\d+\\.\\d+\\.\\d+(-SNAPSHOT)?, Spark 3\\.5\\.\\d+, Java 17.*\n");
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
        Path sparkHome = fakeSparkHome("3.5.1");

        Run run = swinlake(
                Map.of("SPARK_HOME", sparkHome.toString()),
                List.of("--master=yarn", "--conf", "spark.a=b c", "infer", "--model", "m", "--", "--name", "n"));

        assertThat(run.exit()).isEqualTo(7);
        List<String> words = run.out().lines().toList();
        assertThat(words)
                .startsWith("--class", "io.swinlake.cli.Main")
                .containsSubsequence("--conf", "spark.executorEnv.OMP_NUM_THREADS=1")
                .containsSubsequence("--master=yarn", "--conf", "spark.a=b c", "--name", "n")
                .endsWith("infer", "--model", "m");
        assertThat(words.get(words.size() - 4)).endsWith("-spark3.5.jar");
    }

    @Test
    void anotherSparkIsRefused() throws Exception {
        Path sparkHome = fakeSparkHome("3.4.1");

        assertThat(swinlake(Map.of("SPARK_HOME", sparkHome.toString()), List.of("inspect")))
                .isEqualTo(new Run(
                        4,
                        "",
                        "swinlake: SPARK_HOME=%s is not Spark 3.5 for Scala 2.12; unset it to use the Spark in target/spark\n"
                                .formatted(sparkHome)));
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
    private Path fakeSparkHome(String version) throws IOException {
        Path home = Files.createDirectory(temp.resolve("spark-" + version));
        Files.createFile(Files.createDirectory(home.resolve("jars")).resolve("spark-core_2.12-" + version + ".jar"));
        Path submit = Files.createDirectory(home.resolve("bin")).resolve("spark-submit");
        Files.writeString(submit, "#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit 7\n");
        Files.setPosixFilePermissions(submit, PosixFilePermissions.fromString("rwxr-xr-x"));
        return home;
    }
}
