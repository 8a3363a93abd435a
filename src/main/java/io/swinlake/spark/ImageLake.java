package io.swinlake.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.translate;
import static org.apache.spark.sql.functions.unix_millis;

import io.swinlake.PublicApi;
import io.swinlake.storage.StoredFile;
import io.swinlake.table.RunObjects;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
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

    private final List<StoredFile> files;

    ImageLake(List<StoredFile> files) {
        this.files = files;
    }

    /**
     * Lists folders recursively, on the driver, in pages as the file system gives them; sorted by path, each object once.
     *
     * @param spark whose Hadoop settings are used
     * @param inputs URIs of folders or single objects; one that nothing has as its very name may be a pattern of Hadoop's
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
        return new ImageLake(ListedFiles.list(spark.sessionState().newHadoopConf(), inputs, glob, leftOut));
    }

    /**
     * The first objects by path.
     *
     * @param count how many, at most
     * @return a lake of these
     */
    public ImageLake limit(int count) {
        return new ImageLake(files.subList(0, Math.min(count, files.size())));
    }

    /** {@return the columns of {@link #toDataset}} */
    public static StructType schema() {
        return ListedFiles.COLUMNS;
    }

    /** Number of objects. */
    @Override
    public long size() {
        return files.size();
    }

    /** Bytes of all objects together. */
    @Override
    public long bytes() {
        return files.stream().mapToLong(StoredFile::length).sum();
    }

    /**
     * The objects of this lake that a table holds no row of, or one of another content: of another length, or of another
     * etag where both have one, else of another modification time.
     *
     * @param table with this lake's columns
     * @param isResult of its rows: which of them count
     */
    @Override
    public ImageLake without(Dataset<Row> table, Column isResult) {
        Dataset<Row> held = table.where(isResult);
        Dataset<Row> listed = toDataset(held.sparkSession());
        List<StoredFile> missing = new ArrayList<>();
        for (Row row : listed.join(held, sameObject(listed, held), "left_anti")
                .withColumn("modificationTime", unix_millis(col("modificationTime")))
                .collectAsList()) {
            String etag = row.isNullAt(3) ? StoredFile.NO_ETAG : row.getString(3);
            missing.add(new StoredFile(row.getString(0), row.getLong(1), row.getLong(2), etag));
        }
        return new ImageLake(ListedFiles.sortedAndDistinct(missing));
    }

    @Override
    public Dataset<Row> rowsIn(Dataset<Row> table) {
        Dataset<Row> listed = toDataset(table.sparkSession());
        return table.join(listed, sameObject(listed, table), "left_semi");
    }

    private static Column sameObject(Dataset<Row> listed, Dataset<Row> held) {
        Column eitherHasNoEtag = listed.col("etag").isNull().or(held.col("etag").isNull());
        return listed.col("path")
                .equalTo(held.col("path"))
                .and(listed.col("length").equalTo(held.col("length")))
                .and(withoutQuotes(listed.col("etag"))
                        .equalTo(withoutQuotes(held.col("etag")))
                        .or(eitherHasNoEtag.and(listed.col("modificationTime").equalTo(held.col("modificationTime")))));
    }

    /** S3A gives etags with their quotes since Hadoop 3.4, without them before. */
    private static Column withoutQuotes(Column etag) {
        return translate(etag, "\"", "");
    }

    @Override
    public List<Dataset<Row>> inPartsOf(SparkSession spark, long images) {
        int objects = (int) Math.min(images, Integer.MAX_VALUE);
        List<Dataset<Row>> parts = new ArrayList<>();
        for (int start = 0; start < files.size(); start += objects) {
            int end = (int) Math.min((long) start + objects, files.size());
            parts.add(new ImageLake(files.subList(start, end)).toDataset(spark));
        }
        return parts;
    }

    /**
     * {@code path string, length long, modificationTime timestamp, etag string}: one row per object, one partition per
     * task. The etag is null where the file system has none.
     */
    @Override
    public Dataset<Row> toDataset(SparkSession spark) {
        return ListedFiles.toDataset(spark, plan(files, spark.sparkContext().defaultParallelism()));
    }

    /**
     * Which objects each task takes: as many tasks as keep all cores busy to the end, within bounds of count and bytes.
     * Spark's own planning counts 4 MB per file, which makes a task of 31 photos.
     */
    static List<List<StoredFile>> plan(List<StoredFile> files, int cores) {
        int tasksWanted = cores * TASKS_PER_CORE;
        int balanced = (files.size() + tasksWanted - 1) / tasksWanted;
        int imagesPerTask = Math.max(MIN_IMAGES_PER_TASK, Math.min(balanced, MAX_IMAGES_PER_TASK));
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
