package io.swinlake.cli;

import io.swinlake.table.Compaction;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A run's name: what {@code --run-id} says, such as a schedule's date, or the time at which it began. */
record RunId(String text) {
    /** Also what Airflow calls its runs, such as {@code scheduled__2026-11-21T00:00:00+00:00}. */
    private static final String ALLOWED = "[A-Za-z0-9][A-Za-z0-9._:+-]{0,127}";

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    static RunId at(Instant time) {
        return new RunId(TIME.format(time));
    }

    @Override
    public String toString() {
        return text;
    }

    static final class Converter implements ITypeConverter<RunId> {
        @Override
        public RunId convert(String value) {
            if (!value.matches(ALLOWED)) {
                throw new TypeConversionException(
                        "'%s' is no run id: up to 128 letters, digits and . _ : + -, the first a letter or digit"
                                .formatted(value));
            }
            if (Compaction.isId(value)) {
                throw new TypeConversionException(
                        "'%s' is an id that compact gives to its own runs: choose another".formatted(value));
            }
            return new RunId(value);
        }
    }
}
