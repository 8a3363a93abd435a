package io.swinlake.cli.report;

import static org.apache.spark.sql.functions.avg;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.floor;
import static org.apache.spark.sql.functions.least;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.xxhash64;

import io.swinlake.cli.command.CommandException;
import io.swinlake.report.ReportData;
import io.swinlake.report.ReportData.ClassCount;
import io.swinlake.report.ReportData.Classified;
import io.swinlake.report.ReportData.Counts;
import io.swinlake.report.ReportData.EmbeddingMap;
import io.swinlake.report.ReportData.ErrorKind;
import io.swinlake.report.ReportData.Example;
import io.swinlake.report.ReportData.Neighborhood;
import io.swinlake.report.ReportData.Picture;
import io.swinlake.report.ReportData.Point;
import io.swinlake.report.ReportData.Run;
import io.swinlake.report.ReportData.Score;
import io.swinlake.search.Ranking;
import io.swinlake.spark.EmbeddingColumns;
import io.swinlake.spark.NearestEmbeddings;
import io.swinlake.spark.search.PrincipalPlane;
import io.swinlake.storage.Messages;
import io.swinlake.table.RunRecord;
import io.swinlake.table.SwinlakeTable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.expressions.Window;

/**
 * Gathers what a report shows from a table: sums by Spark, and samples that are bounded and, chosen by a hash of the path, the
 * same each time. The table is read five times; images are opened only for thumbnails.
 */
final class ReportQueries {
    private static final int CONFIDENCE_BINS = 20;
    private static final int ERROR_KINDS = 12;
    private static final int ERROR_EXAMPLES = 3;
    private static final int MAP_POINTS = 1500;
    private static final int QUERIES = 5;
    private static final int NEIGHBORS = 5;
    private static final int RUNS = 20;

    private static final Column LABEL = coalesce(col("label"), col("prediction").cast("string"));

    private final SparkSession spark;
    private final String uri;
    private final Dataset<Row> table;
    private final int images;
    private final Configuration configuration;

    /** @param images on the contact sheet; 0 for a page without any image */
    ReportQueries(SparkSession spark, String uri, Dataset<Row> table, int images) {
        this.spark = spark;
        this.uri = uri;
        this.table = table;
        this.images = images;
        this.configuration = spark.sessionState().newHadoopConf();
    }

    /** An image of the sample. */
    @SuppressWarnings("ArrayRecordComponent") // compared never
    private record Sampled(String path, Optional<String> label, List<Score> best, float[] embedding) {}

    ReportData gather() {
        Row sums = table.agg(count(lit(1)), count(col("embedding")), count(col("error")))
                .first();
        List<Sampled> sample = sample();
        List<Sampled> sheet = sample.subList(0, Math.min(images, sample.size()));
        Map<String, List<ReportData.Neighbor>> neighbors = neighbors(images == 0 ? List.of() : queries(sample));

        Set<String> shown = new LinkedHashSet<>();
        sheet.forEach(image -> shown.add(image.path()));
        neighbors.forEach((query, found) -> {
            shown.add(query);
            found.forEach(neighbor -> shown.add(neighbor.picture().path()));
        });
        Map<String, String> thumbnails = new Thumbnails(configuration).of(shown);
        return new ReportData(
                uri,
                new Counts(sums.getLong(0), sums.getLong(1), sums.getLong(2)),
                model(),
                runs(),
                errors(),
                classes(),
                confidence(),
                sheet.stream()
                        .map(image -> new Classified(picture(image.path(), thumbnails), image.best()))
                        .toList(),
                neighbors.entrySet().stream()
                        .map(entry -> new Neighborhood(
                                picture(entry.getKey(), thumbnails),
                                entry.getValue().stream()
                                        .map(neighbor -> new ReportData.Neighbor(
                                                picture(neighbor.picture().path(), thumbnails), neighbor.cosine()))
                                        .toList()))
                        .toList(),
                map(sample));
    }

    private static Picture picture(String path, Map<String, String> thumbnails) {
        return new Picture(path, Optional.ofNullable(thumbnails.get(path)));
    }

    private List<Sampled> sample() {
        Dataset<Row> rows = table.where(col("embedding").isNotNull())
                .orderBy(xxhash64(col("path")), col("path"))
                .limit(MAP_POINTS)
                .select(col("path"), LABEL, col("top_k"), col("embedding"));
        List<Sampled> sample = new ArrayList<>();
        for (Row row : rows.collectAsList()) {
            List<Score> best = new ArrayList<>();
            if (!row.isNullAt(2)) {
                for (Row score : row.<Row>getList(2)) {
                    String label = score.isNullAt(1) ? "class " + score.getInt(0) : score.getString(1);
                    best.add(new Score(label, score.getFloat(2)));
                }
            }
            List<Float> elements = row.getList(3);
            float[] embedding = new float[elements.size()];
            for (int i = 0; i < embedding.length; i++) {
                embedding[i] = elements.get(i);
            }
            sample.add(new Sampled(row.getString(0), Optional.ofNullable(row.getString(1)), best, embedding));
        }
        return sample;
    }

    /** The first of the sample of different classes, as far as there are some. */
    private static List<String> queries(List<Sampled> sample) {
        Map<Optional<String>, String> byClass = new LinkedHashMap<>();
        sample.forEach(image -> byClass.putIfAbsent(image.label(), image.path()));
        return Stream.concat(byClass.values().stream(), sample.stream().map(Sampled::path))
                .distinct()
                .limit(QUERIES)
                .toList();
    }

