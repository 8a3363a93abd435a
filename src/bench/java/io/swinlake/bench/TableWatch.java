package io.swinlake.bench;

import io.swinlake.table.SwinlakeTable;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Reads a whole table each second, and counts how often it is none of those that it may be, or one that it was before. */
final class TableWatch extends TableLooks {
    private final SparkSession spark;
    private final String table;
    private final List<Map<String, List<Float>>> states;
    private int state;
    private long looks;
    private long wrong;

    /** @param states embeddings by path that the table has, one after the other */
    TableWatch(SparkSession spark, String table, List<Map<String, List<Float>>> states) {
        super(1000);
        this.spark = spark;
        this.table = table;
        this.states = states;
    }

    @Override
    synchronized void look() {
        looks++;
        try {
            List<Row> rows = rows(spark, table);
            int seen = state;
            while (seen < states.size()
                    && !Difference.of(rows, states.get(seen)).isNone()) {
                seen++;
            }
            if (seen < states.size()) {
                state = seen;
            } else {
                wrong++;
                System.out.printf("  a reader saw %d rows: %s%n", rows.size(), Difference.of(rows, states.get(state)));
            }
        } catch (IOException | RuntimeException e) {
            wrong++;
            System.out.println("  a reader failed: " + e);
        }
    }

    static List<Row> rows(SparkSession spark, String table) throws IOException {
        return SwinlakeTable.read(spark, table).select("path", "embedding").collectAsList();
    }

    /** Rows that are missing, there more than once, or not what they should be. */
    record Difference(long lost, long doubled, long different) {
        static Difference of(List<Row> rows, Map<String, List<Float>> expected) {
            Map<String, Integer> times = new HashMap<>();
            long different = 0;
            for (Row row : rows) {
                times.merge(row.getString(0), 1, Integer::sum);
                List<Float> right = expected.get(row.getString(0));
                different += right != null && KillCampaign.same(row.getList(1), right) ? 0 : 1;
            }
            long lost = expected.keySet().stream()
                    .filter(path -> !times.containsKey(path))
                    .count();
            return new Difference(
                    lost, times.values().stream().filter(count -> count > 1).count(), different);
        }

        boolean isNone() {
            return lost + doubled + different == 0;
        }
    }

    long looks() {
        return looks;
    }

    long wrong() {
        return wrong;
    }
}
