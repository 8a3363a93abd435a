package io.swinlake.spark.sql;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.ExprId;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GetStructField;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.ScalarSubquery;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.GlobalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LocalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LocalRelation;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.OneRowRelation;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.Sort;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.Option;

/** The forwards of one query: what each computes, and which attributes of the plan have the results. */
final class ComputedImages {
    private static final String IMAGE = "image";

    private final SparkSession spark;
    private final ImageInference inference;
    private final List<Forward> forwards = new ArrayList<>();
    private final Map<Constant, Expression> constants = new HashMap<>();

    ComputedImages(SparkSession spark, ImageInference inference) {
        this.spark = spark;
        this.inference = inference;
    }

    /**
     * A batched operator in the plan.
     *
     * @param content the image, over attributes below the operator
     */
    private record Forward(ImageInference.Request request, Expression content, Map<ImageFunction, Attribute> results) {
        boolean isFor(ImageInference.Request other, Expression image) {
            return request.equals(other) && content.semanticEquals(image);
        }
    }

    /** An image that is the same for all rows. */
    private record Constant(ImageInference.Request request, Expression content) {}

    /** A plan that has the results of a forward among its columns. */
    private record Found(LogicalPlan plan, Forward forward) {}

    /**
     * The child of a node, with the results of those calls of the node whose images it has.
     *
     * @param passed whether the node needs a column of the child
     * @param values receives what to put in place of each of these calls
     */
    LogicalPlan below(
            LogicalPlan child, List<ImageCall> calls, Predicate<ExprId> passed, Map<ImageCall, Expression> values) {
        LogicalPlan plan = child;
        for (ImageCall call : calls) {
            Set<ExprId> references = Plans.references(call.content());
            if (values.containsKey(call) || !Plans.ids(Plans.output(plan)).containsAll(references)) {
                continue;
            }
            if (references.isEmpty()) {
                values.put(call, constant(call));
                continue;
            }
            ImageInference.Request request = call.request(spark);
            LogicalPlan images = plan;
            Found found = find(images, request, call.content())
                    .orElseGet(() -> compute(
                            images,
                            request,
                            call.content(),
                            id -> passed.test(id)
                                    || isResult(id)
                                    || calls.stream().anyMatch(other -> Plans.references(other.content())
                                            .contains(id))));
            plan = found.plan();
            values.put(call, found.forward().results().get(call.function()));
        }
        return plan;
    }

    private boolean isResult(ExprId id) {
        return forwards.stream().anyMatch(forward -> forward.results().values().stream()
                .anyMatch(result -> result.exprId().equals(id)));
    }

    /** A forward that is in the plan already, below operators that pass its results or can. */
    private Optional<Found> find(LogicalPlan plan, ImageInference.Request request, Expression content) {
        List<ExprId> output = Plans.ids(Plans.output(plan));
        for (Forward forward : forwards) {
            if (forward.isFor(request, content)
                    && output.containsAll(
                            Plans.ids(List.copyOf(forward.results().values())))) {
                return Optional.of(new Found(plan, forward));
            }
        }
        if (plan instanceof Filter
                || plan instanceof Sort
                || plan instanceof LocalLimit
                || plan instanceof GlobalLimit) {
            return find(Plans.children(plan).get(0), request, content)
                    .map(found -> new Found(plan.mapChildren(any -> found.plan()), found.forward()));
        }
        if (plan instanceof Project project) {
            return find(project.child(), request, below(project, content)).map(found -> passing(project, found));
        }
        return Optional.empty();
    }

    /** What an expression over the columns of a projection is below it. */
    private static Expression below(Project project, Expression expression) {
        if (expression instanceof Attribute attribute) {
            for (NamedExpression column : Plans.columns(project)) {
                if (column instanceof Alias alias && alias.exprId().equals(attribute.exprId())) {
                    return alias.child();
                }
            }
        }
        return expression.mapChildren(child -> below(project, child));
    }

    private static Found passing(Project project, Found found) {
        List<NamedExpression> columns = new ArrayList<>(Plans.columns(project));
        columns.addAll(found.forward().results().values());
        return new Found(Plans.project(columns, found.plan()), found.forward());
    }

