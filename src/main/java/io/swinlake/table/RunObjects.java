package io.swinlake.table;

import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/** What a run is about, as it was found: files, rows of a table, or shards with many images each. */
public interface RunObjects {
    /** Number of objects. */
    long size();

    /** Bytes of all objects together, as far as they are known without reading them. */
    long bytes();

    /** What messages call them, in the plural. */
    default String noun() {
        return "objects";
    }

    /** Whether each object is exactly one row. If not it is at least one, and how many only reading it tells. */
    default boolean isOneRowEach() {
        return true;
    }

    /** Whether equal etags of hexadecimal digits mean equal content, whatever the paths. */
    default boolean haveContentTags() {
        return false;
    }

    /** An etag as etags are compared: S3A gives them with their quotes since Hadoop 3.4, without them before. */
    static Column withoutQuotes(Column etag) {
        return functions.replace(etag, functions.lit("\""), functions.lit(""));
    }

    /** {@code path string, length long, modificationTime timestamp, etag string} and more, what is computed from. */
    Dataset<Row> toDataset(SparkSession spark);

    /**
     * {@link #toDataset} in parts, in order, each to be computed and kept by itself.
     *
     * @param images about how many a part has
     */
    List<Supplier<Dataset<Row>>> inPartsOf(SparkSession spark, long images);

    /**
     * These objects, written down where they are too many to be held.
     *
     * @param folder its URI; it need not exist, and stays as long as they are needed
     * @param images as {@link #inPartsOf} will be asked for
     */
    default RunObjects keptAt(SparkSession spark, String folder, long images) throws IOException {
        return this;
    }

    /**
     * The objects that a table holds no rows of, or rows of another content.
     *
     * @param isResult of a row of the table: whether it says what its object is; if not, its object is not held
     */
    RunObjects without(Dataset<Row> held, Column isResult);

    /** The rows of a table that were made of these objects as they are now; several for a path if it was computed twice. */
    Dataset<Row> rowsIn(Dataset<Row> table);
}
