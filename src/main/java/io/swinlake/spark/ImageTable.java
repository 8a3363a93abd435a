package io.swinlake.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.countDistinct;
import static org.apache.spark.sql.functions.lit;

import io.swinlake.PublicApi;
import io.swinlake.spark.source.SourceKind;
import io.swinlake.spark.source.TableSource;
import io.swinlake.storage.Messages;
import io.swinlake.table.RunObjects;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;

/**
 * The images of a table, one for each row: a Parquet, Delta or Iceberg table, CSV or JSON lines, with a column of URIs or of
 * the images themselves.
 *
 * <pre>{@code
 * ImageTable photos = ImageTable.open(spark, List.of("s3a://lake/photos.parquet"), ImageColumns.images("image"));
 * Dataset<Row> table = new SwinTransformer().setModel(model).setInputCol(ImageTable.IMAGE).transform(photos.toDataset(spark));
 * }</pre>
 */
@PublicApi(since = "0.1.0")
public final class ImageTable implements RunObjects {
    /** Column of {@link #toDataset} with the images, for {@link SwinTransformer#setInputCol}. */
    public static final String IMAGE = "image";

    /** As Spark's own readers plan files, and enough that all cores have something to the end. */
    private static final int TASKS_PER_CORE = 4;

    private static final int MAX_URIS_PER_TASK = 8192;

    static final String PATH = "path";
    static final String TIME = "modificationTime";
    static final String ETAG = "etag";

    /** Of the other side of a join, whose columns may be the same as this side's. */
    private static final String KEY = "_swinlake_key";

    private static final String VALUE = "_swinlake_value";

    /** {@code path, length, modificationTime, etag}, kept columns, {@link #IMAGE}: reading it reads the images. */
    private final Dataset<Row> images;

    /** {@code path, modificationTime}: reading it leaves the images where they are. */
    private final Dataset<Row> names;

    private final Tasks tasks;
    private final long size;
    private final long bytes;

    /** What tasks take. */
    private enum Tasks {
        /** Rows by their number, since a file of URIs may be small and the work that they name large. */
        OF_URIS,
        /** Rows by their number, since the files of the table are too few for the cores. */
        OF_FEW_FILES,
        /** Pieces of the table's files. */
        OF_FILES
    }

    private ImageTable(Dataset<Row> images, Dataset<Row> names, Tasks tasks, long size, long bytes) {
        this.images = images;
        this.names = names;
        this.tasks = tasks;
        this.size = size;
        this.bytes = bytes;
    }

    /**
     * Opens tables as they are now. Counts their rows, and reads no image.
     *
     * @param spark with the jar of the format of a Delta or Iceberg table
     * @param inputs URIs of tables or of their files, which may be patterns, or names of tables in a catalog; all with the
     *     columns that are named
     * @param columns which columns of them
     * @return their rows
     * @throws IOException if one is not there or cannot be read; the message begins with the input
     * @throws IllegalArgumentException if a column is not there or is of another type, or if its values do not tell the rows
     *     apart
     */
    public static ImageTable open(SparkSession spark, List<String> inputs, ImageColumns columns) throws IOException {
        Optional<Dataset<Row>> images = Optional.empty();
        Optional<Dataset<Row>> names = Optional.empty();
        long bytes = 0;
        for (String input : inputs) {
            OpenedTable opened = new OpenedTable(spark, input, read(spark, input), columns);
            images = Optional.of(
                    images.map(some -> some.unionByName(opened.images())).orElseGet(opened::images));
            names = Optional.of(
                    names.map(some -> some.unionByName(opened.names())).orElseGet(opened::names));
            bytes += columns.holds() == ImageColumns.Holds.URIS ? 0 : opened.bytes();
        }
        Dataset<Row> all = names.orElseThrow(() -> new IllegalArgumentException("no input is named"));
        long rows = requireNames(String.join(" ", inputs), all, columns);
        return new ImageTable(images.orElseThrow(), all, tasks(spark, images.orElseThrow(), columns), rows, bytes);
    }

    private static Tasks tasks(SparkSession spark, Dataset<Row> images, ImageColumns columns) {
        if (columns.holds() == ImageColumns.Holds.URIS) {
            return Tasks.OF_URIS;
        }
        return images.rdd().getNumPartitions() < spark.sparkContext().defaultParallelism()
                ? Tasks.OF_FEW_FILES
                : Tasks.OF_FILES;
    }

    private static TableSource read(SparkSession spark, String input) throws IOException {
        SourceKind kind = SourceKind.of(spark, input, List.of());
        if (!kind.isTable()) {
            throw new IOException(
                    "%s: is no table: neither Delta nor Iceberg, and not files of Parquet, CSV or JSON lines by"
                                    .formatted(input)
                            + " their names alone (.parquet, .csv, .jsonl)");
        }
        try {
            return TableSource.read(spark, input, kind);
        } catch (IOException | RuntimeException e) {
            throw new IOException("%s: cannot be read as %s: %s".formatted(input, kind.words(), Messages.reason(e)), e);
        } catch (Exception e) { // Spark throws checked ones too, without declaring them
            throw new IOException("%s: cannot be read as %s: %s".formatted(input, kind.words(), Messages.reason(e)), e);
        }
    }

