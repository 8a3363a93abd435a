package io.swinlake.spark.sql;

import io.swinlake.storage.Messages;
import io.swinlake.table.SwinlakeTable;
import java.util.List;
import java.util.SortedMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.SubqueryExpression;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.NumericType;

/**
 * The arguments of a function that are constants or tables. What is wrong with one is a {@link SqlException}.
 *
 * @param usage for messages
 */
public record TableArguments(SparkSession spark, String usage, List<Expression> values) {
    public TableArguments {
        values = List.copyOf(values);
    }

    public void requireCount(int least, int most) {
        if (values.size() < least || values.size() > most) {
            throw VectorException.argumentCount(usage, values.size());
        }
    }

    private RuntimeException problem(int place, String expected) {
        return SqlException.invalidArgument("argument %s is %s, found %s: %s"
                .formatted(place + 1, expected, SqlException.inWords(values.get(place)), usage));
    }

    public String text(int place) {
        Expression value = values.get(place);
        if (!value.foldable() || !value.dataType().equals(DataTypes.StringType)) {
            throw problem(place, "a constant text");
        }
        return String.valueOf(value.eval(InternalRow.empty()));
    }

    public double number(int place) {
        Expression value = values.get(place);
        Object found =
                value.foldable() && value.dataType() instanceof NumericType ? value.eval(InternalRow.empty()) : null;
        if (found == null) {
            throw problem(place, "a constant number");
        }
        return Double.parseDouble(found.toString());
    }

    /** Options, if there is an argument in this place. */
    public SortedMap<String, String> options(int place) {
        if (place >= values.size()) {
            return OptionsMap.of(List.of());
        }
        if (!OptionsMap.isOne(values.get(place))) {
            throw problem(place, "a constant map, as in map('topK', '1')");
        }
        return OptionsMap.of(List.of(values.get(place)));
    }

    /**
     * {@code TABLE(...)}, the name of a table or view, or what {@code swinlake_table} takes. The names of this session come
     * first.
     */
    public Dataset<Row> table(int place) {
        if (values.get(place) instanceof SubqueryExpression table) {
            return Plans.dataset(spark, table.plan());
        }
        String name = text(place);
        if (isKnown(name)) {
            return spark.table(name);
        }
        try {
            return SwinlakeTable.read(spark, name);
        } catch (Exception e) { // Spark's are checked, and not declared
            throw SqlException.unusable(
                    "%s: there is no such table or view, and it cannot be read as a table that infer wrote: %s"
                            .formatted(name, Messages.reason(e)),
                    e);
        }
    }

    private boolean isKnown(String name) {
        try {
            return spark.catalog().tableExists(name);
        } catch (Exception e) { // a URI is no name that Spark can parse
            return false;
        }
    }
}
