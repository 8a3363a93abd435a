package io.swinlake.spark.sql;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult;
import org.apache.spark.sql.catalyst.expressions.ExpectsInputTypes$;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.objects.StaticInvoke;
import org.apache.spark.sql.catalyst.trees.TreeNode;
import org.apache.spark.sql.types.AbstractDataType;
import org.apache.spark.sql.types.DataType;
import scala.Option;
import scala.collection.JavaConverters;
import scala.collection.immutable.IndexedSeq;
import scala.collection.immutable.Seq;

/**
 * What differs between the lines of Spark: compiled against Spark 3.5 for Scala 2.12, the same classes run on Spark 4 for
 * Scala 2.13. There {@code Seq} in a Scala signature is {@code immutable.Seq}, so ours are that everywhere.
 *
 * <p>Methods of Spark whose parameters are a {@code Seq} have another descriptor in each line, and are called through
 * reflection: once for a node of a plan, never for a row.
 */
public final class Catalyst {
    private Catalyst() {}

    /**
     * Makes the compiler emit, by the erased type of its result, the method by which Spark 4 copies a node; Spark 3.5's takes
     * another {@code IndexedSeq}. A node has both.
     */
    public interface NewChildren<T extends TreeNode<?>> {
        T withNewChildrenInternal(IndexedSeq<Expression> children);
    }

    @SuppressWarnings("deprecation") // of 2.13; scala.jdk, which it names instead, 2.12 lacks
    public static <T> Seq<T> seq(List<? extends T> elements) {
        return JavaConverters.<T>asScalaBuffer(List.copyOf(elements)).toList();
    }

    @SuppressWarnings("deprecation") // as above
    public static <T> List<T> list(scala.collection.Seq<T> elements) {
        return JavaConverters.seqAsJavaList(elements);
    }

    /** Spark's own check of argument types, in its words. */
    public static TypeCheckResult checkInputDataTypes(Seq<Expression> arguments, Seq<AbstractDataType> types) {
        Method check = Arrays.stream(ExpectsInputTypes$.class.getMethods())
                .filter(method -> method.getName().equals("checkInputDataTypes") && method.getParameterCount() == 2)
                .findFirst()
                .orElseThrow(() -> new NoSuchMethodError("ExpectsInputTypes.checkInputDataTypes(Seq, Seq)"));
        return (TypeCheckResult) call(() -> check.invoke(ExpectsInputTypes$.MODULE$, arguments, types));
    }

    /** A call of a static method that is deterministic, and NULL for NULL arguments; may be NULL for others too. */
    public static Expression staticInvoke(
            Class<?> type,
            DataType resultType,
            String method,
            Seq<Expression> arguments,
            Seq<AbstractDataType> inputTypes) {
        Constructor<?> constructor = StaticInvoke.class.getConstructors()[0];
        boolean propagatesNull = true;
        boolean returnsNullable = true;
        boolean isDeterministic = true;
        List<Object> values = new ArrayList<>(List.of(
                type, resultType, method, arguments, inputTypes, propagatesNull, returnsNullable, isDeterministic));
        if (constructor.getParameterCount() == values.size() + 1) {
            values.add(Option.empty()); // Spark 4: the function that it was bound for
        }
        return (Expression) call(() -> constructor.newInstance(values.toArray()));
    }

    private interface Reflected {
        Object call() throws ReflectiveOperationException;
    }

    /** A Spark whose method is another one is told as Java tells it: by a linkage error. */
    private static Object call(Reflected method) {
        try {
            return method.call();
        } catch (InvocationTargetException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e.getCause());
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            IncompatibleClassChangeError error = new IncompatibleClassChangeError(e.getMessage());
            error.initCause(e);
            throw error;
        }
    }
}
