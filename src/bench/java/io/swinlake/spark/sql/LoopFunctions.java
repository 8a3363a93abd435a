package io.swinlake.spark.sql;

import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.apache.spark.sql.catalyst.util.ArrayData;
import scala.Function1;
import scala.collection.Seq;

/** The functions of two vectors by {@link VectorLoops}, whatever Java's modules: what a process without the Vector API has. */
public final class LoopFunctions {
    private LoopFunctions() {}

    /** Of the one that stands beside {@code vector_...}. */
    public static String name(String function) {
        return function + "_loops";
    }

    public static void register(SparkSession spark) {
        for (VectorFunction function :
                List.of(VectorFunction.COSINE_SIMILARITY, VectorFunction.INNER_PRODUCT, VectorFunction.L2_DISTANCE)) {
            VectorFunction loops = new VectorFunction(
                    name(function.name()),
                    LoopFunctions.class,
                    function.method(),
                    function.inputTypes(),
                    function.resultType(),
                    function.usage());
            Function1<Seq<Expression>, Expression> builder = arguments -> new VectorExpression(loops, arguments);
            spark.sessionState()
                    .functionRegistry()
                    .registerFunction(
                            new FunctionIdentifier(loops.name()),
                            new ExpressionInfo(LoopFunctions.class.getName(), loops.name()),
                            builder);
        }
    }

    public static Float cosineSimilarity(ArrayData left, ArrayData right) {
        VectorView v = VectorView.of(left);
        VectorView w = VectorView.of(right);
        return v == null || w == null ? null : VectorLoops.cosine(v.base(), v.offset(), w.base(), w.offset(), v.size());
    }

    public static Float innerProduct(ArrayData left, ArrayData right) {
        VectorView v = VectorView.of(left);
        VectorView w = VectorView.of(right);
        return v == null || w == null
                ? null
                : (float) VectorLoops.dot(v.base(), v.offset(), w.base(), w.offset(), v.size());
    }

    public static Float l2Distance(ArrayData left, ArrayData right) {
        VectorView v = VectorView.of(left);
        VectorView w = VectorView.of(right);
        return v == null || w == null
                ? null
                : (float) Math.sqrt(VectorLoops.squaredDistance(v.base(), v.offset(), w.base(), w.offset(), v.size()));
    }
}
