package io.swinlake.spark;

import static org.apache.spark.sql.functions.expr;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.EtagSource;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.GlobFilter;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PathFilter;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.Tuple4;

/**
 * The objects below some folders of a lake, listed but not opened, so that a job can promise one row for each of them.
 *
 * <p>Zero-byte objects and objects that are no images are listed like any other: they become error rows. As in Spark's own
 * readers, names that begin with {@code _} or {@code .} are not, below a folder; an object that is named itself always is.
 */
public final class ImageLake {
    private static final StructType COLUMNS = new StructType()
            .add("path", DataTypes.StringType, false)
            .add("length", DataTypes.LongType, false)
            .add("modificationTime", DataTypes.TimestampType, false)
            .add("etag", DataTypes.StringType, true);

    /** In milliseconds: which class a row has for a timestamp depends on {@code spark.sql.datetime.java8API.enabled}. */
    private static final StructType LISTED = new StructType()
            .add("path", DataTypes.StringType, false)
            .add("length", DataTypes.LongType, false)
            .add("modificationTime", DataTypes.LongType, false)
            .add("etag", DataTypes.StringType, true);

    /** For the file systems that have none. */
    private static final String NO_ETAG = "";

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

    private final List<ListedFile> files;

    private ImageLake(List<ListedFile> files) {
        this.files = files;
    }

    /**
     * What the listing says about an object.
     *
     * @param etag the store's own word for its content; empty where there is none
     */
    record ListedFile(String path, long length, long modificationMillis, String etag) {
        static ListedFile of(Row row) {
            return new ListedFile(
                    row.getString(0), row.getLong(1), row.getLong(2), row.isNullAt(3) ? NO_ETAG : row.getString(3));
        }
    }

    /**
     * Lists folders recursively, on the driver, in pages as the file system gives them; sorted by path, each object once.
     *
     * @param inputs URIs of folders or single objects; wildcards as Hadoop knows them are allowed
     * @param glob what the name of an object in a folder must match, such as {@code *.{jpg,png}}; {@code *} takes all
     * @throws FileNotFoundException if an input is not there
     * @throws IOException if it cannot be listed; the message begins with the input
     */
    public static ImageLake list(SparkSession spark, List<String> inputs, String glob) throws IOException {
        Configuration configuration = spark.sessionState().newHadoopConf();
        PathFilter filter = new GlobFilter(glob);
        List<ListedFile> found = new ArrayList<>();
        for (String input : inputs) {
            try {
                list(new Path(input), configuration, filter, found);
            } catch (FileNotFoundException e) {
                throw withCause(new FileNotFoundException(input + ": no such file or directory"), e);
            } catch (IOException | IllegalArgumentException e) {
                throw new IOException(input + ": cannot be listed: " + Failures.reason(e), e);
            }
        }
        return new ImageLake(sortedAndDistinct(found));
    }

    private static <E extends Exception> E withCause(E exception, Exception cause) {
        exception.initCause(cause);
        return exception;
    }

    private static void list(Path input, Configuration configuration, PathFilter filter, List<ListedFile> found)
            throws IOException {
        FileSystem fileSystem = input.getFileSystem(configuration);
        FileStatus[] roots = fileSystem.globStatus(input);
        if (roots == null || roots.length == 0) {
            throw new FileNotFoundException(input.toString());
        }
        for (FileStatus root : roots) {
            if (root.isFile()) {
                found.add(listed(root));
                continue;
            }
            int rootDepth = root.getPath().depth();
            RemoteIterator<? extends FileStatus> files = FilesBelow.of(root, fileSystem);
            while (files.hasNext()) {
                FileStatus file = files.next();
                if (!isHidden(file.getPath(), rootDepth) && filter.accept(file.getPath())) {
                    found.add(listed(file));
                }
            }
        }
    }

    private static ListedFile listed(FileStatus file) {
        String etag = file instanceof EtagSource source ? source.getEtag() : null;
        return new ListedFile(
                file.getPath().toString(), file.getLen(), file.getModificationTime(), etag == null ? NO_ETAG : etag);
    }

    /** Whether the object or a folder between it and the root has a name that Spark's readers skip. */
    private static boolean isHidden(Path file, int rootDepth) {
        for (Path path = file; path.depth() > rootDepth; path = path.getParent()) {
            String name = path.getName();
            if (name.startsWith(".") || (name.startsWith("_") && !name.contains("="))) {
                return true;
            }
        }
        return false;
    }

    private static List<ListedFile> sortedAndDistinct(List<ListedFile> files) {
        files.sort(Comparator.comparing(ListedFile::path));
        List<ListedFile> distinct = new ArrayList<>(files.size());
        for (ListedFile file : files) {
            if (distinct.isEmpty() || !distinct.get(distinct.size() - 1).path().equals(file.path())) {
                distinct.add(file);
            }
        }
        return distinct;
    }

