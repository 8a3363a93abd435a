package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.spark.Demo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On one machine; {@code S3LakeIT} has a lake in S3, {@code ScheduledJobsIT} a cluster. */
class DoctorIT {
    @TempDir
    private Path folder;

    @Test
    void everyCheckIsALineAndNothingIsLeftAtTheOutput() throws IOException {
        Run run = Run.swinlake(
                "doctor",
                "--model",
                Demo.MODEL,
                "--input",
                Demo.IMAGES,
                "--output",
                folder.resolve("new/folder").toString());

        assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
        assertThat(run.out().lines().map(line -> line.split("\\s+", 4)[0] + " " + line.split("\\s+", 4)[1]))
                .startsWith(
                        "ok java",
                        "ok engine",
                        "ok webp",
                        "ok spark",
                        "ok device",
                        "ok model",
                        "ok input",
                        "ok output",
                        "ok image",
                        "ok image",
                        "ok search",
                        "ok memory");
        assertThat(run.out())
                .contains("libtorch 2.7.1", "listed 360 objects, read digit-", "through Spark on cpu in fp32: class ");
        assertThat(run.summary().get("status").asText()).isEqualTo("ok");
        assertThat(run.summary().get("seconds").asDouble()).isPositive();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void whatIsNotGivenIsSkipped() {
        Run run = Run.swinlake("doctor");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out())
                .contains(
                        "skipped  model    driver     no --model is given\n",
                        "skipped  input    driver     no --input is given\n",
                        "skipped  output   driver     no --output is given\n",
                        "skipped  image    driver     no model is open\n");
    }

    @Test
    void everyFailedCheckSaysWhatToDo() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));

        Run run = Run.swinlake(
                "doctor",
                "--model",
                "/no/such/model",
                "--input",
                "/no/such/lake",
                "--input",
                Files.createDirectory(folder.resolve("empty")).toString(),
                "--output",
                file.resolve("table").toString());

        assertThat(run.exitCode()).isEqualTo(4);
        assertThat(run.summary().get("failed").asInt()).isEqualTo(4);
        assertThat(run.out())
                .containsPattern("failed {3}model {4}driver {5}/no/such/model: no such file or directory \\(.* s\\)"
                        + "\\. To do: check the name\n")
                .containsPattern("failed {3}input {4}driver {5}/no/such/lake: no such file or directory \\(.* s\\)"
                        + "\\. To do: check the name\n")
                .containsPattern("failed {3}input {4}driver {5}.*/empty: there are no objects \\(.* s\\)"
                        + "\\. To do: check the name\n")
                .containsPattern(
                        "failed {3}output {3}driver {5}.*/file/table: Parent path is not a directory: .* To do: choose another folder: a file is in the way\n");
    }

    @Test
    void aGpuThatIsNotThereIsAFailedCheck() {
        Run run = Run.swinlake("doctor", "--model", Demo.MODEL, "--device", "cuda");

        assertThat(run.exitCode()).isEqualTo(4);
        assertThat(run.out()).containsPattern("failed +image +task +device cuda: .*To do: .*conf/gpu.conf");
    }
}
