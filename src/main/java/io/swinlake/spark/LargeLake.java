package io.swinlake.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.timestamp_millis;
import static org.apache.spark.sql.functions.xxhash64;

import io.swinlake.storage.KeyRange;
import io.swinlake.storage.Listing;
import io.swinlake.storage.StoredFile;
import io.swinlake.table.ParquetRows;
import io.swinlake.table.RunObjects;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Supplier;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Objects that are too many for the driver: executors list them, folder by folder, and they stay with the executors. What is
 * left to compute is written down in a run's plan, a file for each part, and read from there: the driver holds parts, not
 * objects.
 */
final class LargeLake implements RunObjects {
    /**
     * Enough to wait for a store side by side. Not one for each folder: of each, whatever it holds, every later shuffle makes
     * some hundred files.
     */
    private static final int LISTING_TASKS = 100;

    private static final int LISTING_TASKS_PER_CORE = 16;

    /** Bounds a part where images are large: of so many bytes for each image that it is to have. */
    private static final long BYTES_PER_IMAGE = 1L << 20;

    private final Dataset<Row> objects;
    private final List<String> planFiles;
    private final Supplier<Totals> counted;
    private Totals totals;

    private record Totals(long size, long bytes) {}

    private LargeLake(Dataset<Row> objects, List<String> planFiles, Supplier<Totals> counted) {
        this.objects = objects;
        this.planFiles = planFiles;
        this.counted = counted;
    }

    /** @param objects {@link ListedFiles#COLUMNS}, each path once */
    static LargeLake of(Dataset<Row> objects) {
        Dataset<Row> kept = objects.persist(StorageLevel.DISK_ONLY());
        return new LargeLake(kept, List.of(), () -> counted(kept));
    }

    private static Totals counted(Dataset<Row> objects) {
        Row counts = objects.agg(count(lit(1)), sum("length")).first();
        return new Totals(counts.getLong(0), counts.isNullAt(1) ? 0 : counts.getLong(1));
    }

    /** @param objects the same, but a path may come more than once */
    static LargeLake ofDistinct(Dataset<Row> objects) {
        return of(objects.withColumn("hash", xxhash64(col("path")))
                .dropDuplicates(new String[] {"hash", "path"})
                .drop("hash"));
    }

    /**
     * Lists pieces of inputs, each in a task.
     *
     * @param eachOnce whether no file is in two pieces
     */
    static LargeLake list(
            SparkSession spark, List<Listing.Piece> pieces, String glob, List<String> leftOut, boolean eachOnce) {
        JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
        Broadcast<SerializableConfiguration> hadoop = context.broadcast(
                new SerializableConfiguration(spark.sessionState().newHadoopConf()));
        List<String[]> texts = new ArrayList<>();
        pieces.forEach(piece -> texts.add(new String[] {
            piece.uri(),
            piece.depth().name(),
            piece.keys().after(),
            piece.keys().upTo()
        }));
        int tasks = Math.max(LISTING_TASKS, context.defaultParallelism() * LISTING_TASKS_PER_CORE);
        Dataset<Row> listed = spark.createDataFrame(
                context.parallelize(texts, Math.max(1, Math.min(texts.size(), tasks)))
                        .flatMap(new ListPiece(hadoop, glob, new ArrayList<>(leftOut))),
                ListedFiles.WITH_MILLIS);
        Dataset<Row> files = listed.withColumn("modificationTime", timestamp_millis(col("modificationTime")));
        return eachOnce ? of(files) : ofDistinct(files);
    }

