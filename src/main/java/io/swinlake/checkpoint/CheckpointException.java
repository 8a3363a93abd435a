package io.swinlake.checkpoint;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.util.Locale;

/**
 * A checkpoint that cannot be used. The message says file, place, found, expected and what to do, in one line. Being an
 * {@link IllegalArgumentException}, it reaches Python as that line, without a stack.
 */
public final class CheckpointException extends IllegalArgumentException {
    private static final int MOST_CHARACTERS = 2000;

    @FormatMethod
    public CheckpointException(@FormatString String message, Object... args) {
        super(oneLine(String.format(Locale.ROOT, message, args)));
    }

    /** A failure that another one caused. */
    public CheckpointException(String message, Throwable cause) {
        super(oneLine(message), cause);
    }

    /** What a file holds, and a message repeats, must neither write to a terminal as it likes nor fill it. */
    private static String oneLine(String message) {
        String line = message.strip().replaceAll("\\s*\\R\\s*", " ").replaceAll("[\\p{Cntrl}&&[^\t]]", "\ufffd");
        return line.length() <= MOST_CHARACTERS ? line : line.substring(0, MOST_CHARACTERS) + " ...";
    }
}
