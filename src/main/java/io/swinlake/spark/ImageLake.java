package io.swinlake.spark;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.unix_millis;

import io.swinlake.PublicApi;
import io.swinlake.spark.source.SourceKind;
import io.swinlake.spark.source.TableSource;
import io.swinlake.storage.Listing;
import io.swinlake.storage.StoredFile;
import io.swinlake.table.RunObjects;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * The objects below some folders of a lake, listed but not opened, so that a job can promise one row for each of them.
 *
 * <p>Zero-byte objects and objects that are no images are listed like any other: they become error rows. As in Spark's own
 * readers, names that begin with {@code _} or {@code .} are not, below a folder; an object that is named itself always is.
 */
@PublicApi(since = "0.1.0")
public final class ImageLake implements RunObjects {
    /** Small enough for balance and cheap retries, large enough that a task's start does not count: minutes on a CPU. */
    private static final int MAX_IMAGES_PER_TASK = 8192;

    /** One micro-batch on a CPU: fewer images are not worth a task. */
    private static final int MIN_IMAGES_PER_TASK = 8;

    /** Bounds what one task fetches where images are large. */
    private static final long MAX_BYTES_PER_TASK = 1L << 30;

    /**
     * Also where cores are few: more may come while the job runs. Two tasks for 360 images would save S3 a few seconds of
     * requests, but leave all executors but one idle where they register late.
     */
    private static final int TASKS_PER_CORE = 4;

    /** A listing of more is made by the executors and stays with them. */
    private static final int MOST_ON_DRIVER = 100_000;

    /** Of so many pieces of a listing one for each core is always at work. */
    private static final int PIECES_PER_CORE = 16;

    private final List<StoredFile> files;
    private final Optional<LargeLake> large;

    ImageLake(List<StoredFile> files) {
        this.files = files;
        this.large = Optional.empty();
    }

    private ImageLake(LargeLake large) {
        this.files = List.of();
        this.large = Optional.of(large);
    }

    /**
     * Lists folders recursively, in pages as the file system gives them; sorted by path, each object once. More than 100,000
     * objects of a store are listed by the executors, folder by folder, and stay there.
     *
     * @param spark whose Hadoop settings are used
     * @param inputs URIs of folders or single objects; one that nothing has as its very name may be a pattern of Hadoop's;
     *     or the {@code manifest.json} of S3 Inventories
     * @param glob what the name of an object in a folder must match, such as {@code *.{jpg,png}}; {@code *} takes all
     * @return the objects
     * @throws FileNotFoundException if an input is not there
     * @throws IOException if it cannot be listed; the message begins with the input
     */
    public static ImageLake list(SparkSession spark, List<String> inputs, String glob) throws IOException {
        return list(spark, inputs, glob, List.of());
    }

    /**
     * Lists folders as {@link #list(SparkSession, List, String)} does, without what lies in some places.
     *
     * @param spark whose Hadoop settings are used
     * @param inputs URIs of folders or single objects, or patterns
     * @param glob what the name of an object in a folder must match
     * @param leftOut folders, such as the output of a job that lies below its input; they need not exist. An input that lies
     *     in one of them is listed all the same; one that is the same folder is refused.
     * @return the objects
     * @throws IOException if an input is not there or cannot be listed; the message begins with the input
     */
    public static ImageLake list(SparkSession spark, List<String> inputs, String glob, List<String> leftOut)
            throws IOException {
        return list(spark, inputs, glob, leftOut, MOST_ON_DRIVER);
    }

