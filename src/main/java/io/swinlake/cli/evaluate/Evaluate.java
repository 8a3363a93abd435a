package io.swinlake.cli.evaluate;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.array_contains;
import static org.apache.spark.sql.functions.arrays_overlap;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.slice;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.substring_index;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import io.swinlake.cli.command.CommandException;
import io.swinlake.cli.command.EmbeddingsTable;
import io.swinlake.cli.command.Exit;
import io.swinlake.cli.command.ImageNames;
import io.swinlake.cli.command.Json;
import io.swinlake.cli.command.Sessions;
import io.swinlake.cli.evaluate.TruthClasses.Seen;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * How often a table's predictions are right. An image's truth is the one that says most of its path. Only images with a truth and a prediction count; how many lack one is shown.
 */
@Command(
        name = "evaluate",
        description = "Compares a table that infer wrote with the true classes: top-1, top-5, per class, confusions.",
        sortOptions = false,
        mixinStandardHelpOptions = true)
public final class Evaluate implements Callable<Integer> {
    private static final int TOP = 5;
    private static final int CONFUSIONS_SHOWN = 20;

    /** Classes of a truth file, which the driver holds; the largest public set of labels has 22 thousand. */
    private static final int MOST_WORDS = 1_000_000;

    private static final String FOUND = "struct<key: string, name: string, indices: array<int>>";

    @Spec
    private CommandSpec spec;

    @Option(names = "--embeddings", required = true, paramLabel = "URI", description = "Table that infer wrote.")
    private String embeddings;

    @Option(
            names = "--truth",
            required = true,
            paramLabel = "URI",
            description =
                    "CSV with the columns file and label; file is an image's path or the end of it, label the name or the"
                            + " index of a class.")
    private String truth;

    /** Images of one true class. */
    record ClassResult(long images, long top1, long top5) {
        ClassResult plus(ClassResult other) {
            return new ClassResult(images + other.images, top1 + other.top1, top5 + other.top5);
        }
    }

    /** How often one class was taken for another. */
    record Confusion(String truth, String predicted, long images) {}

    /**
     * The last line on stdout.
     *
     * @param images rows with a truth and a prediction: what top1 and top5 are parts of
     * @param failed rows with a truth whose image failed
     * @param confusions the most frequent ones
     */
    record Summary(
            String command,
            long images,
            double top1,
            double top5,
            long failed,
            long rowsWithoutTruth,
            long truthsWithoutRow,
            Map<String, ClassResult> classes,
            List<Confusion> confusions) {}

    @Override
    public Integer call() throws IOException {
        SparkSession spark = Sessions.open("evaluate");
        ImageNames names = ImageNames.of(spark.sessionState().newHadoopConf());
        Dataset<Row> table = EmbeddingsTable.readOneModel(spark, embeddings);
        Truths truths = Truths.read(spark, truth, names);
        List<Integer> depths = truths.depths();
        Dataset<Row> judged =
                judge(table, truths, depths, classes(table, truths)).cache();
        try {
            Summary summary = summarise(judged, truths, depths);
            if (summary.images() == 0) {
                throw CommandException.failed(
                        "%s: none of its files is an image of %s with a prediction; files are such as '%s', images such as '%s'",
                        truth, embeddings, example(truths.rows(), "file"), example(table, "path"));
            }
            remarkNamesOfSeveral(judged);
            print(summary, spec.commandLine().getOut());
            return Exit.GOOD.code();
        } finally {
            judged.unpersist();
            truths.rows().unpersist();
        }
    }

    /** What each word of the truths means. */
    private TruthClasses classes(Dataset<Row> table, Truths truths) {
        List<Seen> seen = table
                .select(explode(col("top_k")).as("score"))
                .select("score.index", "score.label")
                .distinct()
                .collectAsList()
                .stream()
                .map(row -> new Seen(row.getInt(0), Optional.ofNullable(row.getString(1))))
                .toList();
        List<String> words =
                truths.rows().select("word").distinct().as(Encoders.STRING()).takeAsList(MOST_WORDS + 1);
        if (words.size() > MOST_WORDS) {
            throw CommandException.preflight(
                    "%s: the column label has more than %d different values, such as '%s'; does it name classes?",
                    truth, MOST_WORDS, words.get(0));
        }
        TruthClasses classes = TruthClasses.of(seen, words);
        if (classes.classes().isEmpty()) {
            throw CommandException.preflight(
                    "%s: none of its labels is a class of %s; labels are such as '%s', classes such as '%s'",
                    truth,
                    embeddings,
                    words.stream().min(Comparator.naturalOrder()).orElse(""),
                    seen.stream()
                            .min(Comparator.comparingInt(Seen::index))
                            .map(first -> first.label().orElse(Integer.toString(first.index())))
                            .orElse(""));
        }
        classes.remarks().forEach(this::remark);
        return classes;
    }

