package io.swinlake.cli.duplicates;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.swinlake.cli.command.EmbeddingsTable;
import io.swinlake.cli.command.Exit;
import io.swinlake.cli.command.Json;
import io.swinlake.cli.command.Outputs;
import io.swinlake.cli.command.Sessions;
import io.swinlake.spark.DuplicateEmbeddings;
import io.swinlake.spark.EmbeddingColumns;
import io.swinlake.table.ParquetRows;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The near-duplicates of a table: groups of images that pairs connect whose embeddings reach a cosine. It deletes nothing. */
@Command(
        name = "duplicates",
        description = "Finds images that are nearly the same: groups that pairs above a cosine connect.",
        sortOptions = false,
        mixinStandardHelpOptions = true)
public final class Duplicates implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(Duplicates.class);

    private static final int MOST_ATTEMPTS = 4; // as Spark's of a task

    /** Of Spark's message where what {@code localCheckpoint} kept is gone. */
    private static final String LOST_ROUND = "Checkpoint block";

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

    @Option(
            names = "--incremental",
            paramLabel = "URI",
            description =
                    "An earlier output of this verb, with the same --threshold and --pairs: only images that are new or have"
                            + " changed since are compared with all, and groups keep their ids. It stays as it is.")
    private Optional<String> incremental = Optional.empty();

    @Option(
            names = "--keep",
            paramLabel = "RULE",
            description =
                    "Write the table keep too (id, group, action, length), which keeps one image of each group and has"
                            + " 'delete' for the others: ${COMPLETION-CANDIDATES}. The most pixels and, of as many, bytes;"
                            + " the earliest modification; or the greatest mean cosine with its group. Nothing is deleted.")
    private Optional<KeepRule> keep = Optional.empty();

    @Option(
            names = "--manifest",
            paramLabel = "URI",
            description =
                    "With --keep: a CSV file (bucket, URL-encoded key) of what is not kept, for S3 Batch Operations. All"
                            + " images have to be objects of one bucket.")
    private Optional<String> manifest = Optional.empty();

    /**
     * The last line on stdout.
     *
     * @param incremental null without it
     * @param fresh images that were compared with all; null without {@code --incremental}, which compares all
     * @param links rows of that table; null with {@code --pairs}
     * @param pairs rows of that table; null without {@code --pairs}, since they are not counted then
     * @param images that have a duplicate
     * @param compared pairs of different embeddings, every one of which was decided
     * @param inFull of these, pairs of which all numbers were multiplied
     * @param saved part of the multiplications of all pairs in full that was not needed
     * @param keep null without {@code --keep}, as the rest is
     * @param delete images that the plan does not keep
     * @param freedBytes their bytes; null if the table does not have those of all of them
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Summary(
            String command,
            String embeddings,
            String output,
            String incremental,
            Long fresh,
            double threshold,
            Long links,
            Long pairs,
            long images,
            long groups,
            long compared,
            long inFull,
            double saved,
            String keep,
            Long delete,
            Long freedBytes,
            String manifest) {}

    @Override
    public Integer call() {
        if (!(threshold > -1 && threshold <= 1)) {
            throw new ParameterException(
                    spec.commandLine(), "--threshold is above -1 and at most 1, found " + threshold);
        }
        if (manifest.isPresent() && keep.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--manifest lists what --keep does not keep: name a rule, largest, oldest or central");
        }
        SparkSession spark = Sessions.open("duplicates");
        Configuration hadoop = spark.sessionState().newHadoopConf();
        Outputs.requireNew(output, hadoop);
        manifest.ifPresent(uri -> Outputs.requireNewFile("--manifest", uri, hadoop));
        Dataset<Row> lake = EmbeddingsTable.readOneModel(spark, embeddings);
        Optional<KeepPlan> plan = keep.map(KeepPlan::new);
        plan.ifPresent(some -> some.requireColumns(embeddings, lake));
        manifest.map(BatchManifest::new).ifPresent(file -> file.requireObjects(embeddings, lake));

        String table = allPairs ? "pairs" : "links";
        Optional<Earlier> earlier = incremental.map(uri -> Earlier.open(spark, uri, threshold, table));
        Optional<Earlier.Changes> changes = earlier.map(some -> some.changes(lake));

        DuplicateEmbeddings search = new DuplicateEmbeddings(EmbeddingColumns.ofInference(), threshold);
        DuplicateEmbeddings.Work work;
        try (DuplicateEmbeddings.Pairs found =
                changes.map(some -> search(search, some)).orElseGet(() -> search(search, lake))) {
            changes.map(some -> found.rows().unionByName(some.pairs()))
                    .orElse(found.rows())
                    .write()
                    .parquet(output + "/" + table);
            work = found.work();
        } finally {
            changes.ifPresent(Earlier.Changes::close);
        }
        Dataset<Row> pairs = ParquetRows.read(spark, output + "/" + table);
        writeGroups(pairs, earlier, output + "/groups");
        Dataset<Row> groups = ParquetRows.read(spark, output + "/groups");
        Earlier.writeCompared(lake, output);
        Optional<Dataset<Row>> kept = plan.map(some -> {
            some.of(groups, lake).write().parquet(output + "/keep");
            return ParquetRows.read(spark, output + "/keep");
        });
        manifest.map(BatchManifest::new).ifPresent(file -> file.write(kept.orElseThrow(), hadoop));
        Optional<Row> freed = kept.map(KeepPlan::freed);
        Summary summary = new Summary(
                "duplicates",
                embeddings,
                output,
                incremental.orElse(null),
                changes.map(Earlier.Changes::count).orElse(null),
                threshold,
                allPairs ? null : pairs.count(),
                allPairs ? pairs.count() : null,
                groups.count(),
                groups.select("group").distinct().count(),
                work.pairs().value(),
                work.inFull().value(),
                Math.round(work.saved() * 1e4) / 1e4,
                keep.map(KeepRule::word).orElse(null),
                freed.map(some -> some.getLong(0)).orElse(null),
                freed.map(some -> some.isNullAt(1) ? null : (Long) some.getLong(1))
                        .orElse(null),
                manifest.orElse(null));
        Earlier.commit(output, Json.line(summary), hadoop);
        spec.commandLine().getOut().println(Json.line(summary));
        return Exit.GOOD.code();
    }

    /** Begins again where executors are lost with what they kept of a round: to connect the pairs takes minutes, to find them hours. */
    private static void writeGroups(Dataset<Row> pairs, Optional<Earlier> earlier, String groups) {
        for (int attempt = 1; ; attempt++) {
            try {
                Dataset<Row> connected = DuplicateEmbeddings.groups(pairs);
                earlier.map(some -> some.named(connected))
                        .orElse(connected)
                        .write()
                        .mode(SaveMode.Overwrite)
                        .parquet(groups);
                return;
            } catch (Exception e) { // Scala's, which Java does not know of
                if (attempt == MOST_ATTEMPTS || !isLostRound(e)) {
                    throw e;
                }
                LOG.warn("Executors were lost while groups were being connected, which begins again", e);
            }
        }
    }

    private static boolean isLostRound(Exception failure) {
        return Stream.<Throwable>iterate(failure, Objects::nonNull, Throwable::getCause)
                .anyMatch(cause -> String.valueOf(cause.getMessage()).contains(LOST_ROUND));
    }

    private DuplicateEmbeddings.Pairs search(DuplicateEmbeddings search, Dataset<Row> lake) {
        return allPairs ? search.pairs(lake) : search.links(lake);
    }

    private DuplicateEmbeddings.Pairs search(DuplicateEmbeddings search, Earlier.Changes changes) {
        return allPairs
                ? search.pairs(changes.fresh(), changes.settled())
                : search.links(changes.fresh(), changes.settled());
    }
}
