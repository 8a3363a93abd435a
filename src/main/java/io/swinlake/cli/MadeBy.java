package io.swinlake.cli;

import io.swinlake.table.RunRecord;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * How the rows of a table were computed: what a query must be computed by to compare with them. Recipe and precision stand in
 * their column {@code model}, orientation and normalisation in the records of their runs, which agree on them.
 */
record MadeBy(Optional<String> recipe, Optional<String> precision, Optional<String> orientation, boolean normalised) {
    /**
     * What all rows agree on; nothing where older tables do not tell.
     *
     * @param records of the table's runs; none if it has none
     */
    static MadeBy of(Dataset<Row> table, List<RunRecord> records) {
        return new MadeBy(
                only(table, "recipe"),
                only(table, "precision"),
                option(records, "--orientation").map(word -> word.toLowerCase(Locale.ROOT)),
                option(records, "--normalize").filter(Boolean::parseBoolean).isPresent());
    }

    private static Optional<String> only(Dataset<Row> table, String fact) {
        if (!List.of(table.columns()).contains("model")
                || !List.of(table.select("model.*").columns()).contains(fact)) {
            return Optional.empty();
        }
        List<Row> values = table.select("model." + fact).distinct().takeAsList(2);
        return values.size() == 1 ? Optional.ofNullable(values.get(0).getString(0)) : Optional.empty();
    }

    private static Optional<String> option(List<RunRecord> records, String name) {
        return records.stream()
                .findFirst()
                .map(record -> record.options().get(name))
                .filter(value -> !value.isEmpty());
    }
}
