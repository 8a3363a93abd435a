package io.swinlake.storage;

/** What went wrong, in one line: for messages that a person reads and for the {@code error} column. */
public final class Failures {
    private static final int MAX_LENGTH = 500;

    private Failures() {}

    /** The innermost cause's message on one line; its class's name where it has none or says only what a class would. */
    public static String reason(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        return firstLine(cause);
    }

    /** A failure's own message on one line; its class's name where it has none. */
    public static String firstLine(Throwable failure) {
        String message = failure.getMessage();
        if (message == null || message.isBlank()) {
            return failure.getClass().getSimpleName();
        }
        String line = message.strip().lines().findFirst().orElseThrow();
        return line.length() <= MAX_LENGTH ? line : line.substring(0, MAX_LENGTH) + "…";
    }
}
