package io.swinlake.table;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Embeddings and classes compare only within one model: the same weights in the same network, images prepared by the same
 * recipe, computed in the same precision.
 */
public final class SameModel {
    private static final String MODEL = "model";

    /** Some order, so that a message names the same two whichever Spark finds first. */
    private static final Comparator<Facts> IN_ORDER = Comparator.comparing(Facts::toString);

    private SameModel() {}

    /**
     * What column {@code model} tells of a row.
     *
     * @param digest of weights, network and recipe; null in rows of releases that had none, which then are taken by the others
     */
    record Facts(String sha256, String recipe, String precision, String digest) {
        boolean isSame(Facts other) {
            return Objects.equals(sha256, other.sha256)
                    && Objects.equals(recipe, other.recipe)
                    && Objects.equals(precision, other.precision)
                    && (digest == null || other.digest == null || digest.equals(other.digest));
        }

        /** In words, with the digest only where nothing else tells it from another. */
        String differenceFrom(Facts other) {
            boolean onlyDigest = Objects.equals(sha256, other.sha256)
                    && Objects.equals(recipe, other.recipe)
                    && Objects.equals(precision, other.precision);
            return Stream.of(sha256, recipe, precision, onlyDigest ? "digest " + digest : null)
                    .filter(Objects::nonNull)
                    .collect(Collectors.joining(" "));
        }
    }

    /**
     * Refuses tables whose column {@code model} says that their rows come from more than one model. A table without that
     * column is taken as it is.
     *
     * @throws IllegalArgumentException if they do; the message names two of the models
     */
    @SafeVarargs
    public static void require(Dataset<Row>... tables) {
        List<Facts> models = new ArrayList<>();
        for (Dataset<Row> table : tables) {
            models.addAll(of(table));
        }
        models.sort(IN_ORDER);
        for (Facts model : models) {
            for (Facts other : models) {
                if (!model.isSame(other)) {
                    throw new IllegalArgumentException(
                            "embeddings of different models do not compare, and these come from models %s and %s: filter by the column model"
                                    .formatted(model.differenceFrom(other), other.differenceFrom(model)));
                }
            }
        }
    }

    /** The models that made the rows of a table, in a fixed order; none where it does not tell. */
    static List<Facts> of(Dataset<Row> table) {
        Optional<StructType> model = Arrays.stream(table.schema().fields())
                .filter(field -> field.name().equals(MODEL))
                .map(StructField::dataType)
                .flatMap(type -> type instanceof StructType struct ? Stream.of(struct) : Stream.empty())
                .findFirst();
        if (model.isEmpty()) {
            return List.of();
        }
        List<String> known = List.of(model.get().fieldNames());
        Column[] facts = Stream.of("sha256", "recipe", "precision", "digest")
                .map(fact -> known.contains(fact)
                        ? table.col(MODEL).getField(fact).as(fact)
                        : functions.lit(null).cast("string").as(fact))
                .toArray(Column[]::new);
        return table.where(table.col(MODEL).isNotNull()).select(facts).distinct().collectAsList().stream()
                .map(row -> new Facts(row.getString(0), row.getString(1), row.getString(2), row.getString(3)))
                .sorted(IN_ORDER)
                .toList();
    }
}
