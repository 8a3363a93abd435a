package io.swinlake.spark;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** Embeddings and classes compare only within one model, preprocessed by one recipe and run in one precision. */
public final class OneModel {
    private static final List<String> FACTS = List.of("sha256", "recipe", "precision");

    private OneModel() {}

    /**
     * Refuses tables whose column {@code model} says that their rows come from more than one model. A table without that
     * column is taken as it is.
     *
     * @throws IllegalArgumentException if they do; the message names two of the models
     */
    @SafeVarargs
    public static void require(Dataset<Row>... tables) {
        Set<String> models = new TreeSet<>();
        for (Dataset<Row> table : tables) {
            Column[] facts = facts(table).stream()
                    .map(fact -> table.col("model").getField(fact))
                    .toArray(Column[]::new);
            if (facts.length > 0) {
                for (Row row : table.select(facts).distinct().limit(2).collectAsList()) {
                    models.add(IntStream.range(0, row.size())
                            .mapToObj(i -> String.valueOf(row.get(i)))
                            .collect(Collectors.joining(" ")));
                }
            }
        }
        if (models.size() > 1) {
            throw new IllegalArgumentException(
                    "embeddings of different models do not compare, and these come from models %s: filter by the column model"
                            .formatted(models.stream().limit(2).collect(Collectors.joining(" and "))));
        }
    }

    /** Which facts a table tells about its model. */
    private static List<String> facts(Dataset<Row> table) {
        return Arrays.stream(table.schema().fields())
                .filter(field -> field.name().equals("model"))
                .map(StructField::dataType)
                .flatMap(type -> type instanceof StructType model ? Arrays.stream(model.fieldNames()) : null)
                .filter(FACTS::contains)
                .toList();
    }
}