    /** Of each query, without itself; in the order of the queries. */
    private Map<String, List<ReportData.Neighbor>> neighbors(List<String> queries) {
        Map<String, List<ReportData.Neighbor>> neighbors = new LinkedHashMap<>();
        if (queries.isEmpty()) {
            return neighbors;
        }
        queries.forEach(query -> neighbors.put(query, new ArrayList<>()));
        Dataset<Row> asked = table.where(col("path").isin(queries.toArray()));
        Dataset<Row> found = new NearestEmbeddings(EmbeddingColumns.ofInference(), Ranking.nearest(NEIGHBORS + 1))
                .join(asked, table);
        for (Row row : found.collectAsList()) {
            List<ReportData.Neighbor> ofQuery = neighbors.get(row.getString(0));
            if (!row.getString(2).equals(row.getString(0)) && ofQuery.size() < NEIGHBORS) {
                Picture picture = new Picture(row.getString(2), Optional.empty());
                ofQuery.add(new ReportData.Neighbor(picture, row.getDouble(3)));
            }
        }
        return neighbors;
    }

    private Optional<EmbeddingMap> map(List<Sampled> sample) {
        return PrincipalPlane.of(spark, sample.stream().map(Sampled::embedding).toList())
                .map(plane -> {
                    List<Point> points = new ArrayList<>();
                    for (int i = 0; i < sample.size(); i++) {
                        double[] at = plane.coordinates().get(i);
                        points.add(new Point(
                                sample.get(i).path(), sample.get(i).label().orElse(""), at[0], at[1]));
                    }
                    return new EmbeddingMap(points, plane.firstShare(), plane.secondShare());
                });
    }

    private Optional<ReportData.Model> model() {
        if (!Arrays.asList(table.columns()).contains("model")) {
            return Optional.empty();
        }
        return table
                .where("model is not null")
                .select("model.name", "model.sha256", "model.recipe", "model.precision")
                .takeAsList(1)
                .stream()
                .findFirst()
                .map(row -> new ReportData.Model(text(row, 0), text(row, 1), text(row, 2), text(row, 3)));
    }

    private static String text(Row row, int place) {
        return row.isNullAt(place) ? "unknown" : row.getString(place);
    }

    private List<ErrorKind> errors() {
        Dataset<Row> failed = table.where("error is not null")
                .select(
                        col("error.stage").as("stage"),
                        col("error.code").as("code"),
                        col("error.message").as("message"),
                        col("path"));
        Map<List<String>, List<Example>> examples = new TreeMap<>(Comparator.comparing(List::toString));
        List<Row> kinds = failed.groupBy("stage", "code")
                .agg(count(lit(1)).as("images"))
                .orderBy(col("images").desc(), col("stage"), col("code"))
                .takeAsList(ERROR_KINDS);
        Dataset<Row> first = failed.withColumn(
                        "place",
                        row_number().over(Window.partitionBy("stage", "code").orderBy("path")))
                .where(col("place").leq(ERROR_EXAMPLES))
                .orderBy("stage", "code", "path");
        for (Row row : kinds.isEmpty() ? List.<Row>of() : first.collectAsList()) {
            examples.computeIfAbsent(List.of(text(row, 0), text(row, 1)), kind -> new ArrayList<>())
                    .add(new Example(row.getString(3), text(row, 2)));
        }
        return kinds.stream()
                .map(row -> new ErrorKind(
                        text(row, 0),
                        text(row, 1),
                        row.getLong(2),
                        examples.getOrDefault(List.of(text(row, 0), text(row, 1)), List.of())))
                .toList();
    }

    private List<ClassCount> classes() {
        return table
                .where("prediction is not null")
                .groupBy(LABEL.as("class"))
                .agg(count(lit(1)), avg("probability"))
                .collectAsList()
                .stream()
                .map(row -> new ClassCount(row.getString(0), row.getLong(1), row.getDouble(2)))
                .sorted(Comparator.comparingLong((ClassCount found) -> -found.images())
                        .thenComparing(ClassCount::label))
                .toList();
    }

    private List<Long> confidence() {
        List<Long> bins = new ArrayList<>(Collections.nCopies(CONFIDENCE_BINS, 0L));
        Column bin = least(floor(col("probability").multiply(CONFIDENCE_BINS)).cast("int"), lit(CONFIDENCE_BINS - 1));
        for (Row row : table.where("probability is not null")
                .groupBy(bin)
                .agg(count(lit(1)))
                .collectAsList()) {
            bins.set(row.getInt(0), row.getLong(1));
        }
        return bins;
    }

    /** What the runs of the table said about themselves. */
    private List<Run> runs() {
        try {
            return SwinlakeTable.records(spark, uri).stream()
                    .limit(RUNS)
                    .map(ReportQueries::run)
                    .toList();
        } catch (IOException e) {
            throw CommandException.failed("%s: the record of a run cannot be read: %s", uri, Messages.reason(e));
        }
    }

    private static Run run(RunRecord record) {
        return new Run(
                record.runId(),
                record.started(),
                record.written(),
                record.failed(),
                record.seconds(),
                record.imagesPerSecond(),
                record.devices().entrySet().stream()
                        .map(device -> device.getKey() + " " + device.getValue())
                        .collect(Collectors.joining(", ")),
                record.versions().swinlake());
    }
}
