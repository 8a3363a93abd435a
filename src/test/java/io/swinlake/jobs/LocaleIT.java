package io.swinlake.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.InLocale;
import io.swinlake.spark.Demo;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The verbs where the user's locale writes ۱۲۳ for 123. */
class LocaleIT {
    @TempDir
    private Path folder;

    @Test
    void everyVerbWritesTheSameWhereDigitsAreOthers() throws Exception {
        assertThat(verbs(folder.resolve("persian"), "fa-IR")).isEqualTo(verbs(folder.resolve("root"), "und"));
    }

    /** What verbs print about the demo, and the page about it. */
    private static String verbs(Path output, String locale) throws Exception {
        return InLocale.call(locale, () -> {
            String table = output.resolve("table").toString();
            String page = output.resolve("page.html").toString();
            Run infer = Run.swinlake(
                    "infer", "--model", Demo.MODEL, "--input", Demo.IMAGES, "--limit", "12", "--output", table);
            Run report = Run.swinlake("report", "--embeddings", table, "--output", page, "--images", "0");
            assertThat(infer.exitCode()).as(infer.err()).isZero();
            assertThat(report.exitCode()).as(report.err()).isZero();
            String all = String.join(
                    "\n",
                    infer.err(),
                    Run.swinlake("evaluate", "--embeddings", table, "--truth", Demo.LABELS)
                            .out(),
                    Run.swinlake("nearest", "--embeddings", table, "--query", "digit-000.png", "--k", "3")
                            .out(),
                    Run.swinlake("inspect", "--model", Demo.MODEL).out(),
                    Files.readString(Path.of(page)));
            return all.replace(output.toString(), "OUTPUT")
                    .replaceAll("(?s)<section id=\"speed\".*?</section>", "")
                    .replaceAll("[0-9.]+(?=</dd><dd class=\"note\">in the last)", "RATE");
        });
    }
}
