package io.swinlake.spark.sql;

import java.io.Serializable;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.Unevaluable;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenContext;
import org.apache.spark.sql.catalyst.expressions.codegen.ExprCode;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import scala.collection.immutable.Seq;

/**
 * A call of an {@link ImageFunction} in a query plan. It is never evaluated by itself: {@link BatchImageCalls} gives all calls
 * of a query to one batched operator.
 */
public final class ImageCall extends Expression implements Unevaluable, Serializable, Catalyst.NewChildren<Expression> {
    private static final int MODEL = 0;
    private static final int CONTENT = 1;
    private static final int OPTIONS = 2;

    private final ImageFunction function;
    private final transient ImageInference inference;
    private final Seq<Expression> arguments;
    private transient ImageInference.Request request; // null until it is checked

    public ImageCall(ImageFunction function, ImageInference inference, scala.collection.Seq<Expression> arguments) {
        this.function = function;
        this.inference = inference;
        this.arguments = arguments.toList();
    }

    ImageFunction function() {
        return function;
    }

    Expression content() {
        return arguments.apply(CONTENT);
    }

    /** Types first, in Spark's words; then the values of the constants, which need no more than this to be wrong. */
    @Override
    public TypeCheckResult checkInputDataTypes() {
        Expression model = arguments.apply(MODEL);
        if (!model.foldable()
                || !model.dataType().equals(DataTypes.StringType)
                || model.eval(InternalRow.empty()) == null) {
            return new TypeCheckResult.TypeCheckFailure(
                    "the model is the URI of a checkpoint, a constant text; found " + SqlException.inWords(model));
        }
        if (arguments.size() > OPTIONS && !OptionsMap.isOne(arguments.apply(OPTIONS))) {
            return new TypeCheckResult.TypeCheckFailure("the options are a constant map, as in map('topK', '1'); found "
                    + SqlException.inWords(arguments.apply(OPTIONS)));
        }
        if (!content().dataType().equals(DataTypes.NullType)) {
            try {
                inference.requireImages(new StructField(
                        SqlException.inWords(content()), content().dataType(), true, Metadata.empty()));
            } catch (IllegalArgumentException e) {
                return new TypeCheckResult.TypeCheckFailure(e.getMessage());
            }
        }
        var unused = request(SparkSession.active());
        return TypeCheckResult.TypeCheckSuccess$.MODULE$;
    }

    /** What the constants ask for; copies of the call know it, since the analyzer makes many and a store may be far. */
    ImageInference.Request request(SparkSession spark) {
        if (request == null) {
            request = inference.request(
                    spark,
                    function,
                    arguments.apply(MODEL).eval(InternalRow.empty()).toString(),
                    OptionsMap.of(arguments.size() > OPTIONS ? List.of(arguments.apply(OPTIONS)) : List.of()));
        }
        return request;
    }

    private ImageCall copy(scala.collection.Seq<Expression> children) {
        ImageCall copy = new ImageCall(function, inference, children);
        boolean sameConstants = arguments.apply(MODEL).equals(children.apply(MODEL))
                && (arguments.size() <= OPTIONS || arguments.apply(OPTIONS).equals(children.apply(OPTIONS)));
        copy.request = sameConstants ? request : null;
        return copy;
    }

    @Override
    public Object eval(InternalRow row) {
        throw outOfPlace();
    }

    @Override
    public ExprCode doGenCode(CodegenContext context, ExprCode code) {
        throw outOfPlace();
    }

    private RuntimeException outOfPlace() {
        return new UnsupportedOperationException(
                "%s cannot be computed in this place: use it in SELECT, WHERE or ORDER BY of a table or of a subquery on it"
                        .formatted(this));
    }

    @Override
    public boolean foldable() {
        return false;
    }

    @Override
    public boolean nullable() {
        return true;
    }

    @Override
    public DataType dataType() {
        return function.type(inference);
    }

    @Override
    public String prettyName() {
        return function.functionName();
    }

    @Override
    public String toString() {
        return prettyName() + arguments.mkString("(", ", ", ")");
    }

    @Override
    public Seq<Expression> children() {
        return arguments;
    }

    /** Of Spark 3.5. */
    @SuppressWarnings("MissingOverride")
    public Expression withNewChildrenInternal(scala.collection.IndexedSeq<Expression> children) {
        return copy(children);
    }

    /** Of Spark 4. */
    @Override
    public Expression withNewChildrenInternal(scala.collection.immutable.IndexedSeq<Expression> children) {
        return copy(children);
    }

    @Override
    public int productArity() {
        return 2;
    }

    @Override
    public Object productElement(int n) {
        return n == 0 ? function : arguments;
    }

    @Override
    public boolean canEqual(Object other) {
        return other instanceof ImageCall;
    }

    /** Spark compares plans by this; the hash code is that of the product elements. */
    @Override
    public boolean equals(Object other) {
        return other instanceof ImageCall that && function == that.function && arguments.equals(that.arguments);
    }
}