    static ImageLake list(SparkSession spark, List<String> inputs, String glob, List<String> leftOut, int mostOnDriver)
            throws IOException {
        if (inputs.stream().anyMatch(Inventory::isOne)) {
            return inventories(spark, inputs, glob, leftOut);
        }
        Configuration configuration = spark.sessionState().newHadoopConf();
        Listing listing = new Listing(configuration, glob, leftOut);
        Optional<List<StoredFile>> files = ListedFiles.list(listing, inputs, mostOnDriver);
        if (files.isPresent()) {
            return new ImageLake(files.get());
        }
        List<Listing.Piece> pieces = new ArrayList<>();
        for (String input : inputs) {
            pieces.addAll(listing.pieces(input, spark.sparkContext().defaultParallelism() * PIECES_PER_CORE));
        }
        boolean eachOnce = inputs.size() == 1 && listing.namesEachOnce(inputs.get(0));
        return new ImageLake(LargeLake.list(spark, pieces, glob, leftOut, eachOnce));
    }

    private static ImageLake inventories(SparkSession spark, List<String> inputs, String glob, List<String> leftOut)
            throws IOException {
        Optional<Dataset<Row>> all = Optional.empty();
        for (String input : inputs) {
            if (!Inventory.isOne(input)) {
                throw new IOException(
                        input + ": is listed, while others are inventories: give each kind a run of its own");
            }
            Dataset<Row> objects = Inventory.read(spark, input, glob, leftOut);
            all = Optional.of(all.map(some -> some.union(objects)).orElse(objects));
        }
        return new ImageLake(LargeLake.ofDistinct(all.orElseThrow()));
    }

    /**
     * The objects that live inventories of S3 Metadata list, which are tables of a known schema.
     *
     * @param spark with the jar of the tables' format
     * @param inputs folders of tables, or their names in a catalog
     * @param glob what the name of an object must match
     * @param leftOut folders whose objects are not taken
     * @return the objects; empty if one of the tables is no such inventory
     * @throws IOException if a table cannot be looked at
     */
    public static Optional<ImageLake> ofLiveInventories(
            SparkSession spark, List<String> inputs, String glob, List<String> leftOut) throws IOException {
        Optional<Dataset<Row>> all = Optional.empty();
        for (String input : inputs) {
            Dataset<Row> table = TableSource.read(spark, input, SourceKind.of(spark, input, leftOut))
                    .rows();
            if (!Inventory.isLive(table.schema())) {
                return Optional.empty();
            }
            Dataset<Row> objects = Inventory.live(table, glob, leftOut);
            all = Optional.of(all.map(some -> some.union(objects)).orElse(objects));
        }
        return all.map(objects -> new ImageLake(LargeLake.ofDistinct(objects)));
    }

    /**
     * The first objects by path.
     *
     * @param count how many, at most
     * @return a lake of these
     */
    public ImageLake limit(int count) {
        return large.map(all -> new ImageLake(all.limit(count)))
                .orElseGet(() -> new ImageLake(files.subList(0, Math.min(count, files.size()))));
    }

    /** {@return the columns of {@link #toDataset}} */
    public static StructType schema() {
        return ListedFiles.COLUMNS;
    }

    /** Number of objects. */
    @Override
    public long size() {
        return large.map(LargeLake::size).orElseGet(() -> (long) files.size());
    }

    /** Bytes of all objects together. */
    @Override
    public long bytes() {
        return large.map(LargeLake::bytes)
                .orElseGet(() -> files.stream().mapToLong(StoredFile::length).sum());
    }

    /**
     * The objects of this lake that a table holds no row of, or one of another content: of another length, or of another
     * etag where both have one, else of another modification time.
     *
     * @param table with this lake's columns
     * @param isResult of its rows: which of them count
     */
    @Override
    public RunObjects without(Dataset<Row> table, Column isResult) {
        if (large.isPresent()) {
            return large.get().without(table, isResult);
        }
        Dataset<Row> listed = toDataset(table.sparkSession());
        Dataset<Row> results = table.where(isResult);
        Dataset<Row> held = areFew() ? rowsIn(results) : results;
        List<StoredFile> missing = new ArrayList<>();
        for (Row row : listed.join(held, sameObject(listed, held), "left_anti")
                .withColumn("modificationTime", unix_millis(col("modificationTime")))
                .collectAsList()) {
            missing.add(ListedFiles.file(row));
        }
        return new ImageLake(ListedFiles.sortedAndDistinct(missing));
    }

