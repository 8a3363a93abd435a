package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.spark.Demo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code compact} between runs of {@code infer}, and what other verbs make of its table. */
class CompactIT {
    @TempDir
    private Path folder;

    private Path images = Path.of("images");

    private void copy(int image, int to) throws IOException {
        Files.copy(Path.of(Demo.IMAGES, name(image)), images.resolve(name(to)), StandardCopyOption.REPLACE_EXISTING);
    }

    private static String name(int image) {
        return String.format(Locale.ROOT, "digit-%03d.png", image);
    }

    private String table() {
        return folder.resolve("table").toString();
    }

    private Run infer(String run) {
        return Run.swinlake(
                "infer",
                "--model",
                Demo.MODEL,
                "--input",
                images.toString(),
                "--output",
                table(),
                "--incremental",
                "--run-id",
                run);
    }

    private static Run good(Run run) {
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run;
    }

    private String predictions() throws IOException {
        Path query = Files.writeString(
                folder.resolve("query.sql"), "SELECT path, prediction, embedding[0] FROM embeddings ORDER BY path");
        return good(Run.swinlake("sql", "--embeddings", table(), query.toString()))
                .out();
    }

    @Test
    void aTableIsTheSameForAllVerbsAfterItsRunsWereCompacted() throws IOException {
        images = Files.createDirectory(folder.resolve("images"));
        for (int i = 0; i < 6; i++) {
            copy(i, i);
        }
        good(infer("1"));
        copy(10, 0);
        copy(11, 6);
        good(infer("2"));
        String before = predictions();

        Run compact = good(Run.swinlake("compact", "--embeddings", table(), "--retain", "12h"));

        assertThat(compact.summary().get("run_id").asText()).isEqualTo("compact-000001");
        assertThat(compact.summary().get("runs").asInt()).isEqualTo(2);
        assertThat(compact.summary().get("rows").asInt()).isEqualTo(7);
        assertThat(compact.summary().get("dropped").asInt()).isEqualTo(1);
        assertThat(compact.summary().get("removed").asInt()).isZero();
        assertThat(compact.err())
                .contains(
                        "run compact-000001 holds 7 rows now",
                        "compact removes them. Until then whoever reads **/*.parquet");
        assertThat(predictions()).isEqualTo(before);
        Run again = good(Run.swinlake("compact", "--embeddings", table(), "--retain", "0"));
        assertThat(again.err()).contains("one run is all that there is: nothing to rewrite");
        assertThat(again.summary().get("removed").asInt()).isEqualTo(2);
        assertThat(good(infer("2")).err()).contains("run 2 was already done");
        assertThat(good(infer("3")).summary().get("unchanged").asInt()).isEqualTo(7);
        good(Run.swinlake(
                "nearest",
                "--embeddings",
                table(),
                "--query",
                images.resolve(name(0)).toString(),
                "--k",
                "3"));
        Path page = folder.resolve("report.html");
        good(Run.swinlake("report", "--embeddings", table(), "--output", page.toString(), "--images", "0"));
        assertThat(Files.readString(page))
                .as("the runs that computed")
                .contains("<bdi>1</bdi>", "<bdi>2</bdi>", "<bdi>3</bdi>");
    }

    @Test
    void refusesWhatItCannotCompact() {
        Run missing = Run.swinlake("compact", "--embeddings", table());
        assertThat(missing.exitCode()).isEqualTo(4);
        assertThat(missing.err())
                .isEqualTo(
                        "swinlake compact: %s: has no committed runs to compact; infer --run-id or --incremental writes such tables%n"
                                .formatted(table()));
        assertThat(Run.swinlake("compact", "--embeddings", table(), "--retain", "1w")
                        .err())
                .contains("'1w' is no duration: days or hours, such as 7d or 12h, or 0");
        assertThat(infer("compact-000007").err())
                .contains("'compact-000007' is an id that compact gives to its own runs: choose another");
    }
}
