package io.swinlake.spark;

import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.runtime.device.UnusableDeviceException;
import io.swinlake.search.Ranking;
import io.swinlake.spark.search.LazyRows;
import io.swinlake.spark.sql.SqlException;
import io.swinlake.spark.sql.TableArguments;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Supplier;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/** The verbs {@code infer}, {@code nearest} and {@code duplicates} as table functions; what they compute is what the verbs compute. */
enum TableFunctions {
    INFER(
            "swinlake_infer(model, table[, options]) - the rows of a table or view with what the network says of their images;"
                    + " writes nothing") {
        @Override
        Dataset<Row> rows(TableArguments arguments) {
            arguments.requireCount(2, 3);
            Dataset<Row> images = arguments.table(1);
            try {
                return TransformerOptions.of(functionName(), arguments.options(2), Set.of())
                        .transformer(arguments.text(0))
                        .prepareRemembered(images)
                        .rows();
            } catch (CheckpointException | UnusableDeviceException e) {
                throw SqlException.unusable(functionName() + ": " + e.getMessage(), e);
            }
        }
    },
    NEAREST(
            "swinlake_nearest(lake, queries, k[, options]) - for each embedding of queries the k nearest of lake: query, rank,"
                    + " neighbor, similarity") {
        @Override
        Dataset<Row> rows(TableArguments arguments) {
            arguments.requireCount(3, 4);
            Dataset<Row> lake = arguments.table(0);
            Dataset<Row> queries = arguments.table(1);
            double k = arguments.number(2);
            if (k != Math.rint(k)) {
                throw SqlException.invalidArgument("%s: k is a whole number, found %s".formatted(functionName(), k));
            }
            NearestEmbeddings search = new NearestEmbeddings(columns(arguments.options(3)), Ranking.nearest((int) k));
            StructType schema = search.schema(queries, lake);
            return lazily(lake, schema, () -> search.join(queries, lake));
        }
    },
    DUPLICATES(
            "swinlake_duplicates(lake, threshold[, options]) - the images whose embeddings reach that cosine: id, group; with"
                    + " map('rows', 'links') or map('rows', 'pairs'): left, right, similarity") {
        @Override
        Dataset<Row> rows(TableArguments arguments) {
            arguments.requireCount(2, 3);
            Dataset<Row> lake = arguments.table(0);
            SortedMap<String, String> options = arguments.options(2);
            String rows = options.getOrDefault("rows", "groups");
            options.remove("rows");
            double threshold = arguments.number(1);
            if (!(threshold > -1 && threshold <= 1)) {
                throw SqlException.invalidArgument(
                        "%s: the threshold is above -1 and at most 1, found %s".formatted(functionName(), threshold));
            }
            DuplicateEmbeddings search = new DuplicateEmbeddings(columns(options), threshold);
            return switch (rows) {
                case "groups" -> lazily(lake, search.groupsSchema(lake), () -> groups(search, lake));
                // Spark's storage is freed when the query is garbage.
                case "links" ->
                    lazily(lake, search.pairsSchema(lake), () -> search.links(lake)
                            .rows());
                case "pairs" ->
                    lazily(lake, search.pairsSchema(lake), () -> search.pairs(lake)
                            .rows());
                default ->
                    throw SqlException.invalidArgument(
                            "%s: option rows is groups, links or pairs, found %s".formatted(functionName(), rows));
            };
        }
    };

    private final String usage;

    TableFunctions(String usage) {
        this.usage = usage;
    }

    String usage() {
        return usage;
    }

    String functionName() {
        return usage.substring(0, usage.indexOf('('));
    }

    /** The table of a call: checked, and not computed yet. */
    abstract Dataset<Row> rows(TableArguments arguments);

    EmbeddingColumns columns(SortedMap<String, String> options) {
        EmbeddingColumns usual = EmbeddingColumns.ofInference();
        for (String option : options.keySet()) {
            if (!option.equals("id") && !option.equals("embedding")) {
                throw SqlException.invalidArgument(
                        "%s: there is no option '%s': %s".formatted(functionName(), option, usage));
            }
        }
        return new EmbeddingColumns(
                options.getOrDefault("id", usual.id()), options.getOrDefault("embedding", usual.embedding()));
    }

    private static Dataset<Row> groups(DuplicateEmbeddings search, Dataset<Row> lake) {
        try (DuplicateEmbeddings.Pairs links = search.links(lake)) {
            return DuplicateEmbeddings.groups(links.rows());
        }
    }

    private static Dataset<Row> lazily(Dataset<Row> lake, StructType schema, Supplier<Dataset<Row>> search) {
        LazyRows rows = new LazyRows(
                lake.sparkSession().sparkContext(),
                () -> search.get().toJavaRDD().rdd());
        return lake.sparkSession().createDataFrame(rows, schema);
    }
}