    /** The first objects by path. */
    public ImageLake limit(int count) {
        return new ImageLake(files.subList(0, Math.min(count, files.size())));
    }

    /** The columns of {@link #toDataset}. */
    public static StructType schema() {
        return COLUMNS;
    }

    /** Number of objects. */
    public int size() {
        return files.size();
    }

    /** Bytes of all objects together. */
    public long bytes() {
        return files.stream().mapToLong(ListedFile::length).sum();
    }

    /**
     * The objects of this lake that a table holds no row of, or one of another content: of another length, or of another
     * etag where both have one, else of another modification time.
     *
     * @param held a table with this lake's columns
     */
    public ImageLake without(Dataset<Row> held) {
        Dataset<Row> listed = toDataset(held.sparkSession());
        List<ListedFile> missing = listed
                .join(held, sameObject(listed, held), "left_anti")
                .withColumn("modificationTime", expr("unix_millis(modificationTime)"))
                .collectAsList()
                .stream()
                .map(ListedFile::of)
                .toList();
        return new ImageLake(sortedAndDistinct(new ArrayList<>(missing)));
    }

    /** The rows of a table that were made of this lake's objects as they are now, one for each object. */
    public Dataset<Row> rowsIn(Dataset<Row> table) {
        Dataset<Row> listed = toDataset(table.sparkSession());
        return table.join(listed, sameObject(listed, table), "left_semi").dropDuplicates("path");
    }

    private static Column sameObject(Dataset<Row> listed, Dataset<Row> held) {
        Column eitherHasNoEtag = listed.col("etag").isNull().or(held.col("etag").isNull());
        return listed.col("path")
                .equalTo(held.col("path"))
                .and(listed.col("length").equalTo(held.col("length")))
                .and(listed.col("etag")
                        .equalTo(held.col("etag"))
                        .or(eitherHasNoEtag.and(listed.col("modificationTime").equalTo(held.col("modificationTime")))));
    }

    /** This lake in parts of so many objects, in order; the last may have fewer. */
    public List<ImageLake> inPartsOf(int objects) {
        List<ImageLake> parts = new ArrayList<>();
        for (int start = 0; start < files.size(); start += objects) {
            parts.add(new ImageLake(files.subList(start, Math.min(start + objects, files.size()))));
        }
        return parts;
    }

    /**
     * {@code path string, length long, modificationTime timestamp, etag string}: one row per object, one partition per
     * task. The etag is null where the file system has none.
     */
    public Dataset<Row> toDataset(SparkSession spark) {
        JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
        List<Tuple4<String[], long[], long[], String[]>> slices = plan(files, context.defaultParallelism()).stream()
                .map(Slice::of)
                .toList();
        return spark.createDataFrame(
                        context.parallelize(new ArrayList<>(slices), Math.max(1, slices.size()))
                                .flatMap(Slice::rows),
                        LISTED)
                .withColumn("modificationTime", expr("timestamp_millis(modificationTime)"));
    }

    /**
     * Which objects each task takes: as many tasks as keep all cores busy to the end, within bounds of count and bytes.
     * Spark's own planning counts 4 MB per file, which makes a task of 31 photos.
     */
    static List<List<ListedFile>> plan(List<ListedFile> files, int cores) {
        int tasksWanted = cores * TASKS_PER_CORE;
        int balanced = (files.size() + tasksWanted - 1) / tasksWanted;
        int imagesPerTask = Math.max(MIN_IMAGES_PER_TASK, Math.min(balanced, MAX_IMAGES_PER_TASK));
        List<List<ListedFile>> tasks = new ArrayList<>();
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

    /** One task's objects, as arrays: what any {@code spark.serializer} carries. */
    private static final class Slice {
        static Tuple4<String[], long[], long[], String[]> of(List<ListedFile> files) {
            return new Tuple4<>(
                    files.stream().map(ListedFile::path).toArray(String[]::new),
                    files.stream().mapToLong(ListedFile::length).toArray(),
                    files.stream().mapToLong(ListedFile::modificationMillis).toArray(),
                    files.stream().map(ListedFile::etag).toArray(String[]::new));
        }

        static Iterator<Row> rows(Tuple4<String[], long[], long[], String[]> files) {
            return IntStream.range(0, files._1().length)
                    .mapToObj(i -> RowFactory.create(
                            files._1()[i],
                            files._2()[i],
                            files._3()[i],
                            files._4()[i].equals(NO_ETAG) ? null : files._4()[i]))
                    .iterator();
        }
    }
}