    /** One row per image: path, truth or null, predicted or null, whether that is right, and the key of the truth. */
    private static Dataset<Row> judge(Dataset<Row> table, Truths truths, List<Integer> depths, TruthClasses classes) {
        Dataset<Row> meant = truths.rows().join(meanings(table.sparkSession(), classes), new String[] {"word"}, "left");
        Dataset<Row> judged = table.select("path", "prediction", "label", "top_k");
        Column found = lit(null).cast(FOUND);
        for (int depth : depths) {
            Dataset<Row> ofDepth = meant.where(col("depth").equalTo(depth))
                    .select(
                            col("key").as(key(depth)),
                            struct(
                                            col("key"),
                                            coalesce(col("name"), col("word")).as("name"),
                                            coalesce(col("indices"), array().cast("array<int>"))
                                                    .as("indices"))
                                    .as("truth" + depth));
            judged = judged.withColumn(key(depth), depth == 0 ? col("path") : substring_index(col("path"), "/", -depth))
                    .join(ofDepth, new String[] {key(depth)}, "left");
            found = coalesce(found, col("truth" + depth));
        }
        List<Column> columns = new ArrayList<>();
        depths.forEach(depth -> columns.add(col(key(depth))));
        columns.add(col("path"));
        columns.add(col("found.key").as("key"));
        columns.add(col("found.name").as("truth"));
        columns.add(coalesce(col("label"), col("prediction").cast("string")).as("predicted"));
        columns.add(array_contains(col("found.indices"), col("prediction")).as("right"));
        columns.add(arrays_overlap(col("found.indices"), slice(col("top_k.index"), 1, TOP))
                .as("among_best"));
        return judged.withColumn("found", found).select(columns.toArray(Column[]::new));
    }

    private static String key(int depth) {
        return "key" + depth;
    }

    private static Dataset<Row> meanings(SparkSession spark, TruthClasses classes) {
        List<Row> rows = new ArrayList<>();
        classes.classes()
                .forEach(
                        (word, meant) -> rows.add(RowFactory.create(word, meant.name(), List.copyOf(meant.indices()))));
        return spark.createDataFrame(rows, StructType.fromDDL("word STRING, name STRING, indices ARRAY<INT>"));
    }

    private static String example(Dataset<Row> rows, String column) {
        return rows.agg(min(column)).first().getString(0);
    }

    /** An end of a path may be that of several images: each counts once, and the person should know. */
    private void remarkNamesOfSeveral(Dataset<Row> judged) {
        Dataset<Row> several = judged.where("key IS NOT NULL")
                .groupBy("key")
                .agg(count(lit(1)).as("images"), min("path"), max("path"))
                .where("images > 1");
        List<Row> example = several.orderBy("key").takeAsList(1);
        if (!example.isEmpty()) {
            remark("%s of its files name several images each, which all count, such as '%s' both %s and %s"
                    .formatted(
                            several.count(),
                            example.get(0).getString(0),
                            example.get(0).getString(2),
                            example.get(0).getString(3)));
        }
    }

    private void remark(String line) {
        spec.commandLine().getErr().println(truth + ": " + line);
    }

    private static Summary summarise(Dataset<Row> judged, Truths truths, List<Integer> depths) {
        List<Row> cells = judged.where("truth IS NOT NULL")
                .groupBy("truth", "predicted", "right")
                .agg(
                        count(lit(1)).as("images"),
                        sum(when(col("among_best"), 1L).otherwise(0L)).as("among_best"))
                .collectAsList();
        Map<String, ClassResult> classes = new TreeMap<>();
        List<Confusion> confusions = new ArrayList<>();
        long failed = 0;
        for (Row cell : cells) {
            String truth = cell.getString(0);
            String predicted = cell.getString(1);
            long images = cell.getLong(3);
            if (predicted == null) {
                failed += images;
                continue;
            }
            boolean right = cell.getBoolean(2);
            classes.merge(truth, new ClassResult(images, right ? images : 0, cell.getLong(4)), ClassResult::plus);
            if (!right) {
                confusions.add(new Confusion(truth, predicted, images));
            }
        }
        confusions.sort(Comparator.comparingLong(Confusion::images)
                .reversed()
                .thenComparing(Confusion::truth)
                .thenComparing(Confusion::predicted));
        ClassResult all = classes.values().stream().reduce(new ClassResult(0, 0, 0), ClassResult::plus);
        Dataset<Row> without = truths.rows();
        for (int depth : depths) {
            without = without.join(judged.select(col(key(depth)).as("key")), new String[] {"key"}, "left_anti");
        }
        return new Summary(
                "evaluate",
                all.images(),
                part(all.top1(), all.images()),
                part(all.top5(), all.images()),
                failed,
                judged.where("truth IS NULL").count(),
                without.count(),
                classes,
                confusions.subList(0, Math.min(CONFUSIONS_SHOWN, confusions.size())));
    }

    private static double part(long some, long all) {
        return all == 0 ? 0 : Math.round(10_000.0 * some / all) / 10_000.0;
    }

    private static void print(Summary summary, PrintWriter out) {
        out.printf(Locale.ROOT, "top-1  %.4f of %d images%n", summary.top1(), summary.images());
        out.printf(Locale.ROOT, "top-5  %.4f%n", summary.top5());
        out.printf(
                Locale.ROOT,
                "%d images failed, %d rows have no truth, %d truths have no row%n",
                summary.failed(),
                summary.rowsWithoutTruth(),
                summary.truthsWithoutRow());
        out.printf("%n%-24s %8s %8s %8s%n", "class", "images", "top-1", "top-5");
        summary.classes()
                .forEach((name, result) -> out.printf(
                        Locale.ROOT,
                        "%-24s %8d %8.4f %8.4f%n",
                        name,
                        result.images(),
                        part(result.top1(), result.images()),
                        part(result.top5(), result.images())));
        out.printf("%n%-24s %-24s %8s%n", "truth", "taken for", "images");
        summary.confusions()
                .forEach(confusion -> out.printf(
                        Locale.ROOT,
                        "%-24s %-24s %8d%n",
                        confusion.truth(),
                        confusion.predicted(),
                        confusion.images()));
        out.println();
        out.println(Json.line(summary));
    }
}
