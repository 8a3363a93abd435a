package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.swinlake.Fixtures;
import io.swinlake.spark.LocalSpark;
import io.swinlake.spark.SwinTransformer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint that leaves something open, which changes its numbers, says so wherever it is used. */
class AssumptionsIT {
    private static final String ASSUMED =
            "pretrained_windows [0, 0, 0, 0], assumed: nothing tells of any; if it was trained at"
                    + " another size first, results differ: --pretrained-window";

    @TempDir
    private Path folder;

    @Test
    void theLogAndTheRecordOfARunTellWhatIsAssumed() throws IOException {
        LocalSpark.session(); // whose start configures the log
        Lines log = Lines.of(SwinTransformer.class);

        Run run = infer("assumed");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(log.lines).contains("WARN model v2-headless-timm: " + ASSUMED);
        assertThat(assumptions("assumed")).containsExactly(ASSUMED);
    }

    @Test
    void nothingIsToldOfWhatTheUserSays() throws IOException {
        Run run = infer("told", "--pretrained-window", "6");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(assumptions("told")).isEmpty();
    }

    private Run infer(String output, String... more) {
        List<String> words = new ArrayList<>(
                List.of("infer", "--input", Fixtures.path("images/good").toString()));
        words.addAll(
                List.of("--glob", "*.png", "--output", folder.resolve(output).toString()));
        words.addAll(List.of(
                "--model",
                Fixtures.path("tiny/v2-headless-timm/model.safetensors").toString()));
        words.addAll(List.of("--image-size", "64", "--window", "8"));
        words.addAll(List.of(more));
        return Run.swinlake(words.toArray(String[]::new));
    }

    private List<String> assumptions(String output) throws IOException {
        List<String> lines = new ArrayList<>();
        new ObjectMapper()
                .readTree(folder.resolve(output).resolve("_run.json").toFile())
                .path("model")
                .path("assumptions")
                .forEach(line -> lines.add(line.asText()));
        return lines;
    }

    /** Collects what a class logs. */
    private static final class Lines extends AbstractAppender {
        private final List<String> lines = Collections.synchronizedList(new ArrayList<>());

        private Lines() {
            super("lines", null, null, false, Property.EMPTY_ARRAY);
        }

        static Lines of(Class<?> type) {
            Lines lines = new Lines();
            lines.start();
            Logger logger = (Logger) LogManager.getLogger(type);
            logger.addAppender(lines);
            logger.setLevel(Level.WARN);
            return lines;
        }

        @Override
        public void append(LogEvent event) {
            lines.add(event.getLevel() + " " + event.getMessage().getFormattedMessage());
        }
    }
}