    /** What a task does with a piece of a listing: page by page, as its rows are taken. */
    private record ListPiece(Broadcast<SerializableConfiguration> hadoop, String glob, ArrayList<String> leftOut)
            implements FlatMapFunction<String[], Row> {
        @Override
        public Iterator<Row> call(String[] piece) throws IOException {
            RemoteIterator<StoredFile> files = new Listing(hadoop.value().value(), glob, leftOut)
                    .of(new Listing.Piece(piece[0], Listing.Depth.valueOf(piece[1]), new KeyRange(piece[2], piece[3])));
            return new Iterator<>() {
                @Override
                public boolean hasNext() {
                    try {
                        return files.hasNext();
                    } catch (IOException e) {
                        throw failed(e);
                    }
                }

                @Override
                public Row next() {
                    if (!hasNext()) {
                        throw new NoSuchElementException();
                    }
                    try {
                        return ListedFiles.row(files.next());
                    } catch (IOException e) {
                        throw failed(e);
                    }
                }

                private UncheckedIOException failed(IOException e) {
                    return new UncheckedIOException(piece[0] + ": cannot be listed: " + e.getMessage(), e);
                }
            };
        }
    }

    private synchronized Totals totals() {
        if (totals == null) {
            totals = counted.get();
        }
        return totals;
    }

    @Override
    public long size() {
        return totals().size();
    }

    @Override
    public long bytes() {
        return totals().bytes();
    }

    @Override
    public boolean haveContentTags() {
        return true;
    }

    LargeLake limit(int count) {
        return of(objects.orderBy("path").limit(count));
    }

    @Override
    public RunObjects without(Dataset<Row> table, Column isResult) {
        Dataset<Row> held = table.where(isResult).select("path", "length", "modificationTime", "etag");
        return of(objects.join(held.hint("merge"), sameObject(held), "left_anti"));
    }

    @Override
    public Dataset<Row> rowsIn(Dataset<Row> table) {
        return table.join(objects.hint("merge"), sameObject(table), "left_semi");
    }

    /**
     * Merged in the order of a hash: all paths of a lake begin alike, so that sorting by them compares whole texts. Not
     * broadcast, which Spark would choose by the size of the files: a million paths are 10 MB there, and 200 in memory.
     */
    private Column sameObject(Dataset<Row> table) {
        return xxhash64(objects.col("path"))
                .equalTo(xxhash64(table.col("path")))
                .and(ImageLake.sameObject(objects, table));
    }

    /** One file for each part, in the order of paths. */
    @Override
    public RunObjects keptAt(SparkSession spark, String place, long images) throws IOException {
        Totals all = totals();
        Path folder = new Path(place);
        long parts = Math.max(ceil(all.size(), images), ceil(all.bytes(), images * BYTES_PER_IMAGE));
        ParquetRows.writeUnfinished(
                objects.repartitionByRange((int) Math.max(1, parts), col("path"))
                        .sortWithinPartitions("path"),
                folder);
        objects.unpersist();
        FileStatus[] files =
                folder.getFileSystem(spark.sessionState().newHadoopConf()).listStatus(folder);
        List<String> names = Arrays.stream(files)
                .map(file -> file.getPath().toString())
                .filter(file -> file.contains("/part-"))
                .sorted()
                .toList();
        return new LargeLake(read(spark, place), names, () -> all);
    }

    private static Dataset<Row> read(SparkSession spark, String place) {
        return spark.read()
                .schema(ListedFiles.COLUMNS)
                .option("__globPaths__", "false")
                .parquet(place);
    }

    private static long ceil(long count, long by) {
        return (count + by - 1) / by;
    }

    @Override
    public Dataset<Row> toDataset(SparkSession spark) {
        return inTasks(spark, objects, size(), bytes());
    }

    private static Dataset<Row> inTasks(SparkSession spark, Dataset<Row> some, long size, long bytes) {
        int tasks = ImageLake.tasks(size, bytes, spark.sparkContext().defaultParallelism());
        return some.repartitionByRange(tasks, col("path")).sortWithinPartitions("path");
    }

    @Override
    public List<Supplier<Dataset<Row>>> inPartsOf(SparkSession spark, long images) {
        if (size() == 0) {
            return List.of();
        }
        List<Supplier<Dataset<Row>>> parts = new ArrayList<>();
        for (String file : planFiles) {
            parts.add(() -> inTasks(spark, read(spark, file), size() / planFiles.size(), bytes() / planFiles.size()));
        }
        return parts.isEmpty() ? List.of(() -> toDataset(spark)) : parts;
    }
}
