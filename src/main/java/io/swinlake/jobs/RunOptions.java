package io.swinlake.jobs;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The options of a run that decide what its rows are, by name, as text: two runs of the same options give the same rows. */
final class RunOptions {
    /** How fast a run goes and what is said about it; a rerun may change these, say to go on with smaller batches. */
    private static final Set<String> OF_NO_ROW = Set.of(
            "--run-id",
            "--batch-size",
            "--device",
            "--max-error-rate",
            "--checkpoint-every",
            "--verbose",
            "--help",
            "--version");

    /** Which rows a run has, where the others decide what is in a row. */
    private static final Set<String> OF_THE_CHOICE =
            Set.of("--input", "--glob", "--limit", "--output", "--incremental", "--handle-invalid", "--format");

    /** Compared by the model's sha256, recipe and input size instead, whatever made them. */
    private static final Set<String> OF_THE_MODEL = Set.of("--model", "--recipe", "--image-size", "--window");

    private RunOptions() {}

    /** Every option of a verb that decides what rows it writes, also those left at their defaults. */
    static SortedMap<String, String> of(CommandSpec verb) {
        SortedMap<String, String> options = new TreeMap<>();
        for (OptionSpec option : verb.options()) {
            if (!OF_NO_ROW.contains(option.longestName())) {
                options.put(option.longestName(), text(option.getValue()));
            }
        }
        return options;
    }

    private static String text(Object value) {
        if (value instanceof Optional<?> optional) {
            return optional.map(Object::toString).orElse("");
        }
        if (value instanceof int[] numbers) {
            return Arrays.toString(numbers);
        }
        return value instanceof List<?> list && list.size() == 1 ? list.get(0).toString() : Objects.toString(value, "");
    }

    /** The first option that differs, in words, or nothing. */
    static Optional<String> difference(SortedMap<String, String> before, SortedMap<String, String> now) {
        return difference(before, now, Set.of());
    }

    /** As {@link #difference}, of what is in a row of the same model. */
    static Optional<String> differenceOfRows(SortedMap<String, String> before, SortedMap<String, String> now) {
        Set<String> others = new TreeSet<>(OF_THE_CHOICE);
        others.addAll(OF_THE_MODEL);
        return difference(before, now, others);
    }

    private static Optional<String> difference(
            SortedMap<String, String> before, SortedMap<String, String> now, Set<String> except) {
        Set<String> names = new TreeSet<>(now.keySet());
        names.addAll(before.keySet());
        names.removeAll(except);
        return names.stream()
                .filter(name -> !before.getOrDefault(name, "").equals(now.getOrDefault(name, "")))
                .map(name -> "%s %s, this is %s".formatted(name, shown(before.get(name)), shown(now.get(name))))
                .findFirst();
    }

    private static String shown(String value) {
        return value == null || value.isEmpty() ? "not given" : value;
    }
}