    /** Counts rows; refuses those that a run could not tell apart. */
    private static long requireNames(String inputs, Dataset<Row> names, ImageColumns columns) {
        Row counts = names.agg(count(lit(1)), count(PATH), countDistinct(PATH)).first();
        long rows = counts.getLong(0);
        long unnamed = rows - counts.getLong(1);
        if (unnamed > 0) {
            throw new IllegalArgumentException("%s: %s of %s rows have no %s, which is to tell them apart: %s"
                    .formatted(
                            inputs,
                            unnamed,
                            rows,
                            columns.id().map("value in column '%s'"::formatted).orElse("path"),
                            "name another column by --id-column, or filter them out"));
        }
        if (counts.getLong(2) < rows) {
            Row twice = names.groupBy(PATH)
                    .agg(count(lit(1)).as("rows"))
                    .where(col("rows").gt(1))
                    .first();
            throw new IllegalArgumentException(
                    "%s: '%s' stands in %s rows, but each row needs a name of its own: name a column that tells them apart by"
                                    .formatted(inputs, twice.getString(0), twice.getLong(1))
                            + " --id-column, or leave out what is there twice");
        }
        return rows;
    }

    /** Number of rows. */
    @Override
    public long size() {
        return size;
    }

    /** Bytes of the table's files, as Spark knows them; 0 where the images lie elsewhere. */
    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public String noun() {
        return "rows";
    }

    /**
     * The first rows by path.
     *
     * @param count how many, at most
     * @return a table of these
     */
    public ImageTable limit(int count) {
        return size <= count ? this : only(names.orderBy(PATH).limit(count).select(PATH));
    }

    private ImageTable only(Dataset<Row> paths) {
        Dataset<Row> kept = paths.persist(StorageLevel.DISK_ONLY());
        long left = kept.count();
        return left == size
                ? this
                : new ImageTable(
                        semi(images, kept), semi(names, kept), tasks, left, size == 0 ? 0 : bytes * left / size);
    }

    private static Dataset<Row> semi(Dataset<Row> rows, Dataset<Row> paths) {
        return rows.join(paths.select(col(PATH).as(KEY)), col(PATH).equalTo(col(KEY)), "left_semi");
    }

    private static Dataset<Row> anti(Dataset<Row> rows, Dataset<Row> paths) {
        return rows.join(paths.select(col(PATH).as(KEY)), col(PATH).equalTo(col(KEY)), "left_anti");
    }

    /**
     * {@code path string, length long, modificationTime timestamp, etag string}, the kept columns, {@value #IMAGE}: one row
     * for each of the table's. The path is the row's name. Of images elsewhere only the path is known; of others the length
     * and MD5 of their bytes, and when the file of the table was written that they lie in, where it tells.
     */
    @Override
    public Dataset<Row> toDataset(SparkSession spark) {
        int wanted = spark.sparkContext().defaultParallelism() * TASKS_PER_CORE;
        long byWork = (size + MAX_URIS_PER_TASK - 1) / MAX_URIS_PER_TASK;
        return switch (tasks) {
            case OF_URIS -> images.repartition((int) Math.max(wanted, byWork), col(PATH));
            case OF_FEW_FILES -> images.repartition(wanted, col(PATH));
            case OF_FILES -> images;
        };
    }

    @Override
    public List<Dataset<Row>> inPartsOf(SparkSession spark, long count) {
        return size == 0 ? List.of() : PartRanges.cut(toDataset(spark), (size + count - 1) / count);
    }

    @Override
    public RunObjects without(Dataset<Row> held, Column isResult) {
        return only(anti(names, rowsIn(held.where(isResult)).select(PATH)).select(PATH));
    }

    /** Reads images only where the file has been written again that a row of the same name lies in. */
    @Override
    public Dataset<Row> rowsIn(Dataset<Row> table) {
        if (tasks == Tasks.OF_URIS) {
            return semi(table, names);
        }
        Dataset<Row> sameFile = table.join(
                names.select(col(PATH).as(KEY), col(TIME).as(VALUE)),
                col(PATH).equalTo(col(KEY)).and(col(TIME).equalTo(col(VALUE))),
                "left_semi");
        Dataset<Row> unsure = anti(semi(names, table), sameFile).select(PATH).persist(StorageLevel.DISK_ONLY());
        if (unsure.isEmpty()) {
            return sameFile;
        }
        Dataset<Row> contents =
                semi(images, unsure).select(col(PATH).as(KEY), col(ETAG).as(VALUE));
        return sameFile.unionByName(
                table.join(contents, col(PATH).equalTo(col(KEY)).and(col(ETAG).eqNullSafe(col(VALUE))), "left_semi"));
    }
}
