package io.swinlake.cli;

import static org.apache.spark.sql.functions.min;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.swinlake.cli.command.CommandException;
import io.swinlake.cli.command.EmbeddingsTable;
import io.swinlake.cli.command.Exit;
import io.swinlake.cli.command.Json;
import io.swinlake.cli.command.ModelArguments;
import io.swinlake.cli.command.Outputs;
import io.swinlake.cli.command.Sessions;
import io.swinlake.search.Ranking;
import io.swinlake.spark.EmbeddingColumns;
import io.swinlake.spark.NearestEmbeddings;
import io.swinlake.storage.Messages;
import io.swinlake.table.ParquetRows;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The images of a table most like some images: exact unless it is asked to be approximate, by the cosine of their embeddings. */
@Command(
        name = "nearest",
        description = "Finds the images most like others, by the exact cosine of their embeddings.",
        sortOptions = false,
        mixinStandardHelpOptions = true)
final class Nearest implements Callable<Integer> {
    /** Of each cell of the table, from which on an approximate search takes less time than the exact one: docs/search.md has the measurement. */
    private static final int QUERIES_OF_CELL = 100;

    @Spec
    private CommandSpec spec;

    @Option(names = "--embeddings", required = true, paramLabel = "URI", description = "Table that infer wrote.")
    private String embeddings;

    @Option(
            names = "--query",
            required = true,
            paramLabel = "IMAGE|URI",
            description =
                    "An image of the table, by its path or the end of that; an image file or a folder of images anywhere,"
                            + " which need --model; a text file, NAME.txt, with the path of an image a line, which need --model unless"
                            + " they are in the table; or another table that infer wrote with the same model, for all its images.")
    private String query;

    @Option(
            names = "--k",
            defaultValue = "10",
            paramLabel = "K",
            description = "Images to find, 1 to 100000. Default: ${DEFAULT-VALUE}.")
    private int k;

    @Option(
            names = "--where",
            paramLabel = "PREDICATE",
            description =
                    "Search only rows of the table for which this predicate of Spark SQL holds, such as: prediction = 3."
                            + " Queries are not filtered.")
    private Optional<String> where = Optional.empty();

    @Option(
            names = "--approximate",
            paramLabel = "CELLS",
            description =
                    "Search approximately: rows are divided into cells, about as many as the root of their number, and a query looks"
                            + " only into this many, those nearest to it. What part of the exact neighbours is found is measured and"
                            + " printed. Without it the search is exact.")
    private Optional<Integer> approximate = Optional.empty();

    @Option(
            names = "--output",
            paramLabel = "URI",
            description = "Write the neighbours there as Parquet, instead of printing them.")
    private Optional<String> output = Optional.empty();

    @ArgGroup(exclusive = false, heading = "For images that are not in the table:%n")
    private ModelArguments model; // null unless one of them is given

    /**
     * The last line on stdout.
     *
     * @param queries that have neighbours
     * @param neighbors rows of all queries
     * @param compared pairs of a query and a row, every one of which was decided
     * @param inFull of these, pairs of which all numbers were multiplied
     * @param saved part of the multiplications of all pairs in full that was not needed
     * @param approximation null without {@code --approximate}
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Summary(
            String command,
            String embeddings,
            String query,
            long queries,
            int k,
            long neighbors,
            long compared,
            long inFull,
            double saved,
            @JsonUnwrapped Approximation approximation) {}

    /**
     * What {@code --approximate} came to.
     *
     * @param approximate false where the search was exact after all
     * @param cells of the rows that were searched
     * @param probed cells that a query looked into
     * @param recall part of the exact neighbours that was found, rounded down: 1 is all
     * @param recallQueries that it was measured on; 0 of an exact search
     */
    private record Approximation(boolean approximate, int cells, int probed, double recall, long recallQueries) {
        static Approximation of(NearestEmbeddings.Neighbors neighbors, NearestEmbeddings.Recall recall) {
            return new Approximation(
                    !neighbors.areExact(),
                    neighbors.cells(),
                    neighbors.probed(),
                    Math.floor(recall.part() * 1e4) / 1e4,
                    recall.queries());
        }
    }

