package io.swinlake.spark.sql;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.util.Locale;
import org.apache.spark.SparkThrowable;

/** An error of a vector function, under the name that Spark 4.2 gives it. */
public final class VectorException extends RuntimeException implements SparkThrowable {
    private final String errorClass;
    private final String sqlState;

    @FormatMethod
    private VectorException(String errorClass, String sqlState, @FormatString String message, Object... args) {
        super("[" + errorClass + "] " + String.format(Locale.ROOT, message, args));
        this.errorClass = errorClass;
        this.sqlState = sqlState;
    }

    static VectorException dimensionMismatch(String function, int left, int right) {
        return new VectorException(
                "VECTOR_DIMENSION_MISMATCH",
                "22000",
                "%s: one vector has %d elements, the other %d; they need the same number. Embeddings of two models?",
                function,
                left,
                right);
    }

    public static VectorException headDimension(String function, int found, String head, int expected) {
        return new VectorException(
                "VECTOR_DIMENSION_MISMATCH",
                "22000",
                "%s: the embedding has %d elements, the head %s takes %d. Was it trained on embeddings of another model?",
                function,
                found,
                head,
                expected);
    }

    public static VectorException unknownDegree(String function, float degree) {
        return new VectorException(
                "INVALID_VECTOR_NORM_DEGREE",
                "22023",
                "%s: there is no norm of degree %s here; the degrees are 1.0F, 2.0F and float('inf').",
                function,
                degree);
    }

    public static VectorException argumentCount(String usage, int found) {
        return new VectorException("WRONG_NUM_ARGS", "42605", "%d arguments for %s", found, usage);
    }

    /** Spark 3.5's name for the condition. */
    @Override
    public String getErrorClass() {
        return errorClass;
    }

    /** Spark 4's name for it, which 3.5 does not know. */
    public String getCondition() {
        return errorClass;
    }

    /** Given here, since Spark 3.5 has no entry for its later names. */
    @Override
    public String getSqlState() {
        return sqlState;
    }
}
