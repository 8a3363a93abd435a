package io.swinlake.image;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.util.Locale;

/** An image that cannot be used: it costs a row with this error, never a task. */
public final class ImageException extends Exception {
    private final ErrorCode code;

    /** @param message one line: what was found, what was expected */
    @FormatMethod
    public ImageException(ErrorCode code, @FormatString String message, Object... args) {
        super(String.format(Locale.ROOT, message, args));
        this.code = code;
    }

    public ErrorCode code() {
        return code;
    }

    /** The same with what led to it. */
    public ImageException because(Throwable cause) {
        initCause(cause);
        return this;
    }

    /**
     * What code that meets hostile bytes happened to throw, as the one image's error.
     *
     * @param what failed, for the message
     * @throws VirtualMachineError if the virtual machine is at its end: that is no image's fault
     */
    public static ImageException of(String what, Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof ImageException known) { // thrown inside a library, through interfaces without it
                return known;
            }
            if (cause instanceof OutOfMemoryError full) { // which some readers wrap like any damage
                return SharedHeap.doesNotFit("an image", full);
            }
            if (cause instanceof VirtualMachineError end && !(cause instanceof StackOverflowError)) {
                throw end;
            }
            if (cause instanceof LinkageError) {
                return new ImageException(ErrorCode.NO_LIBRARY, "%s here: %s", what, reason(cause)).because(thrown);
            }
        }
        return new ImageException(ErrorCode.CORRUPT, "%s: %s", what, reason(thrown)).because(thrown);
    }

    /** The innermost message, which says most, in one line. */
    private static String reason(Throwable thrown) {
        String reason = thrown.getClass().getSimpleName();
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause.getMessage() != null && !cause.getMessage().isBlank()) {
                reason = cause.getMessage();
            }
        }
        return oneLine(reason);
    }

    /** Names inside a file may hold anything: a message is one line that can be printed. */
    private static String oneLine(String text) {
        StringBuilder line = new StringBuilder();
        text.strip().codePoints().limit(300).forEach(c -> line.appendCodePoint(Character.isISOControl(c) ? ' ' : c));
        return line.toString();
    }
}
