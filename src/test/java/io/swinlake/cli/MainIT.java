package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.Fixtures;
import io.swinlake.spark.Demo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Exit codes, and that each failure is one line that says what is wrong. */
class MainIT {
    @TempDir
    private Path folder;

    private String output;

    @BeforeEach
    void chooseOutput() {
        output = folder.resolve("output").toString();
    }

    private Run infer(String model, String input, String... more) {
        String[] args = new String[7 + more.length];
        System.arraycopy(new String[] {"infer", "--model", model, "--input", input, "--output", output}, 0, args, 0, 7);
        System.arraycopy(more, 0, args, 7, more.length);
        return Run.swinlake(args);
    }

    private static void assertEnds(Run run, int exitCode, String line) {
        assertThat(run.err()).isEqualToIgnoringNewLines(line);
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.exitCode()).isEqualTo(exitCode);
    }

    @Test
    void usageErrorsAreOneLineAndExitCodeTwo() {
        assertEnds(
                Run.swinlake("infer", "--model", "m", "--output", "o"),
                2,
                "swinlake infer: Missing required option: '--input=URI' (swinlake infer --help lists the options)");
        assertEnds(
                infer("m", "i", "--precision", "int3"),
                2,
                "swinlake infer: Invalid value for option '--precision': expected one of [FP32, BF16, FP16, INT8, AUTO]"
                        + " (case-insensitive) but was 'int3' (swinlake infer --help lists the options)");
        assertEnds(
                infer("m", "i", "--precision", "fp16", "--device", "cpu"),
                2,
                "swinlake infer: --precision fp16 is for GPUs: on a CPU use fp32, bf16 or int8"
                        + " (swinlake infer --help lists the options)");
        assertEnds(
                infer("m", "i", "--batch-size", "0"),
                2,
                "swinlake infer: Invalid value for option '--batch-size': '0' is neither auto nor a number from 1 to 1024"
                        + " (swinlake infer --help lists the options)");
        assertEnds(
                infer("m", "i", "--image-size", "big"),
                2,
                "swinlake infer: Invalid value for option '--image-size': an image size is N or HxW in pixels, found 'big'"
                        + " (swinlake infer --help lists the options)");
        assertEnds(
                infer("m", "i", "--max-error-rate", "5"),
                2,
                "swinlake infer: --max-error-rate is from 0 to 1, found 5.0 (swinlake infer --help lists the options)");
        assertEnds(
                infer("m", "i", "--top-k", "0"),
                2,
                "swinlake infer: --top-k is at least 1, found 0 (swinlake infer --help lists the options)");
    }

    @Test
    void helpIsPrintedForEveryVerb() {
        for (String verb : new String[] {
            "infer", "compact", "inspect", "evaluate", "nearest", "duplicates", "sql", "convert", "doctor"
        }) {
            Run run = Run.swinlake(verb, "--help");

            assertThat(run.exitCode()).isZero();
            assertThat(run.out()).startsWith("Usage: swinlake " + verb);
        }
    }

    @Test
    void aModelThatIsNotThereOrNoneIsOneLine() {
        assertEnds(
                infer("/no/such/model.pth", Demo.IMAGES),
                4,
                "swinlake infer: /no/such/model.pth: no such file or directory");
        String text = Fixtures.path("images/bad/text.jpg").toString();
        Run run = infer(text, Demo.IMAGES);
        assertThat(run.err()).startsWith("swinlake infer: " + text + ": ");
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.exitCode()).isEqualTo(4);
    }

    @Test
    void anInputThatIsNotThereIsOneLine() {
        assertEnds(
                infer(Demo.MODEL, "/no/such/folder"), 4, "swinlake infer: /no/such/folder: no such file or directory");
    }

    @Test
    void anEmptyFolderIsOneLine() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertEnds(infer(Demo.MODEL, empty.toString()), 4, "swinlake infer: " + empty + ": no objects");
        assertEnds(
                infer(Demo.MODEL, Demo.IMAGES, "--glob", "*.jpg"),
                4,
                "swinlake infer: " + Demo.IMAGES + ": no objects that match *.jpg");
    }

    @Test
    void anOutputThatExistsIsNotTouched() throws IOException {
        Files.createDirectory(folder.resolve("output"));
        Path precious = Files.writeString(folder.resolve("output/precious.txt"), "keep me");

        assertEnds(
                infer(Demo.MODEL, Demo.IMAGES),
                4,
                "swinlake infer: " + output + ": exists already; choose another --output or delete it");
        assertThat(precious).hasContent("keep me");
    }

    @Test
    void aFileSystemThatIsUnknownIsOneLine() {
        assertEnds(
                infer(Demo.MODEL, "nosuch://bucket/photos"),
                4,
                "swinlake infer: nosuch://bucket/photos: cannot be listed: No FileSystem for scheme \"nosuch\"");
    }

    @Test
    void theFirstBadImageFailsTheJobIfThatIsAskedForInOneLine() {
        Path bad = Fixtures.path("images/bad/empty.jpg");

        assertThat(infer(Demo.MODEL, bad.toString(), "--handle-invalid", "error"))
                .returns(1, Run::exitCode)
                .returns("", Run::out)
                .extracting(Run::err)
                .asString()
                .endsWith(
                        "swinlake infer: file:%s: decode/empty: the object holds 0 bytes, an image was expected: write it again%n"
                                .formatted(bad))
                .doesNotContain("\tat ");
    }

    @Test
    void aStackTraceIsPrintedOnlyWhenAskedFor() {
        assertThat(infer("/no/such/model.pth", Demo.IMAGES, "--verbose").err()).contains("\tat io.swinlake.");
    }
}
