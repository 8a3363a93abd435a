package io.swinlake.image;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.util.Locale;

/** An image that cannot be used: it costs a row with this error, never a task. */
public final class ImageException extends Exception {
    private final Stage stage;
    private final String code;

    /** Where on its way an image failed. The lower-case names stand in the output's {@code error.stage}. */
    public enum Stage {
        READ,
        DECODE,
        PREPROCESS,
        INFER
    }

    /**
     * An error at one stage.
     *
     * @param code a short stable word for tables and queries, such as {@code truncated} or {@code too_many_pixels}
     * @param message one line: what was found, what was expected
     */
    @FormatMethod
    public ImageException(Stage stage, String code, @FormatString String message, Object... args) {
        super(String.format(Locale.ROOT, message, args));
        this.stage = stage;
        this.code = code;
    }

    /** An error at stage {@link Stage#DECODE}. */
    @FormatMethod
    static ImageException undecodable(String code, @FormatString String message, Object... args) {
        return new ImageException(Stage.DECODE, code, message, args);
    }

    public Stage stage() {
        return stage;
    }

    public String code() {
        return code;
    }
}
