package io.swinlake.table;

import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

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

    /** {@code path string, length long, modificationTime timestamp, etag string} and more, what is computed from. */
    Dataset<Row> toDataset(SparkSession spark);

    /**
     * {@link #toDataset} in parts, in order, each to be computed and kept by itself.
     *
     * @param images about how many a part has
     */
    List<Dataset<Row>> inPartsOf(SparkSession spark, long images);

    /**
     * The objects that a table holds no rows of, or rows of another content.
     *
     * @param isResult of a row of the table: whether it says what its object is; if not, its object is not held
     */
    RunObjects without(Dataset<Row> held, Column isResult);

    /** The rows of a table that were made of these objects as they are now; several for a path if it was computed twice. */
    Dataset<Row> rowsIn(Dataset<Row> table);
}