    @Override
    public Integer call() throws IOException {
        Ranking ranking = ranking();
        if (approximate.isPresent() && approximate.get() < 1) {
            throw new ParameterException(
                    spec.commandLine(), "--approximate is a number of cells, 1 or more, found " + approximate.get());
        }
        SparkSession spark = Sessions.open("nearest");
        output.ifPresent(uri -> Outputs.requireNew(uri, spark.sessionState().newHadoopConf()));
        Dataset<Row> lake = EmbeddingsTable.readOneModel(spark, embeddings);
        Dataset<Row> searched = searched(lake);
        NearestQueries named = new NearestQueries(spec.commandLine(), spark, embeddings, Optional.ofNullable(model));
        Dataset<Row> queries = named.of(query, lake);
        EmbeddingsTable.requireOneModel(query, queries, lake);
        if (named.hasNoRecord()) {
            spec.commandLine()
                    .getErr()
                    .printf(
                            "%s: has no record of its runs, which would tell whether images were turned by EXIF: the query is not%n",
                            embeddings);
        }
        requireDirections(queries);
        NearestEmbeddings search = new NearestEmbeddings(EmbeddingColumns.ofInference(), ranking);
        NearestEmbeddings.Neighbors neighbors = approximate
                .map(probed -> search.approximate(queries, searched, probed))
                .orElseGet(() -> search.search(queries, searched));
        Dataset<Row> rows =
                neighbors.areExact() ? neighbors.rows() : neighbors.rows().persist(StorageLevel.DISK_ONLY());
        Count count = output.isPresent() ? write(spark, rows, output.get()) : print(rows.toLocalIterator());
        Optional<Approximation> approximation =
                approximate.map(probed -> approximation(search, neighbors, rows, count.queries(), queries, searched));
        rows.unpersist();
        Summary summary = new Summary(
                "nearest",
                embeddings,
                query,
                count.queries(),
                k,
                count.neighbors(),
                neighbors.work().pairs().value(),
                neighbors.work().inFull().value(),
                Math.round(neighbors.work().saved() * 1e4) / 1e4,
                approximation.orElse(null));
        if (output.isPresent() && !neighbors.areExact()) {
            // Who finds the table later sees that it is approximate.
            Outputs.writeRecord(
                    output.get(),
                    "_nearest.json",
                    Json.line(summary),
                    spark.sessionState().newHadoopConf());
        }
        spec.commandLine().getOut().println(Json.line(summary));
        return Exit.GOOD.code();
    }

    private Approximation approximation(
            NearestEmbeddings search,
            NearestEmbeddings.Neighbors neighbors,
            Dataset<Row> found,
            long asked,
            Dataset<Row> queries,
            Dataset<Row> searched) {
        if (!neighbors.areExact()) {
            long worthwhile = (long) QUERIES_OF_CELL * neighbors.cells();
            if (asked < worthwhile) {
                spec.commandLine()
                        .getErr()
                        .printf(
                                "--approximate %s: for %s queries the exact search takes less time, and misses nothing; cells begin to"
                                        + " help at about %s%n",
                                neighbors.probed(), asked, worthwhile);
            }
            return Approximation.of(neighbors, search.recall(found, queries, searched));
        }
        spec.commandLine()
                .getErr()
                .println(
                        neighbors.cells() == 1
                                ? "%s: has too few different embeddings to search for cells to help: the search was exact"
                                        .formatted(embeddings)
                                : "--approximate %s: there are %s cells, so the search was exact"
                                        .formatted(approximate.orElseThrow(), neighbors.cells()));
        return Approximation.of(neighbors, new NearestEmbeddings.Recall(1, 0));
    }

    /** What was found. */
    private record Count(long queries, long neighbors) {}

    private static Count write(SparkSession spark, Dataset<Row> neighbors, String output) {
        neighbors.write().parquet(output);
        Dataset<Row> written = ParquetRows.read(spark, output);
        return new Count(written.where("rank = 1").count(), written.count());
    }

    /** A line for each, of a million queries too: the driver holds those of one partition. */
    private Count print(Iterator<Row> neighbors) {
        PrintWriter out = spec.commandLine().getOut();
        long queries = 0;
        long count = 0;
        while (neighbors.hasNext()) {
            Row row = neighbors.next();
            count++;
            queries += row.getInt(1) == 1 ? 1 : 0;
            out.printf(
                    Locale.ROOT,
                    "%s  %3d  %.6f  %s%n",
                    row.getString(0),
                    row.getInt(1),
                    row.getDouble(3),
                    row.getString(2));
        }
        return new Count(queries, count);
    }

    /** The rows that may be neighbours. */
    private Dataset<Row> searched(Dataset<Row> lake) {
        if (where.isEmpty()) {
            return lake;
        }
        Dataset<Row> some;
        boolean isEmpty;
        try {
            some = lake.where(where.get());
            isEmpty = some.where("embedding IS NOT NULL").isEmpty();
        } catch (Exception e) { // Spark throws checked ones too, without declaring them
            throw CommandException.preflight(
                    "--where %s: is no predicate on the columns of %s, which are %s: %s",
                    where.get(), embeddings, List.of(lake.columns()), Messages.reason(e));
        }
        if (isEmpty) {
            throw CommandException.preflight(
                    "--where %s: holds for no image of %s that has an embedding", where.get(), embeddings);
        }
        return some;
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
}
