package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swinlake.spark.Demo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a sample tells of a job. That it is right, {@code scripts/bench estimate} measures. */
class EstimateIT {
    @TempDir
    private Path folder;

    private Run infer(String... more) {
        List<String> words = new ArrayList<>(List.of(
                "infer",
                "--model",
                "examples/demo/model",
                "--input",
                Demo.IMAGES,
                "--output",
                folder.resolve("table").toString()));
        words.addAll(List.of(more));
        return Run.swinlake(words.toArray(String[]::new));
    }

    private static void requireAllStages(JsonNode throughput, double all) {
        List<String> stages = new ArrayList<>();
        double inverse = 0;
        double slowest = Double.MAX_VALUE;
        for (var rates = throughput.get("images_per_second").fields(); rates.hasNext(); ) {
            var rate = rates.next();
            stages.add(rate.getKey());
            inverse += 1 / rate.getValue().asDouble();
            slowest = Math.min(slowest, rate.getValue().asDouble());
        }
        assertThat(stages).containsExactly("decode", "forward", "read", "resize", "write");
        assertThat(throughput
                        .get("images_per_second")
                        .get(throughput.get("limiting_stage").asText())
                        .asDouble())
                .isEqualTo(slowest);
        assertThat(throughput.get("cores").asInt()).isPositive();
        assertThat(throughput.get("memory_mib").asInt()).isBetween(50, 100_000);
        assertThat(all).isBetween(0.9 / inverse, 1.1 / inverse);
    }

    @Test
    void aSampleSaysHowLongAJobTakesAndWritesNothing() {
        Run run = infer("--estimate", "80");

        assertThat(run.exitCode()).as(run.err()).isZero();
        JsonNode summary = run.summary();
        assertThat(summary.get("command").asText()).isEqualTo("estimate");
        assertThat(summary.get("sample").asInt()).isEqualTo(80);
        assertThat(summary.get("images").asInt()).isEqualTo(360);
        double all = summary.get("images_per_second").asDouble();
        requireAllStages(summary.get("throughput"), all);
        assertThat(summary.get("hours").asDouble())
                .isBetween(0.9 * 360 / all / 3600 - 1e-4, 1.1 * 360 / all / 3600 + 1e-4);
        assertThat(run.err()).contains("estimating: 80 of 360 images", "images/s, limited by ");
        assertThat(folder.resolve("table")).doesNotExist();
    }

    @Test
    void ofAnIncrementalRunWhatIsLeftIsEstimatedAndNothingIsTouched() throws IOException {
        assertThat(infer("--limit", "300", "--run-id", "1").exitCode()).isZero();
        List<Path> before = files();

        assertThat(infer("--estimate", "--incremental", "--run-id", "2")
                        .summary()
                        .get("images")
                        .asInt())
                .isEqualTo(60);
        Run none = infer("--estimate", "--incremental", "--limit", "300");
        assertThat(none.exitCode()).isEqualTo(4);
        assertThat(none.err()).contains(": there is nothing to compute, so nothing to estimate");
        assertThat(files()).isEqualTo(before);
    }

    private List<Path> files() throws IOException {
        try (var all = Files.walk(folder)) {
            return all.sorted().toList();
        }
    }

    @Test
    void theRecordOfARunHasTheSameFigures() throws IOException {
        assertThat(infer("--run-id", "1").exitCode()).isZero();

        JsonNode record = new ObjectMapper().readTree(Files.readString(folder.resolve("table/run=1/_run.json")));
        JsonNode throughput = record.get("throughput");
        double inverse = 0;
        for (JsonNode rate : throughput.get("images_per_second")) {
            inverse += 1 / rate.asDouble();
        }
        requireAllStages(throughput, 1 / inverse);
    }
}
