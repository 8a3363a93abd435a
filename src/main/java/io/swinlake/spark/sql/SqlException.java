package io.swinlake.spark.sql;

import org.apache.spark.QueryContext;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.trees.Origin;
import scala.Option;
import scala.collection.immutable.Map$;

/** An argument of a SQL function that cannot be used, found when the query is analysed. */
public final class SqlException extends AnalysisException {
    private static final long serialVersionUID = 1;

    private final String sqlState;

    private SqlException(String condition, String sqlState, String message, Throwable cause) {
        super(
                "[" + condition + "] " + message,
                Option.empty(),
                Option.empty(),
                Option.apply(cause),
                Option.apply(condition),
                Map$.MODULE$.empty(),
                new QueryContext[0]);
        this.sqlState = sqlState;
    }

    /** A model, table or file that cannot be used. */
    public static RuntimeException unusable(String message, Throwable cause) {
        return unchecked(new SqlException("SWINLAKE_UNUSABLE_SOURCE", "42K03", message, cause));
    }

    /** A value that an argument cannot have. */
    public static RuntimeException invalidArgument(String message) {
        return unchecked(new SqlException("SWINLAKE_INVALID_ARGUMENT", "22023", message, null));
    }

    /** An argument as the query has it. */
    static String inWords(Expression argument) {
        return argument instanceof NamedExpression column ? column.name() : argument.sql();
    }

    /** Spark declares none of its exceptions. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <E extends Throwable> RuntimeException unchecked(Throwable problem) throws E {
        throw (E) problem;
    }

    /**
     * Stays as it is, without a place in the query: the analyzer's copy would be of a class that knows no state of ours, and PySpark 4
     * asks Spark's list of conditions for the message of an error that has a place.
     */
    @Override
    public AnalysisException withPosition(Origin origin) {
        return this;
    }

    /** Given here, since Spark has no entry for these conditions. */
    @Override
    public String getSqlState() {
        return sqlState;
    }
}
