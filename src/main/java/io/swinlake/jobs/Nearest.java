package io.swinlake.jobs;

import static org.apache.spark.sql.functions.col;

import io.swinlake.search.Ranking;
import io.swinlake.spark.EmbeddingColumns;
import io.swinlake.spark.NearestEmbeddings;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The images of a table most like some images: exact, by the cosine of their embeddings. */
@Command(
        name = "nearest",
        description = "Finds the images most like others, by the exact cosine of their embeddings.",
        sortOptions = false,
        mixinStandardHelpOptions = true)
final class Nearest implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--embeddings", required = true, paramLabel = "URI", description = "Table that infer wrote.")
    private String embeddings;

    @Option(
            names = "--query",
            required = true,
            paramLabel = "IMAGE|URI",
            description = "An image of the table, by its path or the end of it; or another table that infer wrote with"
                    + " the same model, for all its images.")
    private String query;

    @Option(names = "--k", defaultValue = "10", description = "Images to find, 1 to 100000. Default: ${DEFAULT-VALUE}.")
    private int k;

    @Option(
            names = "--output",
            paramLabel = "URI",
            description = "Write the neighbours there as Parquet, instead of printing them.")
    private Optional<String> output = Optional.empty();

    /** The last line on stdout. */
    record Summary(String command, String embeddings, String query, long queries, int k, long neighbors) {}

    @Override
    public Integer call() {
        Ranking ranking = ranking();
        SparkSession spark = Sessions.open("nearest");
        Dataset<Row> lake = Embeddings.read(spark, embeddings);
        Dataset<Row> queries = queries(spark, lake);
        Dataset<Row> neighbors = new NearestEmbeddings(EmbeddingColumns.ofInference(), ranking).join(queries, lake);
        PrintWriter out = spec.commandLine().getOut();
        Dataset<Row> found;
        if (output.isPresent()) {
            neighbors.write().parquet(output.get());
            found = spark.read().parquet(output.get());
        } else {
            List<Row> rows = neighbors.collectAsList();
            for (Row row : rows) {
                out.printf(
                        Locale.ROOT,
                        "%s  %3d  %.6f  %s%n",
                        row.getString(0),
                        row.getInt(1),
                        row.getDouble(3),
                        row.getString(2));
            }
            found = spark.createDataFrame(rows, neighbors.schema());
        }
        long searched = found.select("query").distinct().count();
        out.println(Json.line(new Summary("nearest", embeddings, query, searched, k, found.count())));
        return Exit.GOOD.code();
    }

    private Ranking ranking() {
        try {
            return Ranking.nearest(k);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--k is from 1 to 100000, found " + k, e);
        }
    }

    /** Images of the lake whose path is or ends with the query, else the table of that name. */
    private Dataset<Row> queries(SparkSession spark, Dataset<Row> lake) {
        Dataset<Row> images =
                lake.where(col("path").equalTo(query).or(col("path").endsWith("/" + query)));
        List<Row> found = images.select(col("path"), col("embedding").isNull())
                .orderBy("path")
                .takeAsList(2);
        if (found.isEmpty()) {
            return Embeddings.read(spark, query);
        }
        if (found.size() > 1) {
            throw JobException.preflight(
                    "%s: is the end of several paths, %s and %s among them; give the whole path",
                    query, found.get(0).getString(0), found.get(1).getString(0));
        }
        if (found.get(0).getBoolean(1)) {
            throw JobException.preflight(
                    "%s: has no embedding; its column error says why",
                    found.get(0).getString(0));
        }
        return images;
    }
}
