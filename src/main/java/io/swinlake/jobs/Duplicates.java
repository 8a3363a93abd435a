package io.swinlake.jobs;

import io.swinlake.spark.DuplicateEmbeddings;
import io.swinlake.spark.EmbeddingColumns;
import java.util.concurrent.Callable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The near-duplicates of a table: pairs of images whose embeddings reach a cosine, and the groups they connect. */
@Command(
        name = "duplicates",
        description = "Finds images that are nearly the same: pairs above a cosine, and their groups.",
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
            description = "Folder for two Parquet tables: pairs (left, right, similarity) and groups (id, group).")
    private String output;

    @Option(
            names = "--threshold",
            defaultValue = "0.98",
            description = "Least cosine of a pair, above -1 and at most 1. Default: ${DEFAULT-VALUE}.")
    private double threshold;

    /**
     * The last line on stdout.
     *
     * @param images that have a duplicate
     */
    record Summary(
            String command, String embeddings, String output, double threshold, long pairs, long images, long groups) {}

    @Override
    public Integer call() {
        if (!(threshold > -1 && threshold <= 1)) {
            throw new ParameterException(
                    spec.commandLine(), "--threshold is above -1 and at most 1, found " + threshold);
        }
        SparkSession spark = Sessions.open("duplicates");
        Outputs.requireNew(output, spark.sessionState().newHadoopConf());
        Dataset<Row> lake = Embeddings.readOneModel(spark, embeddings);
        try (DuplicateEmbeddings.Pairs found =
                new DuplicateEmbeddings(EmbeddingColumns.ofInference(), threshold).pairs(lake)) {
            found.rows().write().parquet(output + "/pairs");
        }
        Dataset<Row> pairs = spark.read().parquet(output + "/pairs");
        DuplicateEmbeddings.groups(pairs).write().parquet(output + "/groups");
        Dataset<Row> groups = spark.read().parquet(output + "/groups");
        Summary summary = new Summary(
                "duplicates",
                embeddings,
                output,
                threshold,
                pairs.count(),
                groups.count(),
                groups.select("group").distinct().count());
        spec.commandLine().getOut().println(Json.line(summary));
        return Exit.GOOD.code();
    }
}
