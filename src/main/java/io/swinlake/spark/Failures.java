package io.swinlake.spark;

/** What went wrong, in one line: for messages that a person reads and for the {@code error} column. */
public final class Failures {
    private static final int MAX_LENGTH = 500;

    private Failures() {}

    /**
     * One line: the message of the first cause that is an exception of ours, which is written to be read, else that of the
     * innermost cause; its class's name where it has none.
     */
    public static String reason(Throwable failure) {
        Throwable cause = failure;
        while (!isOurs(cause) && cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        return firstLine(cause);
    }

    private static boolean isOurs(Throwable failure) {
        return failure.getClass().getName().startsWith("io.swinlake.") && failure.getMessage() != null;
    }

    /** A failure's own message on one line; its class's name where it has none. */
    static String firstLine(Throwable failure) {
        String message = failure.getMessage();
        if (message == null || message.isBlank()) {
            return failure.getClass().getSimpleName();
        }
        if (failure instanceof LinkageError || failure instanceof ClassNotFoundException) {
            message = failure.getClass().getSimpleName() + ": " + message; // else no more than the name of a class
        }
        String line = message.strip().lines().findFirst().orElseThrow();
        return line.length() <= MAX_LENGTH ? line : line.substring(0, MAX_LENGTH) + "…";
    }
}
