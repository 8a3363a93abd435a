package io.swinlake.spark.sql;

import io.swinlake.storage.Messages;
import io.swinlake.table.SwinlakeTable;
import java.io.IOException;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.types.DataTypes;
import scala.collection.Seq;
import scala.runtime.AbstractFunction1;

/**
 * {@code SELECT ... FROM swinlake_table('uri')}: what {@link SwinlakeTable#read} gives, in SQL. A query sees the runs that
 * are committed when it is analysed; so does each query of a view on it.
 */
public final class TableFunction extends AbstractFunction1<Seq<Expression>, LogicalPlan> {
    public static final String NAME = "swinlake_table";

    private static final String USAGE = NAME + "(uri) - the committed rows of an output of infer, one for each path";

    public static ExpressionInfo info() {
        return new ExpressionInfo(
                TableFunction.class.getName(), null, NAME, USAGE, "", "", "", "table_funcs", "0.1.0", "", "built-in");
    }

    @Override
    public LogicalPlan apply(Seq<Expression> arguments) {
        if (arguments.size() != 1
                || !arguments.head().foldable()
                || !arguments.head().dataType().equals(DataTypes.StringType)) {
            throw new IllegalArgumentException(NAME + " takes one text, the URI of an output: " + USAGE);
        }
        String uri = String.valueOf(arguments.head().eval(null));
        try {
            return SwinlakeTable.read(SparkSession.active(), uri)
                    .queryExecution()
                    .analyzed();
        } catch (IOException e) {
            throw new IllegalArgumentException(uri + ": cannot be read: " + Messages.reason(e), e);
        }
    }
}
