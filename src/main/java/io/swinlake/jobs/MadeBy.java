package io.swinlake.jobs;

import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * How the rows of a table were computed, as far as their column {@code model} tells: what a query must be computed by to
 * compare with them. Orientation and normalisation are not there; the run's record has them.
 */
record MadeBy(Optional<String> recipe, Optional<String> precision) {
    /** What all rows agree on; nothing where older tables do not tell. */
    static MadeBy of(Dataset<Row> table) {
        return new MadeBy(only(table, "recipe"), only(table, "precision"));
    }

    private static Optional<String> only(Dataset<Row> table, String fact) {
        if (!List.of(table.columns()).contains("model")
                || !List.of(table.select("model.*").columns()).contains(fact)) {
            return Optional.empty();
        }
        List<Row> values = table.select("model." + fact).distinct().takeAsList(2);
        return values.size() == 1 ? Optional.ofNullable(values.get(0).getString(0)) : Optional.empty();
    }
}
