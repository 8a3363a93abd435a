package io.swinlake.graph;

import com.google.errorprone.annotations.FormatMethod;
import java.util.Locale;

/** A network that cannot be built: an operation whose shapes do not fit, or a weight that is missing or misshapen. */
public final class GraphException extends RuntimeException {
    @FormatMethod
    public GraphException(String message, Object... args) {
        super(String.format(Locale.ROOT, message, args));
    }
}
