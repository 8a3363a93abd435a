package io.swinlake.spark.sql;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.ExprId;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.QueryPlan;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.trees.TreeNode;
import scala.Option;
import scala.collection.immutable.Seq;

/** Parts of logical plans, made and read by reflection where their {@code Seq} is another type in each Scala. */
final class Plans {
    private Plans() {}

    static List<Attribute> output(LogicalPlan plan) {
        return list(plan, "output");
    }

    static List<LogicalPlan> children(LogicalPlan plan) {
        return list(plan, "children");
    }

    static List<Expression> children(Expression expression) {
        return list(expression, "children");
    }

    /** What a node of the plan computes, without what its children do. */
    static List<Expression> expressions(QueryPlan<?> plan) {
        return list(plan, "expressions");
    }

    static List<NamedExpression> columns(Project project) {
        return list(project, "projectList");
    }

    static List<ExprId> ids(List<Attribute> attributes) {
        return attributes.stream().map(Attribute::exprId).toList();
    }

    /** What a node of the plan refers to, but for expressions that are left out. */
    static Set<ExprId> references(LogicalPlan node, Predicate<Expression> leftOut) {
        Set<ExprId> references = new HashSet<>();
        expressions(node).forEach(expression -> addReferences(expression, leftOut, references));
        return references;
    }

    static Set<ExprId> references(Expression expression) {
        Set<ExprId> references = new HashSet<>();
        addReferences(expression, none -> false, references);
        return references;
    }

    private static void addReferences(Expression expression, Predicate<Expression> leftOut, Set<ExprId> references) {
        if (leftOut.test(expression)) {
            return;
        }
        if (expression instanceof Attribute attribute) {
            references.add(attribute.exprId());
        }
        children(expression).forEach(child -> addReferences(child, leftOut, references));
    }

    static LogicalPlan project(List<? extends NamedExpression> columns, LogicalPlan child) {
        return make(Project.class, Catalyst.seq(columns), child);
    }

    /** Names a value, so that an attribute with this id refers to it. */
    static Alias alias(Expression value, String name, ExprId id) {
        Seq<Object> none = Catalyst.seq(List.of());
        return make(Alias.class, value, name, id, none, Option.empty(), none);
    }

    /** A table of a plan that has been analysed; its class has moved in Spark 4. */
    @SuppressWarnings("unchecked")
    static Dataset<Row> dataset(SparkSession spark, LogicalPlan plan) {
        for (String type : List.of("org.apache.spark.sql.classic.Dataset$", "org.apache.spark.sql.Dataset$")) {
            try {
                Class<?> companion = Class.forName(type);
                for (Method method : companion.getMethods()) {
                    if (method.getName().equals("ofRows") && method.getParameterCount() == 2) {
                        return (Dataset<Row>)
                                method.invoke(companion.getField("MODULE$").get(null), spark, plan);
                    }
                }
            } catch (ClassNotFoundException e) {
                // is that of the other Spark
            } catch (ReflectiveOperationException e) {
                throw unknown(type, e);
            }
        }
        throw unknown("Dataset.ofRows", null);
    }

    private static <T> T make(Class<T> type, Object... arguments) {
        for (Constructor<?> constructor : type.getConstructors()) {
            if (constructor.getParameterCount() == arguments.length) {
                try {
                    return type.cast(constructor.newInstance(arguments));
                } catch (ReflectiveOperationException e) {
                    throw unknown(type.getName(), e);
                }
            }
        }
        throw unknown(type.getName(), null);
    }

    @SuppressWarnings("unchecked")
    private static <T> List<T> list(TreeNode<?> node, String method) {
        try {
            return (List<T>) Catalyst.list(
                    (scala.collection.Seq<?>) node.getClass().getMethod(method).invoke(node));
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw unknown(node.nodeName() + "." + method, e);
        } catch (ReflectiveOperationException e) {
            throw unknown(node.nodeName() + "." + method, e);
        }
    }

    private static IllegalStateException unknown(String what, Exception cause) {
        return new IllegalStateException("this Spark's " + what + " is not what Swinlake knows", cause);
    }
}
