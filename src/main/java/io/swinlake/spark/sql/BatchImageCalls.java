package io.swinlake.spark.sql;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.expressions.And;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.ExprId;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.logical.Aggregate;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.GlobalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LocalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.Sort;
import org.apache.spark.sql.catalyst.rules.Rule;

/**
 * Takes the calls of image functions out of a query's expressions and computes them in batches, below the operator that asked:
 * what Spark does with Python's functions. Runs once, when Spark's own rules have moved filters and columns to their places.
 * Equal requests for the same image become one forward, in whichever operators of the query they stand.
 */
public final class BatchImageCalls extends Rule<LogicalPlan> {
    private final SparkSession spark;
    private final ImageInference inference;

    public BatchImageCalls(SparkSession spark, ImageInference inference) {
        this.spark = spark;
        this.inference = inference;
    }

    @Override
    public LogicalPlan apply(LogicalPlan plan) {
        if (!hasCalls(plan)) {
            return plan;
        }
        return batch(withEarlyLimits(plan), new ComputedImages(spark, inference));
    }

    private static boolean hasCalls(LogicalPlan plan) {
        return Plans.expressions(plan).stream().anyMatch(BatchImageCalls::hasCall)
                || Plans.children(plan).stream().anyMatch(BatchImageCalls::hasCalls);
    }

    private static boolean hasCall(Expression expression) {
        return expression instanceof ImageCall
                || Plans.children(expression).stream().anyMatch(BatchImageCalls::hasCall);
    }

    /**
     * A limit above a projection that calls, put below it too: rows that it drops need no forward. Where a sort by other columns
     * stands between the two, both change places with the projection.
     */
    private static LogicalPlan withEarlyLimits(LogicalPlan plan) {
        LogicalPlan node = plan;
        if (node instanceof GlobalLimit global
                && global.child() instanceof LocalLimit local
                && local.child() instanceof Sort sort
                && sort.global()
                && sort.child() instanceof Project project
                && isCalling(project)
                && Plans.ids(Plans.output(project.child())).containsAll(Plans.references(sort, none -> false))) {
            LogicalPlan sorted = sort.mapChildren(any -> project.child());
            LogicalPlan limited = local.mapChildren(any -> sorted);
            node = project.mapChildren(any -> global.mapChildren(one -> limited));
        } else if (node instanceof LocalLimit limit
                && limit.child() instanceof Project project
                && isCalling(project)
                && !(project.child() instanceof LocalLimit)) {
            node = limit.mapChildren(any -> project.mapChildren(images -> new LocalLimit(limit.limitExpr(), images)));
        }
        return node.mapChildren(child -> withEarlyLimits(child));
    }

    private static boolean isCalling(Project project) {
        return project.deterministic() && Plans.expressions(project).stream().anyMatch(BatchImageCalls::hasCall);
    }

    private LogicalPlan batch(LogicalPlan plan, ComputedImages computed) {
        LogicalPlan node = plan.mapChildren(child -> batch(child, computed));
        if (Plans.expressions(node).stream().noneMatch(BatchImageCalls::hasCall)) {
            return node;
        }
        return node instanceof Filter filter ? filtered(filter, computed) : replaced(node, computed);
    }

    /** Conditions without calls come first: what they drop needs no forward. */
    private LogicalPlan filtered(Filter filter, ComputedImages computed) {
        Map<Boolean, List<Expression>> conditions =
                conditions(filter.condition()).collect(Collectors.partitioningBy(BatchImageCalls::hasCall));
        List<Expression> cheap = conditions.get(false);
        return cheap.isEmpty() || !filter.condition().deterministic()
                ? replaced(filter, computed)
                : replaced(new Filter(all(conditions.get(true)), new Filter(all(cheap), filter.child())), computed);
    }

    private static Stream<Expression> conditions(Expression condition) {
        return condition instanceof And and
                ? Stream.concat(conditions(and.left()), conditions(and.right()))
                : Stream.of(condition);
    }

    private static Expression all(List<Expression> conditions) {
        return conditions.stream().reduce(And::new).orElseThrow();
    }

    /** The same node with values in place of calls, and its children with those values. */
    private LogicalPlan replaced(LogicalPlan node, ComputedImages computed) {
        Map<ImageCall, Expression> values = new HashMap<>();
        boolean passesAll = !(node instanceof Project || node instanceof Aggregate);
        Set<ExprId> used = passesAll ? Set.of() : Plans.references(node, call -> call instanceof ImageCall);
        List<ImageCall> calls = calls(node);
        LogicalPlan onValues =
                node.mapChildren(child -> computed.below(child, calls, id -> passesAll || used.contains(id), values));
        LogicalPlan withValues = onValues.mapExpressions(expression -> replace(expression, values));
        List<Attribute> before = Plans.output(node);
        return Plans.ids(Plans.output(withValues)).equals(Plans.ids(before))
                ? withValues
                : Plans.project(before, withValues);
    }

    private static List<ImageCall> calls(LogicalPlan node) {
        List<ImageCall> calls = new ArrayList<>();
        Plans.expressions(node).forEach(expression -> addCalls(expression, calls));
        return calls;
    }

    private static void addCalls(Expression expression, List<ImageCall> calls) {
        if (expression instanceof ImageCall call) {
            calls.add(call);
        } else {
            Plans.children(expression).forEach(child -> addCalls(child, calls));
        }
    }

    private static Expression replace(Expression expression, Map<ImageCall, Expression> values) {
        return expression instanceof ImageCall call
                ? values.getOrDefault(call, call)
                : expression.mapChildren(child -> replace(child, values));
    }
}
