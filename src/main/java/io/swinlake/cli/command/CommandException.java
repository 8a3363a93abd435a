package io.swinlake.cli.command;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.util.Locale;

/** A command that cannot go on. Its message is the one line that the user sees. */
public final class CommandException extends RuntimeException {
    private final Exit exit;

    private CommandException(Exit exit, String message, Throwable cause) {
        super(message, cause);
        this.exit = exit;
    }

    @FormatMethod
    public static CommandException failed(@FormatString String message, Object... args) {
        return new CommandException(Exit.FAILED, String.format(Locale.ROOT, message, args), null);
    }

    @FormatMethod
    public static CommandException preflight(@FormatString String message, Object... args) {
        return new CommandException(Exit.PREFLIGHT, String.format(Locale.ROOT, message, args), null);
    }

    /** A check that another exception has already put into words. */
    public static CommandException preflight(Throwable cause) {
        return new CommandException(Exit.PREFLIGHT, cause.getMessage(), cause);
    }

    public Exit exit() {
        return exit;
    }
}
