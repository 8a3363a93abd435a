package io.swinlake.spark.sql;

import java.io.Serializable;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenContext;
import org.apache.spark.sql.catalyst.expressions.codegen.ExprCode;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.AbstractDataType;
import org.apache.spark.sql.types.DataType;
import scala.collection.immutable.Seq;

/**
 * A call of a {@link VectorFunction} in a query plan. It checks the argument types without casting any; evaluation and
 * generated code are those of a static call, which a whole stage compiles into.
 */
public final class VectorExpression extends Expression implements Serializable, Catalyst.NewChildren<Expression> {
    private final VectorFunction function;
    private final Seq<Expression> arguments;
    private transient Expression call;

    public VectorExpression(VectorFunction function, scala.collection.Seq<Expression> arguments) {
        this.function = function;
        this.arguments = arguments.toList();
    }

    @Override
    public TypeCheckResult checkInputDataTypes() {
        return Catalyst.checkInputDataTypes(arguments, inputTypes());
    }

    private Seq<AbstractDataType> inputTypes() {
        return Catalyst.seq(function.inputTypes());
    }

    /** NULL arguments give NULL without a call, and a null from the call is NULL. */
    private Expression call() {
        if (call == null) {
            call = Catalyst.staticInvoke(
                    function.owner(),
                    function.resultType(),
                    function.method(),
                    Catalyst.seq(Catalyst.list(arguments).stream()
                            .map(VectorExpression::withPrimitiveElements)
                            .toList()),
                    inputTypes());
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

    /** Spark 3.5's. */
    @Override
    public Expression withNewChildrenInternal(scala.collection.IndexedSeq<Expression> children) {
        return new VectorExpression(function, children);
    }

    /** Spark 4's. */
    @Override
    public Expression withNewChildrenInternal(scala.collection.immutable.IndexedSeq<Expression> children) {
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
