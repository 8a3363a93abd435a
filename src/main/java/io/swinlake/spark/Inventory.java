package io.swinlake.spark;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.struct;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swinlake.storage.Listing;
import io.swinlake.storage.Messages;
import io.swinlake.storage.TextFile;
import io.swinlake.table.RunObjects;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.function.FilterFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * The objects of a bucket as an S3 Inventory report lists them, by its {@code manifest.json}: what a listing of 10^8 objects
 * is spared. Amazon S3 User Guide, "Locating your inventory list".
 */
final class Inventory {
    private static final String MANIFEST = "/manifest.json";
    private static final String ARN = "arn:aws:s3:::";

    private static final List<String> OF_A_LIVE_INVENTORY =
            List.of("bucket", "key", "sequence_number", "is_delete_marker", "size", "last_modified_date", "e_tag");

    private Inventory() {}

    static boolean isOne(String input) {
        return input.endsWith(MANIFEST);
    }

    /**
     * {@link ListedFiles#COLUMNS}: current versions of all objects, without folders' markers and what listings leave out.
     *
     * @throws IOException if there is no manifest or it is not one; the message begins with the input
     */
    static Dataset<Row> read(SparkSession spark, String input, String glob, List<String> leftOut) throws IOException {
        JsonNode manifest = manifest(spark, input);
        List<String> files = new ArrayList<>();
        for (JsonNode file : manifest.path("files")) {
            files.add(place(input, manifest, file.path("key").asText()));
        }
        String format = manifest.path("fileFormat").asText();
        DataFrameReader reader = spark.read().option("__globPaths__", "false").option("mode", "FAILFAST");
        String[] places = files.toArray(String[]::new);
        Dataset<Row> objects =
                switch (format.toLowerCase(Locale.ROOT)) {
                    case "csv" ->
                        reader.schema(csvColumns(manifest.path("fileSchema").asText()))
                                .csv(places)
                                .withColumn("key", expr("url_decode(key)"));
                    case "orc" -> reader.orc(places);
                    case "parquet" -> reader.parquet(places);
                    default ->
                        throw new IOException(
                                "%s: is no manifest of an S3 Inventory: its fileFormat is '%s', which is CSV, ORC or Parquet"
                                        .formatted(input, format));
                };
        List<String> columns = Arrays.asList(objects.columns());
        for (String needed : List.of("key", "size", "last_modified_date")) {
            if (!columns.contains(needed)) {
                throw new IOException(
                        "%s: the inventory has no field %s, only %s: add Size, Last modified date and ETag to its configuration"
                                .formatted(input, needed, columns));
            }
        }
        Column bucket = lit(manifest.path("sourceBucket").asText());
        return listed(current(objects, columns), bucket, columns.contains("e_tag"), glob, leftOut);
    }

    private static Dataset<Row> listed(
            Dataset<Row> current, Column bucket, boolean hasEtags, String glob, List<String> leftOut) {
        Column etag = hasEtags ? RunObjects.withoutQuotes(col("e_tag")) : lit(null);
        return current.where(not(col("key").endsWith("/")))
                .select(
                        concat(lit("s3a://"), bucket, lit("/"), col("key")).as("path"),
                        col("size").cast(DataTypes.LongType).as("length"),
                        col("last_modified_date").cast(DataTypes.TimestampType).as("modificationTime"),
                        etag.cast(DataTypes.StringType).as("etag"))
                .filter(new Chosen(glob, leftOut.stream().map(Inventory::inS3a).toArray(String[]::new)));
    }

    /** Whether a table is a live inventory of S3 Metadata. */
    static boolean isLive(StructType columns) {
        return Arrays.asList(columns.fieldNames()).containsAll(OF_A_LIVE_INVENTORY);
    }

    /**
     * The same of a live inventory: Amazon S3 User Guide, "S3 Metadata live inventory tables schema". Of the versions of an
     * object it is the one of the greatest sequence number that is there.
     */
    static Dataset<Row> live(Dataset<Row> table, String glob, List<String> leftOut) {
        Dataset<Row> newest = table.groupBy("bucket", "key")
                .agg(max(struct(
                                col("sequence_number"),
                                col("is_delete_marker"),
                                col("size"),
                                col("last_modified_date"),
                                col("e_tag")))
                        .as("newest"))
                .select(col("bucket"), col("key"), col("newest.*"))
                .where(not(coalesce(col("is_delete_marker"), lit(false))));
        return listed(newest, col("bucket"), true, glob, leftOut);
    }

    private static String inS3a(String uri) {
        return uri.replaceFirst("^s3n?://", "s3a://");
    }

    private static Dataset<Row> current(Dataset<Row> objects, List<String> columns) {
        Dataset<Row> current = objects;
        if (columns.contains("is_latest")) {
            current = current.where(coalesce(col("is_latest").cast("boolean"), lit(true)));
        }
        if (columns.contains("is_delete_marker")) {
            current = current.where(not(coalesce(col("is_delete_marker").cast("boolean"), lit(false))));
        }
        return current;
    }

    private static JsonNode manifest(SparkSession spark, String input) throws IOException {
        String json;
        try {
            json = TextFile.at(new Path(input), spark.sessionState().newHadoopConf())
                    .read()
                    .orElseThrow(() -> new FileNotFoundException("no such file or directory"));
        } catch (IOException | IllegalArgumentException e) {
            throw new IOException(input + ": cannot be read: " + Messages.reason(e), e);
        }
        JsonNode manifest = new ObjectMapper().readTree(json);
        if (!manifest.has("sourceBucket") || manifest.path("files").isEmpty()) {
            throw new IOException(input + ": is no manifest of an S3 Inventory: it names no sourceBucket or no files");
        }
        return manifest;
    }

    /** Of a report that was copied elsewhere, files lie where they lay beside the manifest's folder. */
    private static String place(String input, JsonNode manifest, String key) {
        Path place = new Path(input);
        if ("s3a".equals(place.toUri().getScheme())) {
            return "s3a://" + manifest.path("destinationBucket").asText().replace(ARN, "") + "/" + key;
        }
        return new Path(new Path(place.getParent().getParent(), "data"), key.substring(key.lastIndexOf('/') + 1))
                .toString();
    }

    /** {@code "Bucket, Key, LastModifiedDate"} as the other formats name the same: {@code last_modified_date}. */
    private static StructType csvColumns(String schema) {
        StructType columns = new StructType();
        for (String name :
                Arrays.stream(schema.split(",", -1)).map(String::strip).collect(Collectors.toList())) {
            String lower = name.replaceAll("(?<=.)(?=[A-Z][a-z])", "_").toLowerCase(Locale.ROOT);
            columns = columns.add(lower.equals("etag") ? "e_tag" : lower, DataTypes.StringType);
        }
        return columns;
    }

    /** What a listing would take. */
    private static final class Chosen implements FilterFunction<Row> {
        private static final long serialVersionUID = 1;

        private final String glob;
        private final String[] leftOut;
        private transient Listing.Choice choice;

        Chosen(String glob, String[] leftOut) {
            this.glob = glob;
            this.leftOut = leftOut;
        }

        @Override
        public boolean call(Row object) throws IOException {
            if (choice == null) {
                choice = new Listing.Choice(glob, List.of(leftOut));
            }
            String path = object.getString(0);
            return choice.takes(path, path.substring(0, path.indexOf('/', "s3a://".length())));
        }
    }
}
