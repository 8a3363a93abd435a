package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code scripts/swinlake} as a person runs it: the jar for spark-submit, and a Spark home without our dependencies. */
class LauncherIT {
    private static final Path PROJECT = Path.of("").toAbsolutePath();

    @TempDir
    Path temp;

    @Test
    void withoutAVerbItPrintsTheUsage() throws Exception {
        Run run = swinlake(Map.of());

        assertThat(run.exit()).isEqualTo(2);
        assertThat(run.err()).startsWith("usage: scripts/swinlake [spark-submit options] VERB [options]");
    }

    @Test
    void anOptionWithoutItsValueIsAUsageError() throws Exception {
        assertThat(swinlake(Map.of(), "--master")).isEqualTo(new Run(2, "", "swinlake: --master needs a value\n"));
    }

    @Test
    void sparkOptionsBeforeTheVerbAndAfterTheDashesGoToTheUsersSparkSubmit() throws Exception {
        Path sparkHome = fakeSparkHome("3.5.1");

        Run run = swinlake(
                Map.of("SPARK_HOME", sparkHome.toString()),
                "--master=yarn",
                "--conf",
                "spark.a=b c",
                "infer",
                "--model",
                "m",
                "--",
                "--name",
                "n");

        assertThat(run.exit()).isEqualTo(7);
        List<String> words = run.out().lines().toList();
        assertThat(words)
                .startsWith("--class", "io.swinlake.jobs.Main")
                .containsSubsequence("--conf", "spark.executorEnv.OMP_NUM_THREADS=1")
                .containsSubsequence("--master=yarn", "--conf", "spark.a=b c", "--name", "n")
                .endsWith("infer", "--model", "m");
        assertThat(words.get(words.size() - 4)).endsWith("-spark3.5.jar");
    }

    @Test
    void anotherSparkIsRefused() throws Exception {
        Path sparkHome = fakeSparkHome("3.4.1");

        assertThat(swinlake(Map.of("SPARK_HOME", sparkHome.toString()), "inspect"))
                .isEqualTo(new Run(
                        4,
                        "",
                        "swinlake: SPARK_HOME=%s is not Spark 3.5 for Scala 2.12; unset it to use the Spark in target/spark\n"
                                .formatted(sparkHome)));
    }

    @Test
    void theJarRunsTheDemoAndTheExitCodesAreThoseOfTheVerb() throws Exception {
        String table = temp.resolve("table").toString();
        String[] infer = {
            "--master",
            "local[2]",
            "infer",
            "--model",
            "examples/demo/model",
            "--input",
            "examples/demo/images",
            "--output",
            table
        };

        Run first = swinlake(Map.of(), infer);
        Run second = swinlake(Map.of(), infer);
        Run evaluate = swinlake(Map.of(), "evaluate", "--embeddings", table, "--truth", "examples/demo/labels.csv");

        assertThat(first.exit()).as(first.err()).isZero();
        assertThat(first.summary().get("written").asLong()).isEqualTo(360);
        assertThat(second.exit()).as("the output exists").isEqualTo(4);
        assertThat(second.err()).endsWith("exists already; choose another --output or delete it\n");
        assertThat(evaluate.summary().get("top1").asDouble())
                .as("examples/demo/accuracy.txt")
                .isEqualTo(0.9778);
    }

    @Test
    void theSqlOfTheQuickstartRuns() throws Exception {
        String table = temp.resolve("table").toString();
        swinlake(
                Map.of(),
                "infer",
                "--model",
                "examples/demo/model",
                "--input",
                "examples/demo/images",
                "--glob",
                "digit-00*.png",
                "--output",
                table);

        Run sql = swinlake(Map.of(), "sql", "--embeddings", table, "jobs/sql/neighbours.sql");

        assertThat(sql.exit()).as(sql.err()).isZero();
        assertThat(sql.out()).contains("|digit-000.png|six  |", "|cosine|");
    }

    private record Run(int exit, String out, String err) {
        /** The last line on standard output. */
        JsonNode summary() throws IOException {
            List<String> lines = out.lines().toList();
            return new ObjectMapper().readTree(lines.get(lines.size() - 1));
        }
    }

    private Run swinlake(Map<String, String> environment, String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("scripts/swinlake"));
        command.addAll(List.of(words));
        Path out = Files.createTempFile(temp, "out", "");
        Path err = Files.createTempFile(temp, "err", "");
        ProcessBuilder process = new ProcessBuilder(command)
                .directory(PROJECT.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        process.environment().remove("SPARK_HOME");
        process.environment().putAll(environment);
        int exit = process.start().waitFor();
        return new Run(exit, Files.readString(out), Files.readString(err));
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
