package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.report.PageReader;
import io.swinlake.spark.Demo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The verb report, on a table of the demo's model: 40 digits, one of them with a name that is markup, and two broken files. */
class ReportIT {
    private static final String MARKUP = "<img src=x onerror=alert(1)>.png";

    @TempDir
    static Path folder;

    private static String table;

    @BeforeAll
    static void writeTable() throws IOException {
        Path lake = Files.createDirectory(folder.resolve("lake"));
        try (Stream<Path> images = Files.list(Path.of(Demo.IMAGES))) {
            for (Path image : images.sorted().limit(39).toList()) {
                Files.copy(image, lake.resolve(image.getFileName()));
            }
        }
        Files.copy(Path.of(Demo.IMAGES, "digit-039.png"), lake.resolve(MARKUP));
        Files.writeString(lake.resolve("notes.png"), "no image");
        Files.write(lake.resolve("&lt;b>empty.png"), new byte[0]);
        table = folder.resolve("table").toString();
        assertThat(Run.swinlake(
                                "infer",
                                "--model",
                                Demo.MODEL,
                                "--input",
                                lake.toString(),
                                "--output",
                                table,
                                "--max-error-rate",
                                "1")
                        .exitCode())
                .isZero();
    }

    @Test
    void thePageShowsTheTable() throws IOException {
        Path output = folder.resolve("report.html");
        Run run = Run.swinlake("report", "--embeddings", table, "--output", output.toString(), "--images", "40");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.summary().get("images").asInt()).isEqualTo(42);
        assertThat(run.summary().get("failed").asInt()).isEqualTo(2);
        assertThat(run.summary().get("bytes").asLong())
                .isEqualTo(Files.size(output))
                .isLessThan(600_000);

        String html = Files.readString(output);
        PageReader page = new PageReader(html);
        assertThat(page.faults()).isEmpty();
        assertThat(page.all("section"))
                .extracting(section -> section.getAttribute("id"))
                .containsExactly("speed", "errors", "classes", "confidence", "sheet", "neighbors", "map");
        assertThat(page.text()).contains("Images42", "Failed2", "A sample of 40 embeddings");
        assertThat(page.text("errors")).contains("decodeempty1").contains("notes.png");
        assertThat(page.text("speed")).contains("cpu ");
        assertThat(page.text("sheet")).contains(MARKUP);
        // All digits, and the queries with their neighbours again.
        assertThat(page.all("img")).hasSize(40 + 5 * 6);
        assertThat(page.all("use")).hasSize(40);

        Path again = folder.resolve("again.html");
        Run.swinlake("report", "--embeddings", table, "--output", again.toString(), "--images", "40");
        assertThat(again).hasContent(html);
    }

    @Test
    void withoutImagesNoneIsOpened() throws IOException {
        Path output = folder.resolve("numbers.html");
        Run.swinlake("report", "--embeddings", table, "--output", output.toString(), "--images", "0");
        PageReader page = new PageReader(Files.readString(output));
        assertThat(page.faults()).isEmpty();
        assertThat(page.all("img")).isEmpty();
        assertThat(page.text("map")).contains("A sample of 40 embeddings");
    }

    @Test
    void whatCannotBeDoneIsOneLine() {
        assertThat(Run.swinlake("report", "--embeddings", table, "--output", table))
                .returns(4, Run::exitCode)
                .returns(
                        "swinlake report: %s: exists already; choose another --output or delete it".formatted(table),
                        run -> run.err().strip());
        assertThat(Run.swinlake("report", "--embeddings", table, "--output", "r.html", "--images", "201"))
                .returns(2, Run::exitCode)
                .returns(
                        "swinlake report: --images is from 0 to 200, found 201 (swinlake report --help lists the options)",
                        run -> run.err().strip());
    }
}
