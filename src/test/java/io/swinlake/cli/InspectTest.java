package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.swinlake.spark.Demo;
import org.junit.jupiter.api.Test;

class InspectTest {
    @Test
    void showsWhatTheDemosModelIs() {
        Run run = Run.inCurrentSession("inspect", "--model", Demo.MODEL);

        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("parameters  577,110", "embedding   128", "classes     10");
        JsonNode summary = run.summary();
        assertThat(summary.get("parameters").asLong()).isEqualTo(577_110); // examples/demo/README.md
        assertThat(summary.get("embedding_size").asInt()).isEqualTo(128);
        assertThat(summary.get("gflops").asDouble()).isPositive();
        assertThat(summary.get("recipe").get("crop_height").asInt()).isEqualTo(64);
        assertThat(summary.get("sha256").asText()).matches("[0-9a-f]{64}");
        assertThat(summary.get("settings")).anySatisfy(setting -> {
            assertThat(setting.get("name").asText()).isEqualTo("window");
            assertThat(setting.get("value").asText()).isEqualTo("4");
        });
    }

    @Test
    void jsonAloneIsOneLine() {
        Run run = Run.inCurrentSession("inspect", "--model", Demo.MODEL, "--json");

        assertThat(run.out().lines()).hasSize(1);
        assertThat(run.summary().get("command").asText()).isEqualTo("inspect");
    }

    @Test
    void aModelThatIsNotThereIsOneLine() {
        assertThat(Run.inCurrentSession("inspect", "--model", "/no/such/model"))
                .isEqualTo(new Run(4, "", "swinlake inspect: /no/such/model: no such file or directory%n".formatted()));
    }
}
