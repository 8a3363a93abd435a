package io.swinlake.spark.sql;

import java.io.Serializable;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult;
import org.apache.spark.sql.catalyst.expressions.ExpectsInputTypes$;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenContext;
import org.apache.spark.sql.catalyst.expressions.codegen.ExprCode;
import org.apache.spark.sql.catalyst.expressions.objects.StaticInvoke;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.AbstractDataType;
import org.apache.spark.sql.types.DataType;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/**
 * A call of a {@link VectorFunction} in a query plan. It checks the argument types without casting any; evaluation and
 * generated code are those of a static call, which a whole stage compiles into.
 */
public final class VectorExpression extends Expression implements Serializable {
    private final VectorFunction function;
    private final Seq<Expression> arguments;
    private transient StaticInvoke call;

    public VectorExpression(VectorFunction function, Seq<Expression> arguments) {
        this.function = function;
        this.arguments = arguments;
    }

    @Override
    public TypeCheckResult checkInputDataTypes() {
        return ExpectsInputTypes$.MODULE$.checkInputDataTypes(arguments, inputTypes());
    }

    private Seq<AbstractDataType> inputTypes() {
        return JavaConverters.asScalaBuffer(function.inputTypes()).toList();
    }

    /** NULL arguments give NULL without a call, and a null from the call is NULL. */
    private StaticInvoke call() {
        if (call == null) {
            call = new StaticInvoke(
                    VectorMath.class,
                    function.resultType(),
                    function.method(),
                    JavaConverters.asScalaBuffer(JavaConverters.seqAsJavaList(arguments).stream()
                                    .map(VectorExpression::withPrimitiveElements)
                                    .toList())
                            .toList(),
                    inputTypes(),
                    true,
                    true,
                    true);
        }
        return call;
    }

    /** A constant vector comes as boxed elements: unboxes them once, not in each row. */
    private static Expression withPrimitiveElements(Expression argument) {
        if (argument instanceof Literal literal
                && literal.value() instanceof ArrayData vector
                && VectorView.of(vector) != null) {
            return new Literal(UnsafeArrayData.fromPrimitiveArray(vector.toFloatArray()), literal.dataType());
        }
        return argument;
    }

    @Override
    public Object eval(InternalRow row) {
        return call().eval(row);
    }

    @Override
    public ExprCode doGenCode(CodegenContext context, ExprCode code) {
        return call().doGenCode(context, code);
    }

    @Override
    public DataType dataType() {
        return function.resultType();
    }

    @Override
    public boolean nullable() {
        return true;
    }

    @Override
    public boolean foldable() {
        return arguments.forall(Expression::foldable);
    }

    @Override
    public String prettyName() {
        return function.name();
    }

    @Override
    public String toString() {
        return function.name() + arguments.mkString("(", ", ", ")");
    }

    @Override
    public Seq<Expression> children() {
        return arguments;
    }

    @Override
    public Expression withNewChildrenInternal(scala.collection.IndexedSeq<Expression> children) {
        return new VectorExpression(function, children);
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
        return other instanceof VectorExpression;
    }

    /** Spark compares plans by this; the hash code is that of the product elements. */
    @Override
    public boolean equals(Object other) {
        return other instanceof VectorExpression that
                && function.equals(that.function)
                && arguments.equals(that.arguments);
    }
}
