package io.swinlake.spark.sql;

import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.types.StructType;

/** Names of top columns, taken as they are: a dot or a backtick in one is part of it. Case counts where Spark counts it. */
public final class ColumnNames {
    private ColumnNames() {}

    /** Whether Spark takes two names for the same column: {@code spark.sql.caseSensitive}. */
    public static boolean same(String one, String other) {
        return SQLConf.get().caseSensitiveAnalysis() ? one.equals(other) : one.equalsIgnoreCase(other);
    }

    /**
     * Place of a column.
     *
     * @throws IllegalArgumentException if there is not one of that name; the message says which there are
     */
    public static int index(StructType schema, String name) {
        String[] names = schema.fieldNames();
        int[] places = IntStream.range(0, names.length)
                .filter(place -> same(names[place], name))
                .toArray();
        if (places.length != 1) {
            throw new IllegalArgumentException("column '%s' %s; there are %s"
                    .formatted(
                            name,
                            places.length == 0 ? "does not exist" : "exists %s times".formatted(places.length),
                            List.of(names)));
        }
        return places[0];
    }

    public static Column column(String name) {
        return functions.col("`" + name.replace("`", "``") + "`");
    }
}
