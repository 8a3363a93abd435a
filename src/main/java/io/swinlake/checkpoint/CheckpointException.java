package io.swinlake.checkpoint;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.util.Locale;

/**
 * A checkpoint that cannot be used. The message says file, place, found, expected and what to do, in one line. Being an
 * {@link IllegalArgumentException}, it reaches Python as that line, without a stack.
 */
public final class CheckpointException extends IllegalArgumentException {
    @FormatMethod
    public CheckpointException(@FormatString String message, Object... args) {
        super(String.format(Locale.ROOT, message, args));
    }

    /** A failure that another one caused. */
    public CheckpointException(String message, Throwable cause) {
        super(message, cause);
    }
}