    /** {@return true: etags as S3 makes them are of the content} */
    @Override
    public boolean haveContentTags() {
        return true;
    }

    @Override
    public RunObjects keptAt(SparkSession spark, String folder, long images) throws IOException {
        return large.isPresent() ? large.get().keptAt(spark, folder, images) : this;
    }

    @Override
    public Dataset<Row> rowsIn(Dataset<Row> table) {
        if (large.isPresent()) {
            return large.get().rowsIn(table);
        }
        Dataset<Row> listed = toDataset(table.sparkSession());
        return table.join(areFew() ? broadcast(listed) : listed, sameObject(listed, table), "left_semi");
    }

    /** Beside what a table may hold, which is then read but not moved. Of local files the driver may hold millions. */
    private boolean areFew() {
        return files.size() <= MOST_ON_DRIVER;
    }

    static Column sameObject(Dataset<Row> listed, Dataset<Row> held) {
        Column eitherHasNoEtag = listed.col("etag").isNull().or(held.col("etag").isNull());
        return listed.col("path")
                .equalTo(held.col("path"))
                .and(listed.col("length").equalTo(held.col("length")))
                .and(RunObjects.withoutQuotes(listed.col("etag"))
                        .equalTo(RunObjects.withoutQuotes(held.col("etag")))
                        .or(eitherHasNoEtag.and(listed.col("modificationTime").equalTo(held.col("modificationTime")))));
    }

    @Override
    public List<Supplier<Dataset<Row>>> inPartsOf(SparkSession spark, long images) {
        if (large.isPresent()) {
            return large.get().inPartsOf(spark, images);
        }
        int objects = (int) Math.min(images, Integer.MAX_VALUE);
        List<Supplier<Dataset<Row>>> parts = new ArrayList<>();
        for (int start = 0; start < files.size(); start += objects) {
            int end = (int) Math.min((long) start + objects, files.size());
            List<StoredFile> part = files.subList(start, end);
            parts.add(() -> new ImageLake(part).toDataset(spark));
        }
        return parts;
    }

    /**
     * {@code path string, length long, modificationTime timestamp, etag string}: one row per object, one partition per
     * task. The etag is null where the file system has none.
     */
    @Override
    public Dataset<Row> toDataset(SparkSession spark) {
        if (large.isPresent()) {
            return large.get().toDataset(spark);
        }
        return ListedFiles.toDataset(spark, plan(files, spark.sparkContext().defaultParallelism()));
    }

    private static int imagesPerTask(long objects, int cores) {
        long tasksWanted = (long) cores * TASKS_PER_CORE;
        long balanced = (objects + tasksWanted - 1) / tasksWanted;
        return (int) Math.max(MIN_IMAGES_PER_TASK, Math.min(balanced, MAX_IMAGES_PER_TASK));
    }

    /** Into how many tasks about as many objects go as {@link #plan} would give each. */
    static int tasks(long objects, long bytes, int cores) {
        long byCount = objects / imagesPerTask(objects, cores) + 1;
        return (int) Math.max(byCount, bytes / MAX_BYTES_PER_TASK + 1);
    }

    /**
     * Which objects each task takes: as many tasks as keep all cores busy to the end, within bounds of count and bytes.
     * Spark's own planning counts 4 MB per file, which makes a task of 31 photos.
     */
    static List<List<StoredFile>> plan(List<StoredFile> files, int cores) {
        int imagesPerTask = imagesPerTask(files.size(), cores);
        List<List<StoredFile>> tasks = new ArrayList<>();
        int start = 0;
        long bytes = 0;
        for (int i = 0; i < files.size(); i++) {
            long length = files.get(i).length();
            if (i > start && (i - start == imagesPerTask || bytes + length > MAX_BYTES_PER_TASK)) {
                tasks.add(files.subList(start, i));
                start = i;
                bytes = 0;
            }
            bytes += length;
        }
        if (start < files.size()) {
            tasks.add(files.subList(start, files.size()));
        }
        return tasks;
    }
}
