package io.swinlake.storage;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.io.IOException;

/** A file that is there and can be opened, but is not what its reader expects. */
public final class UnusableFileException extends IOException {
    /** It was written again after it was listed. */
    static final String CHANGED = "changed";

    private final String code;

    /**
     * What is wrong with it.
     *
     * @param code a short stable word for tables and queries, such as {@code changed}
     * @param message one line: what was found, what was expected
     */
    @FormatMethod
    UnusableFileException(String code, @FormatString String message, Object... args) {
        super(message.formatted(args));
        this.code = code;
    }

    public String code() {
        return code;
    }
}
