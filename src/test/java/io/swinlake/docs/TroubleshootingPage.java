package io.swinlake.docs;

import io.swinlake.cli.command.Exit;
import io.swinlake.cli.command.Obstacle;
import io.swinlake.cli.command.Versions;
import io.swinlake.image.ErrorCode;
import io.swinlake.runtime.EngineStartFailures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** {@code docs/troubleshooting.md}: what each word of an error means and what to do, from the enums that have the words. */
final class TroubleshootingPage {
    /** What has happened to an image with an error; {@link ErrorCode#advice} says what to do about it. */
    static final Map<ErrorCode, String> MEANINGS = new EnumMap<>(Map.ofEntries(
            Map.entry(ErrorCode.NULL, "The input column is null in this row."),
            Map.entry(ErrorCode.NOT_FOUND, "The file is not there."),
            Map.entry(ErrorCode.DENIED, "The storage refuses to let the job read the file."),
            Map.entry(ErrorCode.IO, "The storage failed while the file was read."),
            Map.entry(ErrorCode.CHANGED, "The file was replaced between listing and reading."),
            Map.entry(ErrorCode.NOT_A_FILE, "The name belongs to a folder, a pipe or a device."),
            Map.entry(ErrorCode.TOO_LARGE, "The file is larger than any image that is read."),
            Map.entry(
                    ErrorCode.BROKEN_SHARD, "A tar archive cannot be read to its end, or no member of it is an image."),
            Map.entry(ErrorCode.EMPTY, "The file has 0 bytes."),
            Map.entry(ErrorCode.UNKNOWN_FORMAT, "The first bytes belong to no known image format."),
            Map.entry(ErrorCode.UNSUPPORTED_FORMAT, "The file is of a format, or a variant of one, that is not read."),
            Map.entry(ErrorCode.TRUNCATED, "The file ends too early."),
            Map.entry(ErrorCode.CORRUPT, "The bytes inside the file contradict its format."),
            Map.entry(ErrorCode.NO_PIXELS, "Width or height is 0."),
            Map.entry(ErrorCode.TOO_MANY_PIXELS, "Width times height is more than `--max-pixels`."),
            Map.entry(
                    ErrorCode.TOO_MANY_SCANS,
                    "A progressive JPEG has so many scans that decoding it would take minutes."),
            Map.entry(ErrorCode.TOO_SLOW, "Decoding took more processor time than an image of its size may take."),
            Map.entry(ErrorCode.NO_LIBRARY, "The native library that reads this format cannot be loaded."),
            Map.entry(ErrorCode.OUT_OF_MEMORY, "The image does not fit the Java heap, even when decoded alone."),
            Map.entry(ErrorCode.INVALID_STRUCT, "A column of Spark's image type has a row that is not one."),
            Map.entry(ErrorCode.TOO_ELONGATED, "The image would shrink to nothing when it is resized."),
            Map.entry(ErrorCode.FORWARD_FAILED, "The network failed on this image, and not on others."),
            Map.entry(ErrorCode.NOT_FINITE, "The network's result holds infinities or NaN.")));

    private TroubleshootingPage() {}

    static String text() {
        return """
                # Troubleshooting

                Generated from the code by `scripts/docs`: change the code's words, not this page.

                Start with `doctor`. It does each thing that a job needs once, on the driver and on an executor, and says what to do
                where one fails:

                ```bash
                scripts/swinlake doctor --model examples/demo/model --input examples/demo/images --output target/checked
                ```

                A failed command is one line on standard error: place, what was found, what was expected, what to do.
                `--verbose` adds the stack trace.

                ## Exit codes

                | code | means | what to do |
                | --- | --- | --- |
                %s

                In client mode, which includes local mode, this is also the exit code of spark-submit, and on Kubernetes that of the driver's
                container. In cluster mode on YARN spark-submit ends with 1 for every failure.

                ## Errors of images

                An image that cannot be used is a row whose column `error` says why, and a query shows which errors a table has:

                ```sql
                SELECT error.stage, error.code, count(*) AS images, min(path) AS example, min(error.message) AS message
                FROM embeddings
                WHERE error IS NOT NULL
                GROUP BY ALL
                ORDER BY images DESC;
                ```

                "Again" tells whether the next run with `--incremental` tries an unchanged image again, because the cause may have passed.

                | `stage/code` | means | what to do | again |
                | --- | --- | --- | --- |
                %s

                A device or a storage that fails is no image's error: where not even a grey image can be computed, or 64 files in a row cannot
                be read, the task fails and Spark tries it again. A first run of 8 or more images without a single result is not
                committed.

                ## Messages about the machine

                | message | what to do |
                | --- | --- |
                %s
                """.formatted(exits(), errors(), obstacles());
    }

    private static String exits() {
        return Arrays.stream(Exit.values())
                .map(exit -> "| %s | %s | %s |".formatted(exit.code(), exit.meaning(), exit.advice()))
                .collect(Collectors.joining("\n"));
    }

    private static String errors() {
        return Arrays.stream(ErrorCode.values())
                .map(code -> "| `%s` | %s | %s | %s |"
                        .formatted(
                                code.word(),
                                MEANINGS.getOrDefault(code, ""),
                                code(code.advice()),
                                code.isTriedAgain() ? "yes" : ""))
                .collect(Collectors.joining("\n"));
    }

    /** As the command line finds them in what Java, Hadoop and the system say. */
    private static String obstacles() {
        Stream<Throwable> failures = Stream.of(
                new UnsupportedOperationException("getSubject is not supported"),
                new IOException("java.lang.NullPointerException: invalid null input: name"),
                new IOException("No space left on device"),
                new OutOfMemoryError("Java heap space"));
        List<RuntimeException> ofTheEngine = EngineStartFailures.in(Path.of("CACHE"));
        return Stream.concat(failures, ofTheEngine.stream())
                .map(failure -> Obstacle.in(failure).orElseThrow())
                .map(obstacle -> "| %s | %s |".formatted(withoutVersions(obstacle.text()), code(obstacle.advice())))
                .collect(Collectors.joining("\n"));
    }

    private static String code(String advice) {
        return advice.replaceAll("(--[a-z-]+|\\b(?:spark\\.\\w[\\w.]*\\w|DJL_CACHE_DIR|JAVA_HOME))", "`$1`");
    }

    private static String withoutVersions(String text) {
        return text.replace("Java " + Versions.java(), "Java 24").replace("Spark " + Versions.spark(), "Spark 3.5");
    }
}
