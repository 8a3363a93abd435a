package io.swinlake.cli.duplicates;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.regexp_extract;

import io.swinlake.cli.command.CommandException;
import io.swinlake.storage.Messages;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Iterator;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * The images that a plan does not keep, as S3 Batch Operations takes a list of objects (format {@code
 * S3BatchOperations_CSV_20180820}, fields Bucket and Key): a line {@code bucket,key} each, keys URL-encoded in UTF-8, no
 * header, objects of one bucket.
 */
final class BatchManifest {
    private static final String OBJECT = "(?s)^s3[an]?://([^/]+)/(.+)$";

    /** Keys that Hadoop opens as others, so that another object would be named than the one that was read. */
    private static final String OPENED_AS_ANOTHER = "(?s)^(.*//.*|(.*/)?\\.\\.?(/.*)?|.*/|/.*)$";

    private static final String OF_A_SHARD = "(?is)^.*\\.tar#.*$";

    /** RFC 3986's characters that need no escape, and the slash. */
    private static final String UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";

    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private final String uri;

    /** @param uri of a file that is not there yet */
    BatchManifest(String uri) {
        this.uri = uri;
    }

    private static Column part(String column, int group) {
        return regexp_extract(col(column), OBJECT, group);
    }

    /** A preflight failure if the images of a table cannot all be named in one manifest. */
    void requireObjects(String embeddings, Dataset<Row> lake) {
        Dataset<Row> images = lake.where(col("embedding").isNotNull());
        requireNone(embeddings, images.where(part("path", 1).equalTo("")), "is no object in S3");
        requireNone(
                embeddings,
                images.where(col("path").rlike(OF_A_SHARD)),
                "lies in a tar shard, and is no object of its own");
        requireNone(
                embeddings,
                images.where(part("path", 2).rlike(OPENED_AS_ANOTHER)),
                "is not the name of the object that Hadoop opened for it");
        Row buckets = images.agg(min(part("path", 1)), max(part("path", 1))).first();
        if (!buckets.isNullAt(0) && !buckets.getString(0).equals(buckets.getString(1))) {
            throw CommandException.preflight(
                    "%s: has images of buckets %s and %s, and a manifest of S3 Batch Operations is of one bucket: leave out"
                            + " --manifest and take the table keep, bucket by bucket",
                    embeddings, buckets.getString(0), buckets.getString(1));
        }
    }

    private static void requireNone(String embeddings, Dataset<Row> images, String why) {
        Row first = images.agg(min("path")).first();
        if (!first.isNullAt(0)) {
            throw CommandException.preflight(
                    "%s: %s %s: --manifest names objects of S3; leave it out and take the table keep",
                    embeddings, first.getString(0), why);
        }
    }

    /**
     * Writes the file, under another name until it is whole.
     *
     * @param plan columns {@code id} and {@code action}
     */
    void write(Dataset<Row> plan, Configuration configuration) {
        Path file = new Path(uri);
        Path unfinished = new Path(file.getParent(), "_" + file.getName() + ".unfinished");
        try {
            FileSystem fileSystem = file.getFileSystem(configuration);
            try (Writer out = new BufferedWriter(
                    new OutputStreamWriter(fileSystem.create(unfinished, true), StandardCharsets.UTF_8))) {
                Iterator<Row> objects = objects(plan).toLocalIterator();
                while (objects.hasNext()) {
                    Row object = objects.next();
                    out.write(object.getString(0) + "," + encoded(object.getString(1)) + "\n");
                }
            }
            if (!fileSystem.rename(unfinished, file)) {
                throw new IOException("%s cannot be renamed to it".formatted(unfinished));
            }
        } catch (IOException e) {
            throw CommandException.failed("%s: cannot be written: %s", uri, Messages.reason(e));
        }
    }

    /** What is to be deleted and is nowhere kept: two ids such as s3a://b/k and s3://b/k are one object. */
    private static Dataset<Row> objects(Dataset<Row> plan) {
        Dataset<Row> objects =
                plan.select(part("id", 1).as("bucket"), part("id", 2).as("key"), col("action"));
        Dataset<Row> kept = objects.where(col("action").equalTo(KeepPlan.KEEP));
        return objects.where(col("action").equalTo(KeepPlan.DELETE))
                .select("bucket", "key")
                .distinct()
                .except(kept.select("bucket", "key"))
                .orderBy("key");
    }

    /** Every byte but RFC 3986's unreserved ones as {@code %XX}: both ways of decoding read it, with and without {@code +}. */
    static String encoded(String key) {
        StringBuilder text = new StringBuilder(key.length() + 16);
        for (byte octet : key.getBytes(StandardCharsets.UTF_8)) {
            int code = octet & 0xFF;
            if (UNRESERVED.indexOf(code) >= 0) {
                text.append((char) code);
            } else {
                text.append('%').append(HEX.toHexDigits(octet));
            }
        }
        return text.toString();
    }
}
