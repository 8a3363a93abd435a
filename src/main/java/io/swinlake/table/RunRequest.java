package io.swinlake.table;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat_ws;
import static org.apache.spark.sql.functions.not;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import org.apache.spark.sql.Column;

/**
 * A run that somebody wants.
 *
 * @param id its name
 * @param incremental only objects that are new or changed since the runs that the table holds
 * @param reuse objects whose content is that of another that the table has a row of get that row's result
 * @param skipInvalid images with an error get no row
 * @param imagesPerPart what is computed before it is kept for a next attempt
 * @param triedAgain errors, as {@code stage/code}, that an incremental run takes for no result
 * @param options what decides the rows
 * @param inputs for the record, as {@code glob}, {@code maxErrorRate} and {@code versions}
 * @param output the table, as messages name it
 */
public record RunRequest(
        String id,
        boolean incremental,
        boolean reuse,
        boolean skipInvalid,
        int imagesPerPart,
        Set<String> triedAgain,
        Options options,
        List<String> inputs,
        String glob,
        String output,
        TableFormat format,
        double maxErrorRate,
        RunRecord.Software versions) {
    /** Whether a row says what its object is; one with an error that may pass does not, and is computed again. */
    Column isResult() {
        Column outcome = concat_ws("/", col("error.stage"), col("error.code"));
        return col("error").isNull().or(not(outcome.isin(triedAgain.toArray())));
    }

    /**
     * What was asked for, as texts by the names of options: runs of the same options have the same rows.
     *
     * @param values every option that decides what rows a run has, also those left at their defaults
     * @param defaults of the same names: what a release that did not have an option yet has done
     * @param ofRows names of those that decide what is in a row, where the others decide which rows there are
     */
    public record Options(SortedMap<String, String> values, Map<String, String> defaults, Set<String> ofRows) {

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
}
