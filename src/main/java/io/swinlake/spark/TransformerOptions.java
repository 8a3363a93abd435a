package io.swinlake.spark;

import io.swinlake.spark.sql.SqlException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntArrayParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;

/**
 * The options of a SQL function: Params of {@link SwinTransformer} by their names, in which case does not count, as texts.
 *
 * @param function for messages
 * @param values under the Params' own names
 */
record TransformerOptions(String function, SortedMap<String, String> values) {
    private static final String MODEL = "model";

    /**
     * Options as a query has them; one that the function does not have is a {@link SqlException}.
     *
     * @param refused Params that are none of the function's
     */
    static TransformerOptions of(String function, SortedMap<String, String> options, Set<String> refused) {
        List<String> known = Arrays.stream(new SwinTransformer().params())
                .map(Param::name)
                .filter(name -> !name.equals(MODEL) && !refused.contains(name))
                .sorted(Comparator.naturalOrder())
                .toList();
        SortedMap<String, String> values = new TreeMap<>();
        options.forEach((option, value) -> {
            String name = known.stream()
                    .filter(option::equalsIgnoreCase)
                    .findFirst()
                    .orElseThrow(() -> SqlException.invalidArgument(
                            "%s: there is no option '%s'; there are %s".formatted(function, option, known)));
            if (values.put(name, value) != null) {
                throw SqlException.invalidArgument("%s: option %s is given twice".formatted(function, name));
            }
        });
        return new TransformerOptions(function, values);
    }

    /** The transformer that has them; a value that its Param cannot have is a {@link SqlException}. */
    SwinTransformer transformer(String model) {
        SwinTransformer transformer = new SwinTransformer().setModel(model);
        values.forEach((name, value) -> {
            Param<Object> param = transformer.getParam(name);
            try {
                transformer.set(param, parse(param, value));
            } catch (IllegalArgumentException e) {
                throw SqlException.invalidArgument("%s: option %s is '%s', which it cannot be. %s: %s"
                        .formatted(function, name, value, name, param.doc()));
            }
        });
        return transformer;
    }

    /** Those that ask for something else than the defaults do, and {@code handleInvalid}, since a constant image has another default. */
    SortedMap<String, String> distinguishing() {
        SwinTransformer transformer = transformer("");
        SortedMap<String, String> distinguishing = new TreeMap<>(values);
        distinguishing.keySet().removeIf(name -> {
            Param<Object> param = transformer.getParam(name);
            return !name.equals("handleInvalid")
                    && Objects.deepEquals(
                            transformer.getOrDefault(param),
                            transformer.getDefault(param).get());
        });
        return distinguishing;
    }

    /** @throws IllegalArgumentException if the text is none of the Param's type */
    private static Object parse(Param<?> param, String text) {
        if (param instanceof IntParam) {
            return Integer.valueOf(text);
        }
        if (param instanceof LongParam) {
            return Long.valueOf(text);
        }
        if (param instanceof DoubleParam) {
            return Double.valueOf(text);
        }
        if (param instanceof BooleanParam) {
            if (!text.equals("true") && !text.equals("false")) {
                throw new IllegalArgumentException("a boolean is true or false");
            }
            return Boolean.valueOf(text);
        }
        if (param instanceof IntArrayParam) {
            return Stream.of(text.split(","))
                    .mapToInt(number -> Integer.parseInt(number.strip()))
                    .toArray();
        }
        return text;
    }
}
