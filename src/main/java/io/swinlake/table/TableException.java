package io.swinlake.table;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.util.Locale;

/** A run or a table that cannot go on as it is asked to. The message is one line and says what to do. */
public final class TableException extends IllegalArgumentException {
    /** When it was found out. */
    public enum When {
        /** Nothing was computed and nothing written. */
        BEFORE_ANY_WORK,
        /** The run is not committed; what it has computed stays for the next attempt. */
        DURING_THE_RUN
    }

    private final When when;

    private TableException(When when, String message, Throwable cause) {
        super(message, cause);
        this.when = when;
    }

    @FormatMethod
    static TableException refused(@FormatString String message, Object... args) {
        return new TableException(When.BEFORE_ANY_WORK, String.format(Locale.ROOT, message, args), null);
    }

    static TableException refused(Throwable cause, String message) {
        return new TableException(When.BEFORE_ANY_WORK, message, cause);
    }

    @FormatMethod
    static TableException failed(@FormatString String message, Object... args) {
        return new TableException(When.DURING_THE_RUN, String.format(Locale.ROOT, message, args), null);
    }

    public When when() {
        return when;
    }
}
