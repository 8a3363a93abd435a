package io.swinlake.cli.command;

/** How a command ends; schedulers rely on the codes. */
public enum Exit {
    GOOD(0),
    FAILED(1),
    USAGE(2),
    /** All rows were written, but a larger part of them than allowed are errors. */
    OVER_ERROR_BUDGET(3),
    /** Found before any image was read: nothing was computed, nothing written. */
    PREFLIGHT(4);

    private final int code;

    Exit(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }
}
