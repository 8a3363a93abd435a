package io.swinlake.cli.duplicates;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.when;

import io.swinlake.cli.command.CommandException;
import io.swinlake.spark.search.Centrality;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.functions;

/** What to do with each image of a group: one is kept. Nothing is deleted here: the plan is a table for who may do that. */
final class KeepPlan {
    static final String KEEP = "keep";

    static final String DELETE = "delete";

    private static final List<String> USED = List.of("length", "modificationTime", "width", "height");

    private final KeepRule rule;

    KeepPlan(KeepRule rule) {
        this.rule = rule;
    }

    /** A preflight failure if the table lacks what the rule compares. */
    void requireColumns(String uri, Dataset<Row> lake) {
        List<String> columns = List.of(lake.columns());
        for (String needed : rule.needed()) {
            if (!columns.contains(needed)) {
                throw CommandException.preflight(
                        "%s: has no column '%s', which --keep %s compares; there are %s", uri, needed, rule, columns);
            }
            Dataset<Row> without =
                    lake.where(col("embedding").isNotNull().and(col(needed).isNull()));
            Row first = without.selectExpr("count(1)", "min(path)").first();
            if (first.getLong(0) > 0) {
                throw CommandException.preflight(
                        "%s: %d images have no '%s', such as %s: --keep %s compares it of all",
                        uri, first.getLong(0), needed, first.getString(1), rule);
            }
        }
    }

    /**
     * A row of every image of a group: columns {@code id}, that of its group, {@code action} ({@value #KEEP} or {@value
     * #DELETE}) and {@code length} (bytes, null where the table has none).
     *
     * @param groups as the verb writes them
     * @param lake the table of embeddings
     */
    Dataset<Row> of(Dataset<Row> groups, Dataset<Row> lake) {
        Dataset<Row> images = lake.where(col("embedding").isNotNull());
        for (String column : USED) {
            if (!List.of(images.columns()).contains(column)) {
                images = images.withColumn(
                        column, lit(null).cast(column.equals("modificationTime") ? "timestamp" : "bigint"));
            }
        }
        Dataset<Row> members = groups.join(
                // One row for each path is what a table promises; here two would keep an image and delete it.
                images.groupBy(col("path").as("id"))
                        .agg(max(struct(USED.stream().map(functions::col).toArray(Column[]::new)))
                                .as("of"))
                        .selectExpr("id", "of.length", "of.modificationTime", "of.width", "of.height"),
                "id");
        if (rule == KeepRule.CENTRAL) {
            members = members.join(
                    Centrality.of(groups.join(images.selectExpr("path AS id", "embedding"), "id")
                                    .select("id", "group", "embedding"))
                            .groupBy("id")
                            .agg(max(Centrality.CENTRALITY).as(Centrality.CENTRALITY)),
                    "id");
        }
        return members.withColumn(
                        "rank", row_number().over(Window.partitionBy("group").orderBy(rule.order())))
                .select(
                        col("id"),
                        col("group"),
                        when(col("rank").equalTo(1), KEEP).otherwise(DELETE).as("action"),
                        col("length"))
                .sortWithinPartitions("group", "action", "id");
    }

    /** Images that a plan deletes, and their bytes, null if those of one are not known. */
    static Row freed(Dataset<Row> plan) {
        return plan.where(col("action").equalTo(DELETE))
                .selectExpr("count(1)", "IF(count(length) = count(1), coalesce(sum(length), 0), NULL)")
                .first();
    }
}
