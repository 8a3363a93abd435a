package io.swinlake.pickle;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.util.Locale;

/** A pickle that is damaged, or asks for more than data. The message begins with the byte at which it does. */
public final class PickleException extends Exception {
    @FormatMethod
    PickleException(long position, @FormatString String message, Object... args) {
        super("byte " + position + ": " + String.format(Locale.ROOT, message, args) + ".");
    }
}
