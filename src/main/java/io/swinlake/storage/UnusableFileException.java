package io.swinlake.storage;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.io.IOException;
import java.util.Locale;

/** A file that is there and can be opened, but is not what its reader expects. */
public final class UnusableFileException extends IOException {
    /** What is wrong with it. */
    public enum Fault {
        /** It was written again after it was listed. */
        CHANGED,
        TOO_LARGE,
        /** A folder, a pipe or a device. */
        NOT_A_FILE
    }

    private final Fault fault;

    /** The message is one line: what was found, what was expected. */
    @FormatMethod
    UnusableFileException(Fault fault, @FormatString String message, Object... args) {
        super(String.format(Locale.ROOT, message, args));
        this.fault = fault;
    }

    public Fault fault() {
        return fault;
    }
}
