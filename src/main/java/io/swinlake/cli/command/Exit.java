package io.swinlake.cli.command;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** How a command ends; schedulers rely on the codes. */
public enum Exit {
    GOOD(0, "all is done, or was done before", "nothing"),
    FAILED(
            1,
            "the work failed",
            "read the last line on standard error; the same command with `--run-id` goes on where it stopped"),
    USAGE(2, "the command line is wrong", "correct the option that the message names"),
    /** All rows were written, but a larger part of them than allowed are errors. */
    OVER_ERROR_BUDGET(
            3,
            "all rows are written, but more images failed than `--max-error-rate` allows",
            "count the errors by `error.code`; raise the rate if they are expected"),
    /** Found before any image was read: nothing was computed, nothing written. */
    PREFLIGHT(
            4,
            "refused before any work: an unreadable model, an empty input, an output that exists, a failed check of `doctor`",
            "do as the message says; nothing was written");

    private final int code;
    private final String meaning;
    private final String advice;

    Exit(int code, String meaning, String advice) {
        this.code = code;
        this.meaning = meaning;
        this.advice = advice;
    }

    public int code() {
        return code;
    }

    public String meaning() {
        return meaning;
    }

    /** What a person or a scheduler does then. */
    public String advice() {
        return advice;
    }

    /** The meanings by code, as the help of a command line lists them. */
    public static Map<String, String> meanings() {
        return Arrays.stream(values())
                .collect(Collectors.toMap(
                        exit -> String.valueOf(exit.code), Exit::meaning, (one, other) -> one, LinkedHashMap::new));
    }
}
