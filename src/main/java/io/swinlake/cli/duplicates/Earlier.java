package io.swinlake.cli.duplicates;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.min;

import com.fasterxml.jackson.databind.JsonNode;
import io.swinlake.cli.command.CommandException;
import io.swinlake.cli.command.Json;
import io.swinlake.cli.command.Outputs;
import io.swinlake.storage.Messages;
import io.swinlake.table.ParquetRows;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;

/**
 * What an earlier run found, which a later one goes on from. An image is known if it was compared with the embedding that it has
 * now. Where one of a group is gone or has changed, the group's links may have led over it: then all its images are compared
 * again. Links of other groups stay.
 *
 * @param compared columns {@code id} and {@code embedding_hash}
 * @param pairs the table of links, or of all pairs
 * @param groups the table of that name
 */
record Earlier(Dataset<Row> compared, Dataset<Row> pairs, Dataset<Row> groups) {
    /** Written last: without it an output is not whole. */
    private static final String RECORD = "_duplicates.json";

    private static final String COMPARED = "/compared";

    /** Ids that every executor may hold. */
    private static final long FEW = 200_000;

    /** @param table {@code links} or {@code pairs} */
    static Earlier open(SparkSession spark, String uri, double threshold, String table) {
        JsonNode record = record(uri, spark.sessionState().newHadoopConf());
        if (record.path("threshold").asDouble(Double.NaN) != threshold) {
            throw CommandException.preflight(
                    "%s: was made with --threshold %s, and now it is %s: groups of one do not go on with the other",
                    uri, record.path("threshold").asText(), threshold);
        }
        if (!record.has(table)) {
            throw CommandException.preflight("%s: has no %s: --pairs is for both runs or for none", uri, table);
        }
        return new Earlier(
                ParquetRows.read(spark, uri + COMPARED),
                ParquetRows.read(spark, uri + "/" + table),
                ParquetRows.read(spark, uri + "/groups"));
    }

    private static JsonNode record(String uri, Configuration configuration) {
        Path file = new Path(uri, RECORD);
        try {
            FileSystem fileSystem = file.getFileSystem(configuration);
            if (!fileSystem.exists(file)) {
                throw CommandException.preflight(
                        "%s: has no %s, so it is no whole output of duplicates: name an earlier one, or leave --incremental"
                                + " out",
                        uri, RECORD);
            }
            try (InputStream in = fileSystem.open(file)) {
                return Json.read(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            }
        } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
            throw CommandException.preflight("%s: cannot be read: %s", file, Messages.reason(e));
        }
    }

    /** Makes an output whole. */
    static void commit(String output, String summary, Configuration configuration) {
        Outputs.writeRecord(output, RECORD, summary, configuration);
    }

    /** The images of a table that have an embedding, and which embedding that is. */
    private static Dataset<Row> compared(Dataset<Row> lake) {
        return lake.where(col("embedding").isNotNull())
                .selectExpr("path AS id", "xxhash64(embedding) AS embedding_hash");
    }

    /** Writes what a later run has to know of this one's table. */
    static void writeCompared(Dataset<Row> lake, String output) {
        compared(lake).write().parquet(output + COMPARED);
    }

    /**
     * What a table has that the earlier run did not see as it is now.
     *
     * @param fresh images to compare with all
     * @param settled all others
     * @param pairs of the earlier run that still are
     * @param count rows of {@code fresh}
     * @param kept what Spark keeps of them on its disks until they are closed, and computes again where an executor is lost
     */
    record Changes(Dataset<Row> fresh, Dataset<Row> settled, Dataset<Row> pairs, long count, List<Dataset<Row>> kept)
            implements AutoCloseable {
        @Override
        public void close() {
            kept.forEach(Dataset::unpersist);
        }
    }

    Changes changes(Dataset<Row> lake) {
        Dataset<Row> now = compared(lake);
        Dataset<Row> gone = joined(compared, now, "left_anti").select("id");
        Dataset<Row> broken = groups.join(gone, "id").select("group").distinct();
        Dataset<Row> loose = groups.join(broken, "group").select("id").persist(StorageLevel.DISK_ONLY());
        Dataset<Row> unchanged = joined(now, compared, "left_semi").select("id");
        Dataset<Row> known = without(unchanged, loose);
        Dataset<Row> fresh = without(now.select("id"), known).persist(StorageLevel.DISK_ONLY());
        long count = fresh.count();
        Dataset<Row> renamed = fresh.withColumnRenamed("id", "fresh");
        Dataset<Row> ids = count <= FEW ? broadcast(renamed) : renamed;
        Dataset<Row> images = lake.where(col("embedding").isNotNull());
        return new Changes(
                images.join(ids, images.col("path").equalTo(ids.col("fresh")), "left_semi"),
                images.join(ids, images.col("path").equalTo(ids.col("fresh")), "left_anti"),
                pairs.join(loose, pairs.col("left").equalTo(loose.col("id")), "left_anti"),
                count,
                List.of(fresh, loose));
    }

    /** Ids that are not among others. */
    private static Dataset<Row> without(Dataset<Row> ids, Dataset<Row> others) {
        Dataset<Row> out = others.withColumnRenamed("id", "out");
        return ids.join(out, ids.col("id").equalTo(out.col("out")), "left_anti");
    }

    private static Dataset<Row> joined(Dataset<Row> one, Dataset<Row> others, String kind) {
        Dataset<Row> other = others.toDF("other", "other_hash");
        return one.join(
                other, col("id").equalTo(col("other")).and(col("embedding_hash").equalTo(col("other_hash"))), kind);
    }

    /**
     * Groups under the names that they had. A group bears the name of one of its images, and keeps it while that image is in
     * it; of groups that become one, the smallest name stays; a group without an earlier name bears that of its smallest image.
     */
    Dataset<Row> named(Dataset<Row> found) {
        Dataset<Row> names = groups.select(col("group").as("name")).distinct();
        Dataset<Row> kept = found.join(names, found.col("id").equalTo(names.col("name")))
                .groupBy(found.col("group").as("of"))
                .agg(min("name").as("name"));
        return found.join(kept, found.col("group").equalTo(kept.col("of")), "left_outer")
                .select(col("id"), coalesce(col("name"), col("group")).as("group"));
    }
}
