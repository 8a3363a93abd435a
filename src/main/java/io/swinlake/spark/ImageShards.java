package io.swinlake.spark;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat_ws;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.regexp_extract;
import static org.apache.spark.sql.functions.timestamp_millis;
import static org.apache.spark.sql.functions.unix_millis;

import io.swinlake.PublicApi;
import io.swinlake.spark.source.FileOrUri;
import io.swinlake.spark.source.ShardMembers;
import io.swinlake.storage.Listing;
import io.swinlake.storage.StoredFile;
import io.swinlake.table.RunObjects;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;
import org.apache.spark.util.TaskCompletionListener;

/**
 * The images in tar archives, as WebDataset has them: each shard is read once, from its beginning to its end, and each member
 * that is an image is a row with the path {@code SHARD#NAME}; of members of one name in a shard, from the second on,
 * {@code SHARD#NAME#2}. A shard that breaks off is a row of its own with the error {@code read/broken_shard}.
 */
@PublicApi(since = "0.1.0")
public final class ImageShards implements RunObjects {
    /** Column of {@link #toDataset} with the images, for {@link SwinTransformer#setInputCol}. */
    public static final String IMAGE = ImageTable.IMAGE;

    /** Reluctant: a name in the shard may look like a shard's. */
    private static final String SHARD_OF_PATH = "(?is)^(.*?\\.tar)(?:#.*)?$";

    /** Small shards share a task, so that its start does not count. */
    private static final long BYTES_PER_TASK = 64L << 20;

    /** What an image has, where only the size of its shard is known: parts are cut by it. */
    private static final long ASSUMED_IMAGE_BYTES = 100L << 10;

    /** Of the other side of a join. */
    private static final String SHARD = "_swinlake_shard";

    private static final String VERSION = "_swinlake_version";

    private final List<StoredFile> shards;
    private final String glob;
    private final List<ImageColumns.Kept> kept;

    private ImageShards(List<StoredFile> shards, String glob, List<ImageColumns.Kept> kept) {
        this.shards = shards;
        this.glob = glob;
        this.kept = kept;
    }

    /**
     * Lists shards, and opens none.
     *
     * @param spark whose Hadoop settings are used
     * @param inputs URIs of shards, of folders of them, or patterns such as {@code s3a://lake/train-*.tar}
     * @param glob what a member's name must match to be an image; {@code *} takes those with the extension of an image
     * @param keep extensions such as {@code json} or {@code cls}: the text of a sample's member with it becomes a column of
     *     that name, or with {@code =NEWNAME} of another, null where there is none
     * @return the shards
     * @throws IOException if an input is not there or cannot be listed; the message begins with the input
     */
    public static ImageShards list(SparkSession spark, List<String> inputs, String glob, List<String> keep)
            throws IOException {
        return list(spark, inputs, glob, keep, List.of());
    }

    /**
     * As {@link #list(SparkSession, List, String, List)}, without what lies in some places.
     *
     * @param spark whose Hadoop settings are used
     * @param inputs URIs of shards, of folders of them, or patterns
     * @param glob what a member's name must match to be an image
     * @param keep extensions of members whose text becomes a column
     * @param leftOut folders, such as the output of a job that lies below its input
     * @return the shards
     * @throws IOException if an input is not there or cannot be listed; the message begins with the input
     */
    public static ImageShards list(
            SparkSession spark, List<String> inputs, String glob, List<String> keep, List<String> leftOut)
            throws IOException {
        Configuration configuration = spark.sessionState().newHadoopConf();
        List<StoredFile> shards = ListedFiles.list(new Listing(configuration, "*.tar", leftOut), inputs);
        for (StoredFile shard : shards) {
            if (!shard.uri().matches("(?is).*\\.tar")
                    || shard.uri().toLowerCase(java.util.Locale.ROOT).contains(".tar#")) {
                throw new IOException("%s: the name of a shard ends in .tar and has no '.tar#' in it: rename it"
                        .formatted(shard.uri()));
            }
        }
        List<ImageColumns.Kept> kept = keep.stream().map(ImageColumns.Kept::of).toList();
        OpenedTable.requireOthers(kept);
        return new ImageShards(shards, glob, kept);
    }

    /** Number of shards. */
    @Override
    public long size() {
        return shards.size();
    }

    /** Bytes of all shards together. */
    @Override
    public long bytes() {
        return shards.stream().mapToLong(StoredFile::length).sum();
    }

    @Override
    public String noun() {
        return "shards";
    }

    @Override
    public boolean isOneRowEach() {
        return false;
    }

    /**
     * {@code path string, length long, modificationTime timestamp, etag string}, kept columns of texts, {@value #IMAGE}: one
     * row for each image. Time and etag are those of the shard; where the file system has no etags, its length and time stand
     * for one.
     */
    @Override
    public Dataset<Row> toDataset(SparkSession spark) {
        return members(spark, tasks(shards));
    }

