package io.swinlake.spark;

import io.swinlake.spark.head.HeadFunction;
import io.swinlake.spark.head.HeadScore;
import io.swinlake.spark.sql.BatchImageCalls;
import io.swinlake.spark.sql.Catalyst;
import io.swinlake.spark.sql.ImageCall;
import io.swinlake.spark.sql.ImageFunction;
import io.swinlake.spark.sql.ImageInference;
import io.swinlake.spark.sql.SqlException;
import io.swinlake.spark.sql.TableArguments;
import io.swinlake.spark.sql.TableFunction;
import io.swinlake.spark.sql.VectorAggregate;
import io.swinlake.spark.sql.VectorException;
import io.swinlake.spark.sql.VectorExpression;
import io.swinlake.spark.sql.VectorFunction;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.package$;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.SparkSessionExtensions;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.analysis.FunctionRegistry;
import org.apache.spark.sql.catalyst.analysis.TableFunctionRegistry;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.types.DataTypes;
import scala.Function1;
import scala.collection.Seq;

/** The functions and the rule that {@link SwinlakeExtensions} brings to a session. */
final class SqlFunctions {
    private SqlFunctions() {}

    /** A function as Spark's registry wants it. */
    record Entry(ExpressionInfo info, Function1<Seq<Expression>, Expression> builder) {
        FunctionIdentifier id() {
            return new FunctionIdentifier(info.getName());
        }
    }

    /**
     * Registers all, or nothing: a Spark that lacks what we need says so before the first function is there. Beside Spark's own
     * functions rather than by {@link SparkSessionExtensions#injectFunction}: Spark takes an injected function for a temporary one, which
     * a persisted view may not use.
     */
    static void register(SparkSessionExtensions extensions) {
        var functions = FunctionRegistry.builtin();
        var tableFunctions = TableFunctionRegistry.builtin();
        ImageInference inference = new SqlInference();
        List<Entry> entries = new ArrayList<>();
        for (Entry entry : entriesFor(package$.MODULE$.SPARK_VERSION())) {
            if (!functions.functionExists(entry.id())) {
                entries.add(entry);
            }
        }
        for (ImageFunction function : ImageFunction.values()) {
            entries.add(ofImage(function, inference));
        }
        entries.add(
                new Entry(info(HeadScore.class, HeadFunction.NAME, HeadFunction.USAGE, "0.1.0"), HeadFunction::call));
        link(BatchImageCalls.class); // else by the first query of the session, whatever it asks for
        extensions.injectPreCBORule(spark -> new BatchImageCalls(spark, inference));
        entries.forEach(entry -> functions.registerFunction(entry.id(), entry.info(), entry.builder()));
        for (TableFunctions function : TableFunctions.values()) {
            ExpressionInfo info = info(TableFunctions.class, function.functionName(), function.usage(), "0.1.0");
            tableFunctions.registerFunction(new FunctionIdentifier(function.functionName()), info, builder(function));
        }
        tableFunctions.registerFunction(
                new FunctionIdentifier(TableFunction.NAME), TableFunction.info(), new TableFunction());
    }

    private static void link(Class<?> type) {
        try {
            var unused = MethodHandles.lookup().ensureInitialized(type);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e); // it is public
        }
    }

    private static Function1<Seq<Expression>, LogicalPlan> builder(TableFunctions function) {
        return arguments -> {
            TableArguments values =
                    new TableArguments(SparkSession.active(), function.usage(), Catalyst.list(arguments));
            try {
                return function.rows(values).queryExecution().analyzed();
            } catch (IllegalArgumentException e) { // columns and numbers that cannot be
                throw SqlException.invalidArgument(function.functionName() + ": " + e.getMessage());
            }
        };
    }

    static List<Entry> entriesFor(String sparkVersion) {
        int[] version = Arrays.stream(sparkVersion.split("[.-]", 3))
                .limit(2)
                .mapToInt(Integer::parseInt)
                .toArray();
        if (version[0] > 4 || (version[0] == 4 && version[1] >= 2)) {
            return List.of();
        }
        return List.of(
                ofTwoVectors(VectorFunction.COSINE_SIMILARITY),
                ofTwoVectors(VectorFunction.INNER_PRODUCT),
                ofTwoVectors(VectorFunction.L2_DISTANCE),
                ofVectorAndDegree(VectorFunction.NORM),
                ofVectorAndDegree(VectorFunction.NORMALIZE),
                aggregate(VectorAggregate.Kind.SUM),
                aggregate(VectorAggregate.Kind.AVERAGE));
    }

    private static Entry ofTwoVectors(VectorFunction function) {
        return new Entry(info(VectorExpression.class, function.name(), function.usage()), arguments -> {
            requireCount(arguments, 2, 2, function.usage());
            return new VectorExpression(function, arguments);
        });
    }

    private static Entry ofVectorAndDegree(VectorFunction function) {
        return new Entry(info(VectorExpression.class, function.name(), function.usage()), arguments -> {
            requireCount(arguments, 1, 2, function.usage());
            Expression degree = arguments.size() == 2 ? arguments.last() : new Literal(2f, DataTypes.FloatType);
            return new VectorExpression(function, Catalyst.seq(List.of(arguments.head(), degree)));
        });
    }

    private static Entry aggregate(VectorAggregate.Kind kind) {
        return new Entry(info(VectorAggregate.class, kind.function(), kind.usage()), arguments -> {
            requireCount(arguments, 1, 1, kind.usage());
            return new VectorAggregate(kind, arguments.head(), 0, 0);
        });
    }

    private static Entry ofImage(ImageFunction function, ImageInference inference) {
        ExpressionInfo info = info(ImageCall.class, function.functionName(), function.usage(), "0.1.0");
        return new Entry(info, arguments -> {
            requireCount(arguments, 2, 3, function.usage());
            return new ImageCall(function, inference, arguments);
        });
    }

    private static ExpressionInfo info(Class<?> expression, String name, String usage) {
        return info(expression, name, usage, "4.2.0");
    }

    private static ExpressionInfo info(Class<?> expression, String name, String usage, String since) {
        return new ExpressionInfo(expression.getName(), null, name, usage, "", "", "", "", since, "", "built-in");
    }

    private static void requireCount(Seq<Expression> arguments, int least, int most, String usage) {
        if (arguments.size() < least || arguments.size() > most) {
            throw VectorException.argumentCount(usage, arguments.size());
        }
    }
}
