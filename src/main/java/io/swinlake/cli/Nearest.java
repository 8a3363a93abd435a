package io.swinlake.cli;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.min;

import io.swinlake.cli.command.CommandException;
import io.swinlake.cli.command.EmbeddingsTable;
import io.swinlake.cli.command.Exit;
import io.swinlake.cli.command.ImageNames;
import io.swinlake.cli.command.Json;
import io.swinlake.cli.command.ModelArguments;
import io.swinlake.cli.command.Outputs;
import io.swinlake.cli.command.Sessions;
import io.swinlake.preprocess.RecipeName;
import io.swinlake.runtime.device.UnusableDeviceException;
import io.swinlake.search.Ranking;
import io.swinlake.spark.EmbeddingColumns;
import io.swinlake.spark.NearestEmbeddings;
import io.swinlake.spark.SwinInference;
import io.swinlake.storage.Entry;
import io.swinlake.storage.Messages;
import io.swinlake.storage.Storage;
import io.swinlake.table.ParquetRows;
import io.swinlake.table.RunRecord;
import io.swinlake.table.SwinlakeTable;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.ArgGroup;
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
            description = "An image of the table, by its path or the end of that; an image file anywhere, which needs"
                    + " --model; or another table that infer wrote with the same model, for all its images.")
    private String query;

    @Option(
            names = "--k",
            defaultValue = "10",
            paramLabel = "K",
            description = "Images to find, 1 to 100000. Default: ${DEFAULT-VALUE}.")
    private int k;

    @Option(
            names = "--output",
            paramLabel = "URI",
            description = "Write the neighbours there as Parquet, instead of printing them.")
    private Optional<String> output = Optional.empty();

    @ArgGroup(exclusive = false, heading = "For an image that is not in the table:%n")
    private ModelArguments model; // null unless one of them is given

    /** Whether an image had to be embedded without knowing how the table turned its own. */
    private boolean hasNoRecord;

    /** The last line on stdout. */
    record Summary(String command, String embeddings, String query, long queries, int k, long neighbors) {}

    @Override
    public Integer call() throws IOException {
        Ranking ranking = ranking();
        SparkSession spark = Sessions.open("nearest");
        output.ifPresent(uri -> Outputs.requireNew(uri, spark.sessionState().newHadoopConf()));
        Dataset<Row> lake = EmbeddingsTable.readOneModel(spark, embeddings);
        Dataset<Row> queries = queries(spark, lake);
        EmbeddingsTable.requireOneModel(query, queries, lake);
        if (hasNoRecord) {
            spec.commandLine()
                    .getErr()
                    .printf(
                            "%s: has no record of its runs, which would tell whether images were turned by EXIF: the query is not%n",
                            embeddings);
        }
        requireDirections(queries);
        Dataset<Row> neighbors = new NearestEmbeddings(EmbeddingColumns.ofInference(), ranking).join(queries, lake);
        PrintWriter out = spec.commandLine().getOut();
        Dataset<Row> found;
        if (output.isPresent()) {
            neighbors.write().parquet(output.get());
            found = ParquetRows.read(spark, output.get());
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

    /** A vector of zeros has a cosine with none, so such a query has no neighbours. */
    private void requireDirections(Dataset<Row> queries) {
        Dataset<Row> zeros = queries.where("embedding IS NOT NULL AND NOT exists(embedding, x -> x != 0)");
        long count = zeros.count();
        if (count == 0) {
            return;
        }
        String first = zeros.agg(min("path")).first().getString(0);
        if (count == queries.where("embedding IS NOT NULL").count()) {
            throw CommandException.preflight(
                    "%s: the embedding of %s is all zeros, which is near to nothing: there is nothing to find",
                    query, first);
        }
        spec.commandLine()
                .getErr()
                .println("%s: %s embeddings are all zeros, such as that of %s, and have no neighbours"
                        .formatted(query, count, first));
    }

    /** Images of the lake whose path is or ends with the query, else the image file or the table of that name. */
    private Dataset<Row> queries(SparkSession spark, Dataset<Row> lake) throws IOException {
        ImageNames names = ImageNames.of(spark.sessionState().newHadoopConf());
        String normal = names.normal(query);
        String whole = names.whole(normal);
        Column named = col("path").equalTo(query).or(col("path").equalTo(whole));
        Dataset<Row> images = lake.where(
                ImageNames.depth(normal) == 0 ? named : named.or(col("path").endsWith("/" + normal)));
        List<Row> found = images.select(col("path"), col("embedding").isNull())
                .orderBy(col("path").notEqual(whole), col("path"))
                .takeAsList(2);
        if (found.isEmpty()) {
            return isImageFile(spark) ? embed(spark, lake) : EmbeddingsTable.readOneModel(spark, query);
        }
        String first = found.get(0).getString(0);
        if (found.size() > 1 && !first.equals(whole)) {
            throw CommandException.preflight(
                    "%s: is the end of several paths, %s and %s among them; give the whole path",
                    query, first, found.get(1).getString(0));
        }
        if (found.get(0).getBoolean(1)) {
            throw CommandException.preflight("%s: has no embedding; its column error says why", first);
        }
        return spark.createDataFrame(lake.where(col("path").equalTo(first)).takeAsList(1), lake.schema());
    }

    private boolean isImageFile(SparkSession spark) {
        try {
            Optional<Entry> found = new Storage(spark.sessionState().newHadoopConf()).find(query);
            if (found.isEmpty() && SwinlakeTable.isInCatalog(spark, query)) {
                return false;
            }
            if (found.isEmpty()) {
                throw CommandException.preflight(
                        "%s: is no image of %s, and there is no such file or table: give the end of a path, an image file or a table",
                        query, embeddings);
            }
            return !found.get().isFolder() && !query.endsWith(".parquet");
        } catch (IOException | IllegalArgumentException e) {
            throw CommandException.preflight("%s: cannot be reached: %s", query, Messages.reason(e));
        }
    }

    /** The query's own embedding, by the model, the recipe and the precision that the table was made with. */
    private Dataset<Row> embed(SparkSession spark, Dataset<Row> lake) {
        if (model == null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "%s is not in the table: --model names the checkpoint that the table was made with, to embed it"
                            .formatted(query));
        }
        Dataset<Row> image =
                spark.createDataset(List.of(query), Encoders.STRING()).toDF("path");
        List<RunRecord> records = EmbeddingsTable.records(spark, embeddings);
        hasNoRecord = records.isEmpty();
        MadeBy madeBy = MadeBy.of(lake, records);
        SwinInference inference = inference(image, madeBy, model.recipe.map(RecipeName::word));
        if (model.recipe.isEmpty()
                && madeBy.recipe().isPresent()
                && !madeBy.recipe().get().equals(inference.model().recipe().name())) {
            // the table was made with another one than the checkpoint's own
            inference = inference(image, madeBy, madeBy.recipe());
        }
        Row row = inference.rows().first();
        if (row.isNullAt(row.fieldIndex("embedding"))) {
            throw CommandException.preflight(
                    "%s: cannot be embedded: %s",
                    query, row.getStruct(row.fieldIndex("error")).getString(2));
        }
        return spark.createDataFrame(List.of(row), inference.rows().schema());
    }

    private SwinInference inference(Dataset<Row> image, MadeBy madeBy, Optional<String> recipe) {
        String precision = madeBy.precision().orElse("fp32");
        try {
            return model.transformer()
                    .setInputCol("path")
                    .setRecipe(recipe.orElse(""))
                    .setPrecision(precision)
                    .setOrientation(madeBy.orientation().orElse("ignore"))
                    .setNormalize(madeBy.normalised())
                    .setDevice(precision.equals("int8") ? "cpu" : "auto")
                    .prepare(image);
        } catch (UnusableDeviceException e) {
            throw CommandException.preflight(
                    "%s: %s was computed in %s, and so must the query be, which this machine does not: %s",
                    query, embeddings, precision, e.getMessage());
        }
    }
}
