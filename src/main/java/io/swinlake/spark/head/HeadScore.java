package io.swinlake.spark.head;

import io.swinlake.spark.sql.Catalyst;
import io.swinlake.spark.sql.VectorFunction;
import java.io.Serializable;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenContext;
import org.apache.spark.sql.catalyst.expressions.codegen.ExprCode;
import org.apache.spark.sql.types.AbstractDataType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.ObjectType;
import scala.collection.immutable.Seq;

/** A call of {@link HeadFunction} in a query plan: the embedding, and the constants that said which head it asks. */
public final class HeadScore extends Expression implements Serializable, Catalyst.NewChildren<Expression> {
    private static final long serialVersionUID = 1;
    private static final DataType SCORES = DataTypes.createArrayType(DataTypes.DoubleType, false);

    private final SentHead head;
    private final ScoreKind kind;
    private final Seq<Expression> arguments;
    private transient Expression call;

    HeadScore(SentHead head, ScoreKind kind, scala.collection.Seq<Expression> arguments) {
        this.head = head;
        this.kind = kind;
        this.arguments = arguments.toList();
    }

    /** In Spark's words; the constants were looked at when the call was made. */
    @Override
    public TypeCheckResult checkInputDataTypes() {
        return Catalyst.checkInputDataTypes(
                Catalyst.seq(List.of(arguments.head())), Catalyst.seq(List.of(VectorFunction.VECTOR)));
    }

    /** NULL for a NULL embedding without a call, and a null from the call is NULL. */
    private Expression call() {
        if (call == null) {
            DataType headType = new ObjectType(SentHead.class);
            DataType kindType = new ObjectType(ScoreKind.class);
            call = Catalyst.staticInvoke(
                    SentHead.class,
                    SCORES,
                    "score",
                    Catalyst.seq(List.of(arguments.head(), new Literal(head, headType), new Literal(kind, kindType))),
                    Catalyst.seq(List.<AbstractDataType>of(VectorFunction.VECTOR, headType, kindType)));
        }
        return call;
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
        return SCORES;
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
        return HeadFunction.NAME;
    }

    @Override
    public String toString() {
        return prettyName() + arguments.mkString("(", ", ", ")");
    }

    @Override
    public Seq<Expression> children() {
        return arguments;
    }

    /** Spark 3.5's. */
    @Override
    public Expression withNewChildrenInternal(scala.collection.IndexedSeq<Expression> children) {
        return new HeadScore(head, kind, children);
    }

    /** Spark 4's. */
    @Override
    public Expression withNewChildrenInternal(scala.collection.immutable.IndexedSeq<Expression> children) {
        return new HeadScore(head, kind, children);
    }

    @Override
    public int productArity() {
        return 3;
    }

    @Override
    public Object productElement(int n) {
        return switch (n) {
            case 0 -> head;
            case 1 -> kind;
            default -> arguments;
        };
    }

    @Override
    public boolean canEqual(Object other) {
        return other instanceof HeadScore;
    }

    /** Spark compares plans by this; a file that was written again is another head under the same name. */
    @Override
    public boolean equals(Object other) {
        return other instanceof HeadScore that
                && head == that.head
                && kind == that.kind
                && arguments.equals(that.arguments);
    }
}
