package io.swinlake.cli;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.min_by;

import io.swinlake.cli.command.CommandException;
import io.swinlake.cli.command.EmbeddingsTable;
import io.swinlake.cli.command.ImageNames;
import io.swinlake.cli.command.ModelArguments;
import io.swinlake.preprocess.RecipeName;
import io.swinlake.runtime.device.UnusableDeviceException;
import io.swinlake.spark.ImageLake;
import io.swinlake.spark.SwinInference;
import io.swinlake.spark.source.SourceKind;
import io.swinlake.storage.Entry;
import io.swinlake.storage.Messages;
import io.swinlake.storage.Storage;
import io.swinlake.table.RunRecord;
import io.swinlake.table.SwinlakeTable;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/**
 * The embeddings that a search starts from, by whatever they are named: an image of the table, a file or a folder of images, a list
 * of paths, or a table.
 */
final class NearestQueries {
    private final CommandLine commandLine;
    private final SparkSession spark;
    private final String embeddings;
    private final Optional<ModelArguments> model;
    private boolean hasNoRecord;

    /**
     * Looks at nothing yet.
     *
     * @param embeddings URI of the table that is searched
     * @param model embeds images that are not in it
     */
    NearestQueries(CommandLine commandLine, SparkSession spark, String embeddings, Optional<ModelArguments> model) {
        this.commandLine = commandLine;
        this.spark = spark;
        this.embeddings = embeddings;
        this.model = model;
    }

    /** Whether images had to be embedded without knowing how the table turned its own. */
    boolean hasNoRecord() {
        return hasNoRecord;
    }

    /** What a query is, if it is no image of the table. */
    private enum Kind {
        IMAGE,
        FOLDER,
        LIST,
        TABLE
    }

