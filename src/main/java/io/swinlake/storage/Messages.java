package io.swinlake.storage;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What went wrong, in one line: for messages that a person reads and for the {@code error} column. */
public final class Messages {
    private static final int MAX_LENGTH = 500;

    /** Where all executors are excluded after failures, Spark has no cause but tells of it, behind task and class. */
    private static final Pattern EXCLUDED = Pattern.compile(
            "excludeOnFailure\\.\\s+Most recent failure:\\s+Lost task [^)]*\\)[^)]*\\): [\\w.$]+: (.+)");

    private Messages() {}

    /**
     * One line: the message of the first cause that is an exception of ours, which is written to be read, else that of the
     * innermost cause; its class's name where it has none.
     */
    public static String reason(Throwable failure) {
        Throwable cause = failure;
        while (!isOurs(cause) && cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        Matcher excluded = EXCLUDED.matcher(String.valueOf(cause.getMessage()));
        return excluded.find() ? shortened(excluded.group(1)) : firstLine(cause);
    }

    private static boolean isOurs(Throwable failure) {
        return failure.getClass().getName().startsWith("io.swinlake.") && failure.getMessage() != null;
    }

    /** A failure's own message on one line; its class's name where it has none. */
    public static String firstLine(Throwable failure) {
        String message = failure.getMessage();
        if (message == null || message.isBlank()) {
            return failure.getClass().getSimpleName();
        }
        if (failure instanceof LinkageError || failure instanceof ClassNotFoundException) {
            message = failure.getClass().getSimpleName() + ": " + message; // else no more than the name of a class
        }
        String line = message.strip().lines().findFirst().orElseThrow();
        return shortened(line);
    }

    private static String shortened(String line) {
        return line.length() <= MAX_LENGTH ? line : line.substring(0, MAX_LENGTH) + "…";
    }
}