    private Dataset<Row> members(SparkSession spark, List<List<StoredFile>> tasks) {
        StructType columns = new StructType()
                .add("path", DataTypes.StringType)
                .add("length", DataTypes.LongType)
                .add("modificationTime", DataTypes.LongType)
                .add("etag", DataTypes.StringType);
        for (ImageColumns.Kept text : kept) {
            columns = columns.add(text.name(), DataTypes.StringType);
        }
        columns = columns.add(IMAGE, FileOrUri.TYPE);
        Broadcast<SerializableConfiguration> hadoop = JavaSparkContext.fromSparkContext(spark.sparkContext())
                .broadcast(new SerializableConfiguration(spark.sessionState().newHadoopConf()));
        Read read = new Read(
                hadoop, glob, kept.stream().map(ImageColumns.Kept::column).toList());
        return ListedFiles.toDataset(spark, tasks)
                .withColumn("modificationTime", unix_millis(col("modificationTime")))
                .flatMap(read, Encoders.row(columns))
                .withColumn("modificationTime", timestamp_millis(col("modificationTime")));
    }

    private static List<List<StoredFile>> tasks(List<StoredFile> shards) {
        return cut(shards, BYTES_PER_TASK);
    }

    private static List<List<StoredFile>> cut(List<StoredFile> shards, long bytes) {
        List<List<StoredFile>> pieces = new ArrayList<>();
        int start = 0;
        long sum = 0;
        for (int i = 0; i < shards.size(); i++) {
            sum += shards.get(i).length();
            if (sum >= bytes || i == shards.size() - 1) {
                pieces.add(shards.subList(start, i + 1));
                start = i + 1;
                sum = 0;
            }
        }
        return pieces;
    }

    /** What a task does with a shard. */
    private record Read(Broadcast<SerializableConfiguration> hadoop, String glob, List<String> kept)
            implements FlatMapFunction<Row, Row> {
        @Override
        public Iterator<Row> call(Row shard) {
            StoredFile file = ListedFiles.file(shard);
            ShardMembers members = new ShardMembers(hadoop.value().value(), file.uri(), file.listed(), glob, kept);
            TaskContext.get().addTaskCompletionListener((TaskCompletionListener) ended -> members.close());
            String etag = word(file);
            return new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return members.hasNext();
                }

                @Override
                public Row next() {
                    return row(file, etag, members.next());
                }
            };
        }

        private Row row(StoredFile file, String etag, ShardMembers.Member member) {
            List<Object> values =
                    new ArrayList<>(List.of(member.path(), member.length(), file.modificationMillis(), etag));
            kept.forEach(extension -> values.add(member.texts().get(extension)));
            values.add(member.bytes()
                    .map(FileOrUri::of)
                    .orElseGet(() -> FileOrUri.without(member.error().orElseThrow(), member.message())));
            return RowFactory.create(values.toArray());
        }
    }

    private static String word(StoredFile shard) {
        return shard.etag().equals(StoredFile.NO_ETAG)
                ? shard.length() + "-" + shard.modificationMillis()
                : shard.etag();
    }

    @Override
    public List<Supplier<Dataset<Row>>> inPartsOf(SparkSession spark, long images) {
        return cut(shards, Math.multiplyExact(images, ASSUMED_IMAGE_BYTES)).stream()
                .<Supplier<Dataset<Row>>>map(part -> () -> members(spark, tasks(part)))
                .toList();
    }

    /** A shard of which a single row is no result is read again as a whole. */
    @Override
    public RunObjects without(Dataset<Row> held, Column isResult) {
        Set<String> same = new HashSet<>();
        for (Row shard : rowsIn(held)
                .withColumn(SHARD, regexp_extract(col("path"), SHARD_OF_PATH, 1))
                .groupBy(SHARD)
                .agg(min(isResult).as("held"))
                .where("held")
                .collectAsList()) {
            same.add(shard.getString(0));
        }
        return new ImageShards(
                shards.stream().filter(shard -> !same.contains(shard.uri())).toList(), glob, kept);
    }

    @Override
    public Dataset<Row> rowsIn(Dataset<Row> table) {
        Dataset<Row> listed = ListedFiles.toDataset(table.sparkSession(), tasks(shards))
                .select(
                        col("path").as(SHARD),
                        RunObjects.withoutQuotes(coalesce(
                                        col("etag"),
                                        concat_ws("-", col("length"), unix_millis(col("modificationTime")))))
                                .as(VERSION));
        return table.join(
                listed,
                regexp_extract(col("path"), SHARD_OF_PATH, 1)
                        .equalTo(col(SHARD))
                        .and(RunObjects.withoutQuotes(col("etag")).equalTo(col(VERSION))),
                "left_semi");
    }
}