    /** A new operator on a plan. */
    private Found compute(
            LogicalPlan images, ImageInference.Request request, Expression content, Predicate<ExprId> passed) {
        List<Attribute> columns = Plans.output(images).stream()
                .filter(column -> passed.test(column.exprId()))
                .toList();
        List<NamedExpression> input = new ArrayList<>(columns);
        StructType schema = new StructType();
        for (Attribute column : columns) {
            schema = schema.add(
                    freeName(column.name(), schema), column.dataType(), column.nullable(), column.metadata());
        }
        int image = content instanceof Attribute attribute ? Plans.ids(columns).indexOf(attribute.exprId()) : -1;
        if (image < 0) {
            image = input.size();
            input.add(Plans.alias(content, IMAGE, NamedExpression.newExprId()));
            schema = schema.add(freeName(IMAGE, schema), content.dataType(), true);
        }
        // Laid out on an empty table, in whose place the plan is put then: it is past the analyzer, which could refuse
        // it now.
        Dataset<Row> computed =
                inference.compute(request, spark.createDataFrame(List.of(), schema), schema.fieldNames()[image]);
        LogicalPlan laidOut = onto(computed.queryExecution().analyzed(), input, images);

        List<Attribute> output = Plans.output(laidOut);
        List<NamedExpression> named = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            named.add(Plans.alias(
                    output.get(i), columns.get(i).name(), columns.get(i).exprId()));
        }
        Map<ImageFunction, Attribute> results = new EnumMap<>(ImageFunction.class);
        List<String> appended = Arrays.asList(inference.columns().fieldNames());
        for (ImageFunction function : ImageFunction.values()) {
            Attribute result = output.get(input.size() + appended.indexOf(function.column()));
            results.put(function, result);
            named.add(result);
        }
        Forward forward = new Forward(request, content, results);
        forwards.add(forward);
        return new Found(Plans.project(named, laidOut), forward);
    }

    /** Names of passing columns are free to choose; a path is kept, since messages about an image name it. */
    private static String freeName(String name, StructType taken) {
        return name.equals("path") && !Arrays.asList(taken.fieldNames()).contains(name)
                ? name
                : String.valueOf(taken.length());
    }

    private static LogicalPlan onto(LogicalPlan laidOut, List<NamedExpression> input, LogicalPlan images) {
        if (laidOut instanceof LocalRelation stub) {
            List<Attribute> places = Plans.output(stub);
            List<NamedExpression> columns = new ArrayList<>();
            for (int i = 0; i < input.size(); i++) {
                Expression value = input.get(i) instanceof Alias alias ? alias.child() : (Expression) input.get(i);
                columns.add(
                        Plans.alias(value, places.get(i).name(), places.get(i).exprId()));
            }
            return Plans.project(columns, images);
        }
        return laidOut.mapChildren(child -> onto(child, input, images));
    }

    /** Computed once, as a subquery; an image that cannot be used would else be a NULL in all rows, without a word. */
    private Expression constant(ImageCall call) {
        Expression content = call.content();
        if (content.dataType().equals(DataTypes.NullType)) {
            return Literal.create(null, call.dataType());
        }
        ImageInference.Request asked = call.request(spark);
        ImageInference.Request request = call.function() == ImageFunction.ERROR ? asked : inference.strict(asked);
        Expression results = constants.computeIfAbsent(
                new Constant(request, content.canonicalized()), key -> subquery(results(request, content)));
        int place = ((StructType) results.dataType()).fieldIndex(call.function().column());
        return new GetStructField(results, place, Option.empty());
    }

    /** One row with one struct. */
    private LogicalPlan results(ImageInference.Request request, Expression content) {
        StructType schema = new StructType().add(IMAGE, content.dataType());
        Column[] columns = Arrays.stream(ImageFunction.values())
                .map(function -> functions.col(function.column()))
                .toArray(Column[]::new);
        Dataset<Row> computed = inference
                .compute(request, spark.createDataFrame(List.of(), schema), IMAGE)
                .select(functions.struct(columns));
        return onto(
                computed.queryExecution().analyzed(),
                List.of(Plans.alias(content, IMAGE, NamedExpression.newExprId())),
                new OneRowRelation());
    }

    /** Its constructor is another one in each Spark; the parser's is not. */
    private Expression subquery(LogicalPlan plan) {
        try {
            return ((ScalarSubquery) spark.sessionState().sqlParser().parseExpression("(SELECT 1)")).withNewPlan(plan);
        } catch (Exception e) { // the parser's are checked, and not declared
            throw new IllegalStateException(e);
        }
    }
}
