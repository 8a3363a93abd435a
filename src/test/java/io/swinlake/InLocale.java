package io.swinlake;

import java.util.Locale;
import java.util.concurrent.Callable;

/** Work in a JVM whose user writes digits of another script, as with {@code LC_ALL=fa_IR.UTF-8}. */
public final class InLocale {
    private InLocale() {}

    public static <T> T call(String languageTag, Callable<T> work) throws Exception {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.forLanguageTag(languageTag));
        try {
            return work.call();
        } finally {
            Locale.setDefault(before);
        }
    }
}
