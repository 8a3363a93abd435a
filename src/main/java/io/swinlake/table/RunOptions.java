package io.swinlake.table;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;

/**
 * What was asked for, as texts by the names of options: runs of the same options have the same rows.
 *
 * @param values every option that decides what rows a run has, also those left at their defaults
 * @param defaults of the same names: what a release that did not have an option yet has done
 * @param ofRows names of those that decide what is in a row, where the others decide which rows there are
 */
public record RunOptions(SortedMap<String, String> values, Map<String, String> defaults, Set<String> ofRows) {

    /** The first option that is not as it was, in words. */
    Optional<String> difference(Map<String, String> before) {
        return difference(before, values.keySet());
    }

    /** As {@link #difference}, of what is in a row. */
    Optional<String> differenceOfRows(Map<String, String> before) {
        return difference(before, ofRows);
    }

    /** Only what both know: an option of a release that is not this one would close every table to it. */
    private Optional<String> difference(Map<String, String> before, Set<String> names) {
        return new TreeSet<>(names)
                .stream()
                        .filter(name -> !before(before, name).equals(values.getOrDefault(name, "")))
                        .map(name -> "%s %s, this is %s"
                                .formatted(name, shown(before(before, name)), shown(values.get(name))))
                        .findFirst();
    }

    private String before(Map<String, String> before, String name) {
        return before.getOrDefault(name, defaults.getOrDefault(name, ""));
    }

    private static String shown(String value) {
        return value == null || value.isEmpty() ? "not given" : value;
    }
}
