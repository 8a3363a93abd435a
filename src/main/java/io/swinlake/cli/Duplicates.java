package io.swinlake.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.swinlake.cli.command.EmbeddingsTable;
import io.swinlake.cli.command.Exit;
import io.swinlake.cli.command.Json;
import io.swinlake.cli.command.Outputs;
import io.swinlake.cli.command.Sessions;
import io.swinlake.spark.DuplicateEmbeddings;
import io.swinlake.spark.EmbeddingColumns;
import io.swinlake.table.ParquetRows;
import java.util.concurrent.Callable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The near-duplicates of a table: groups of images that pairs connect whose embeddings reach a cosine. */
@Command(
        name = "duplicates",
        description = "Finds images that are nearly the same: groups that pairs above a cosine connect.",
        sortOptions = false,
        mixinStandardHelpOptions = true)
final class Duplicates implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--embeddings", required = true, paramLabel = "URI", description = "Table that infer wrote.")
    private String embeddings;

    @Option(
            names = "--output",
            required = true,
            paramLabel = "URI",
            description =
                    "Folder for two Parquet tables: groups (id, group), and links (left, right, similarity), which are as"
                            + " many pairs as connect the groups.")
    private String output;

    @Option(
            names = "--pairs",
            description = "Write all pairs, as the table pairs instead of links: of n equal images, n²/2 rows.")
    private boolean allPairs;

    @Option(
            names = "--threshold",
            defaultValue = "0.98",
            paramLabel = "COSINE",
            description = "Least cosine of a pair, above -1 and at most 1. Default: ${DEFAULT-VALUE}.")
    private double threshold;

    /**
     * The last line on stdout.
     *
     * @param links rows of that table; null with {@code --pairs}
     * @param pairs rows of that table; null without {@code --pairs}, since they are not counted then
     * @param images that have a duplicate
     * @param compared pairs of different embeddings, every one of which was decided
     * @param inFull of these, pairs of which all numbers were multiplied
     * @param saved part of the multiplications of all pairs in full that was not needed
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Summary(
            String command,
            String embeddings,
            String output,
            double threshold,
            Long links,
            Long pairs,
            long images,
            long groups,
            long compared,
            long inFull,
            double saved) {}

    @Override
    public Integer call() {
        if (!(threshold > -1 && threshold <= 1)) {
            throw new ParameterException(
                    spec.commandLine(), "--threshold is above -1 and at most 1, found " + threshold);
        }
        SparkSession spark = Sessions.open("duplicates");
        Outputs.requireNew(output, spark.sessionState().newHadoopConf());
        Dataset<Row> lake = EmbeddingsTable.readOneModel(spark, embeddings);
        DuplicateEmbeddings search = new DuplicateEmbeddings(EmbeddingColumns.ofInference(), threshold);
        String table = output + (allPairs ? "/pairs" : "/links");
        DuplicateEmbeddings.Work work;
        try (DuplicateEmbeddings.Pairs found = allPairs ? search.pairs(lake) : search.links(lake)) {
            found.rows().write().parquet(table);
            work = found.work();
        }
        Dataset<Row> pairs = ParquetRows.read(spark, table);
        DuplicateEmbeddings.groups(pairs).write().parquet(output + "/groups");
        Dataset<Row> groups = ParquetRows.read(spark, output + "/groups");
        Summary summary = new Summary(
                "duplicates",
                embeddings,
                output,
                threshold,
                allPairs ? null : pairs.count(),
                allPairs ? pairs.count() : null,
                groups.count(),
                groups.select("group").distinct().count(),
                work.pairs().value(),
                work.inFull().value(),
                Math.round(work.saved() * 1e4) / 1e4);
        spec.commandLine().getOut().println(Json.line(summary));
        return Exit.GOOD.code();
    }
}
