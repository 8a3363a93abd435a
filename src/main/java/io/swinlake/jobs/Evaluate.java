package io.swinlake.jobs;

import static org.apache.spark.sql.functions.array_contains;
import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.slice;
import static org.apache.spark.sql.functions.substring_index;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.transform;
import static org.apache.spark.sql.functions.when;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/**
 * How often a table's predictions are right. A class is compared by its label, where the model knows labels, else by its
 * index. Only images with a truth and a prediction count; how many lack one is shown.
 */
@Command(
        name = "evaluate",
        description = "Compares a table that infer wrote with the true classes: top-1, top-5, per class, confusions.",
        sortOptions = false,
        mixinStandardHelpOptions = true)
final class Evaluate implements Callable<Integer> {
    private static final int TOP = 5;
    private static final int CONFUSIONS_SHOWN = 20;

    @Spec
    private CommandSpec spec;

    @Option(names = "--embeddings", required = true, paramLabel = "URI", description = "Table that infer wrote.")
    private String embeddings;

    @Option(
            names = "--truth",
            required = true,
            paramLabel = "URI",
            description = "CSV with the columns file and label; file is an image's name or its whole path.")
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
    public Integer call() {
        SparkSession spark = Sessions.open("evaluate");
        Dataset<Row> table = Embeddings.readOneModel(spark, embeddings);
        Dataset<Row> truths = readTruths(spark);
        Dataset<Row> judged = judge(table, truths).cache();
        try {
            Summary summary = summarise(judged, truths);
            if (summary.images() == 0) {
                throw JobException.failed(
                        "%s: none of its files is an image of %s with a prediction", truth, embeddings);
            }
            print(summary, spec.commandLine().getOut());
            return Exit.GOOD.code();
        } finally {
            judged.unpersist();
        }
    }

    private Dataset<Row> readTruths(SparkSession spark) {
        Dataset<Row> csv;
        try {
            csv = spark.read().option("header", "true").csv(truth);
        } catch (Exception e) {
            throw Embeddings.unreadable(truth, e);
        }
        List<String> columns = List.of(csv.columns());
        if (!columns.contains("file") || !columns.contains("label")) {
            throw JobException.preflight("%s: needs the columns file and label, found %s", truth, columns);
        }
        Dataset<Row> truths = csv.select(col("file"), col("label").as("truth"));
        List<Row> doubled = truths.groupBy("file")
                .agg(count(lit(1)).as("times"))
                .where("times > 1")
                .orderBy("file")
                .takeAsList(1);
        if (!doubled.isEmpty()) {
            throw JobException.preflight(
                    "%s: '%s' stands there more than once",
                    truth, doubled.get(0).getString(0));
        }
        return truths;
    }

    /** One row per image: path, name, truth or null, predicted or null, and the labels of the best classes. */
    private static Dataset<Row> judge(Dataset<Row> table, Dataset<Row> truths) {
        Dataset<Row> byName = truths.select(col("file").as("name"), col("truth").as("truth_by_name"));
        Dataset<Row> byPath = truths.select(col("file").as("path"), col("truth").as("truth_by_path"));
        Column bestLabels = transform(
                slice(col("top_k"), 1, TOP),
                score -> coalesce(
                        score.getField("label"), score.getField("index").cast("string")));
        return table.withColumn("name", substring_index(col("path"), "/", -1))
                .join(broadcast(byName), seq("name"), "left")
                .join(broadcast(byPath), seq("path"), "left")
                .select(
                        col("path"),
                        col("name"),
                        coalesce(col("truth_by_path"), col("truth_by_name")).as("truth"),
                        coalesce(col("label"), col("prediction").cast("string")).as("predicted"),
                        bestLabels.as("best_labels"));
    }

    private static Seq<String> seq(String column) {
        return JavaConverters.asScalaBuffer(List.of(column)).toSeq();
    }

    private static Summary summarise(Dataset<Row> judged, Dataset<Row> truths) {
        List<Row> cells = judged.where("truth is not null")
                .groupBy("truth", "predicted")
                .agg(
                        count(lit(1)).as("images"),
                        sum(when(array_contains(col("best_labels"), col("truth")), 1L)
                                        .otherwise(0L))
                                .as("among_best"))
                .collectAsList();
        Map<String, ClassResult> classes = new TreeMap<>();
        List<Confusion> confusions = new ArrayList<>();
        long failed = 0;
        for (Row cell : cells) {
            String truth = cell.getString(0);
            String predicted = cell.getString(1);
            long images = cell.getLong(2);
            if (predicted == null) {
                failed += images;
                continue;
            }
            boolean right = predicted.equals(truth);
            classes.merge(truth, new ClassResult(images, right ? images : 0, cell.getLong(3)), ClassResult::plus);
            if (!right) {
                confusions.add(new Confusion(truth, predicted, images));
            }
        }
        confusions.sort(Comparator.comparingLong(Confusion::images)
                .reversed()
                .thenComparing(Confusion::truth)
                .thenComparing(Confusion::predicted));
        ClassResult all = classes.values().stream().reduce(new ClassResult(0, 0, 0), ClassResult::plus);
        Dataset<Row> found = judged.select(col("path").as("file"))
                .union(judged.select(col("name").as("file")));
        return new Summary(
                "evaluate",
                all.images(),
                part(all.top1(), all.images()),
                part(all.top5(), all.images()),
                failed,
                judged.where("truth is null").count(),
                truths.join(found, seq("file"), "left_anti").count(),
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