    /**
     * Rows with the columns of {@code infer} that a search needs.
     *
     * @param query as it was given: the images of the lake whose path is or ends with it go first
     */
    Dataset<Row> of(String query, Dataset<Row> lake) throws IOException {
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
            return switch (kind(query)) {
                case IMAGE ->
                    embed(
                            query,
                            spark.createDataset(List.of(query), Encoders.STRING())
                                    .toDF("path"),
                            lake);
                case FOLDER -> embed(query, images(query).toDataset(spark).select("path"), lake);
                case LIST -> listed(query, names, lake);
                case TABLE -> EmbeddingsTable.readOneModel(spark, query);
            };
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

    private Kind kind(String query) {
        try {
            Optional<Entry> found = new Storage(spark.sessionState().newHadoopConf()).find(query);
            if (found.isEmpty() && SwinlakeTable.isInCatalog(spark, query)) {
                return Kind.TABLE;
            }
            if (found.isEmpty()) {
                throw CommandException.preflight(
                        "%s: is no image of %s, and there is no such file or table: give the end of a path, an image file or a table",
                        query, embeddings);
            }
            if (found.get().isFolder()) {
                return SourceKind.of(spark, query, List.of()) == SourceKind.FILES
                                && SwinlakeTable.records(spark, query).isEmpty()
                                && images(query).size() > 0
                        ? Kind.FOLDER
                        : Kind.TABLE;
            }
            return query.endsWith(".parquet") ? Kind.TABLE : query.endsWith(".txt") ? Kind.LIST : Kind.IMAGE;
        } catch (IOException | IllegalArgumentException e) {
            throw CommandException.preflight("%s: cannot be reached: %s", query, Messages.reason(e));
        }
    }

    private ImageLake images(String folder) throws IOException {
        return ImageLake.list(spark, List.of(folder), "*");
    }

    /** The images that a text file names, those of the lake as they are there, each once. */
    private Dataset<Row> listed(String file, ImageNames names, Dataset<Row> lake) {
        Dataset<Row> paths = spark.read()
                .textFile(file)
                .where("trim(value) != ''")
                .map((MapFunction<String, String>) line -> names.whole(names.normal(line.strip())), Encoders.STRING())
                .distinct()
                .toDF("path")
                .persist(StorageLevel.DISK_ONLY());
        long count = paths.count();
        if (count == 0) {
            throw CommandException.preflight("%s: names no image: write the path of one on every line", file);
        }
        Dataset<Row> here = lake.join(paths, "path").persist(StorageLevel.DISK_ONLY());
        Dataset<Row> elsewhere = paths.join(here, paths.col("path").equalTo(here.col("path")), "left_anti");
        long missing = elsewhere.count();
        if (missing == 0) {
            return withEmbedding(file, here, count);
        }
        if (model.isEmpty()) {
            throw new ParameterException(
                    commandLine,
                    "%s: %s of its %s images are not in the table, such as %s: --model names the checkpoint that the table was made with, to embed them"
                            .formatted(
                                    file,
                                    missing,
                                    count,
                                    elsewhere.agg(min("path")).first().getString(0)));
        }
        int parts = spark.sparkContext().defaultParallelism() * 4; // embedding takes far longer than a task's start
        Dataset<Row> embedded = embedAll(file, elsewhere.repartition(parts), lake);
        String[] columns = List.of(lake.columns()).contains("model")
                ? new String[] {"path", "embedding", "error", "model"}
                : new String[] {"path", "embedding", "error"};
        Dataset<Row> both = here.selectExpr(columns)
                .unionByName(embedded.selectExpr(columns), true)
                .persist(StorageLevel.DISK_ONLY());
        return withEmbedding(file, both, count);
    }

    private Dataset<Row> embed(String query, Dataset<Row> images, Dataset<Row> lake) {
        if (model.isEmpty()) {
            throw new ParameterException(
                    commandLine,
                    "%s is not in the table: --model names the checkpoint that the table was made with, to embed it"
                            .formatted(query));
        }
        Dataset<Row> embedded = embedAll(query, images, lake).persist(StorageLevel.DISK_ONLY());
        return withEmbedding(query, embedded, embedded.count());
    }

    /** Says how many images have none, and refuses if none has one. */
    private Dataset<Row> withEmbedding(String query, Dataset<Row> rows, long count) {
        Dataset<Row> failed = rows.where("embedding IS NULL");
        long failures = failed.count();
        if (failures == 0) {
            return rows;
        }
        Row first = failed.agg(min("path"), min_by(col("error.message"), col("path")))
                .first();
        if (failures < count) {
            commandLine
                    .getErr()
                    .println("%s: %s of its %s images have no embedding, and so no neighbours, such as %s: %s"
                            .formatted(query, failures, count, first.getString(0), first.getString(1)));
            return rows;
        }
        throw CommandException.preflight(
                count == 1 ? "%s: cannot be embedded: %s" : "%s: none of its images can be embedded; the first: %s",
                query,
                first.getString(1));
    }

    /** The embeddings of some images, by the model, the recipe and the precision that the table was made with. */
    private Dataset<Row> embedAll(String query, Dataset<Row> images, Dataset<Row> lake) {
        ModelArguments arguments = model.orElseThrow();
        List<RunRecord> records = EmbeddingsTable.records(spark, embeddings);
        hasNoRecord = records.isEmpty();
        MadeBy madeBy = MadeBy.of(lake, records);
        SwinInference inference = inference(query, images, madeBy, arguments.recipe.map(RecipeName::word));
        if (arguments.recipe.isEmpty()
                && madeBy.recipe().isPresent()
                && !madeBy.recipe().get().equals(inference.model().recipe().name())) {
            // the table was made with another one than the checkpoint's own
            inference = inference(query, images, madeBy, madeBy.recipe());
        }
        return inference.rows();
    }

    private SwinInference inference(String query, Dataset<Row> images, MadeBy madeBy, Optional<String> recipe) {
        String precision = madeBy.precision().orElse("fp32");
        try {
            return model.orElseThrow()
                    .transformer()
                    .setInputCol("path")
                    .setRecipe(recipe.orElse(""))
                    .setPrecision(precision)
                    .setOrientation(madeBy.orientation().orElse("ignore"))
                    .setNormalize(madeBy.normalised())
                    .setDevice(precision.equals("int8") ? "cpu" : "auto")
                    .prepare(images);
        } catch (UnusableDeviceException e) {
            throw CommandException.preflight(
                    "%s: %s was computed in %s, and so must the query be, which this machine does not: %s",
                    query, embeddings, precision, e.getMessage());
        }
    }
}
