package io.swinlake.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports as Chromium takes them, where one is on the PATH: what it runs and draws, and what its policy stops. */
class ReportInBrowserTest {
    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome");

    /** What a name would be, if it were not escaped: script, a handler, style, a frame, a base and a form. */
    private static final String SMUGGLED =
            "<script>document.title='owned'</script><img src=\"x\" onerror=\"document.title='owned'\"/>"
                    + "<p style=\"color:red\">x</p><style>p { color: red }</style>"
                    + "<iframe src=\"data:text/html,x\"></iframe><base href=\"http://127.0.0.1:9/\"/>";

    @TempDir
    private Path folder;

    private static Path chromium;

    @BeforeAll
    static void findChromium() {
        Optional<Path> found = Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .flatMap(bin -> NAMES.stream().map(name -> Path.of(bin, name)))
                .filter(Files::isExecutable)
                .findFirst();
        assumeTrue(found.isPresent(), "no Chromium on the PATH (Debian: apt-get install chromium)");
        chromium = found.get();
    }

    /** A page as the browser has it once it is loaded, and what it complained of. */
    private record Seen(String page, List<String> refused) {}

    @Test
    void aReportOfHostileNamesIsDrawnWholeAndRunsNothing() throws Exception {
        Seen seen = open(ReportPage.of(ReportPageTest.everythingNamed(ReportPageTest.HOSTILE)));
        assertThat(seen.refused()).isEmpty(); // the style sheet is applied, and nothing else asked for anything
        assertThat(seen.page()).contains("&lt;script&gt;alert(1)").doesNotContain("<script", "<img src=\"x\"");
    }

    @Test
    void thePolicyStopsWhatEscapingWouldHaveMissed() throws Exception {
        String report = ReportPage.of(ReportPageTest.everythingNamed("name"));
        String smuggled = report.replace("<main", SMUGGLED + "<main");
        Seen seen = open(smuggled);
        assertThat(seen.page()).contains("<script>document.title").doesNotContain("<title>owned");
        assertThat(String.join("\n", seen.refused()))
                .contains("inline script", "inline event handler", "inline style", "the image", "Framing", "base URI");

        Seen unprotected = open(smuggled.replaceFirst("<meta http-equiv[^>]*>", ""));
        assertThat(unprotected.page()).as("the same page without its policy").contains("<title>owned");
    }

    private Seen open(String html) throws IOException, InterruptedException {
        Path page = folder.resolve("report.html");
        Files.writeString(page, html);
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        Process browser = new ProcessBuilder(
                        chromium.toString(),
                        "--headless",
                        "--no-sandbox", // which containers run by root do not have; the page is ours
                        "--disable-gpu",
                        "--user-data-dir=" + folder.resolve("profile"),
                        "--virtual-time-budget=2000",
                        "--enable-logging=stderr",
                        "--dump-dom",
                        page.toUri().toString())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        if (!browser.waitFor(2, TimeUnit.MINUTES)) {
            browser.descendants().forEach(ProcessHandle::destroyForcibly);
            browser.destroyForcibly();
            throw new AssertionError("Chromium did not end: " + Files.readString(err));
        }
        List<String> refused = Files.readAllLines(err).stream()
                .filter(line -> line.contains("CONSOLE"))
                .toList();
        assertThat(Files.readString(out)).as(Files.readString(err)).contains("Swinlake report");
        return new Seen(Files.readString(out), refused);
    }
}
