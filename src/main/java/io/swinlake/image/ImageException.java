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
}
