package io.swinlake.jobs;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.util.Locale;

/** A command that cannot go on. Its message is the one line that the user sees. */
final class JobException extends RuntimeException {
    private final Exit exit;

    private JobException(Exit exit, String message, Throwable cause) {
        super(message, cause);
        this.exit = exit;
    }

    @FormatMethod
    static JobException failed(@FormatString String message, Object... args) {
        return new JobException(Exit.FAILED, String.format(Locale.ROOT, message, args), null);
    }

    @FormatMethod
    static JobException preflight(@FormatString String message, Object... args) {
        return new JobException(Exit.PREFLIGHT, String.format(Locale.ROOT, message, args), null);
    }

    /** A check that another exception has already put into words. */
    static JobException preflight(Throwable cause) {
        return new JobException(Exit.PREFLIGHT, cause.getMessage(), cause);
    }

    Exit exit() {
        return exit;
    }
}
