package io.swinlake.table;

import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** The objects of a lake that a run is about, as they were listed: each is to have exactly one row. */
public interface RunObjects {
    /** Number of objects. */
    int size();

    /** Bytes of all objects together. */
    long bytes();

    /** {@code path string, length long, modificationTime timestamp, etag string}, one row for each object. */
    Dataset<Row> toDataset(SparkSession spark);

    /** These objects in parts of so many, in order; the last may have fewer. */
    List<? extends RunObjects> inPartsOf(int objects);

    /** The objects that a table holds no row of, or one of another content. */
    RunObjects without(Dataset<Row> held);

    /** The rows of a table that were made of these objects as they are now; an object may have several. */
    Dataset<Row> rowsIn(Dataset<Row> table);
}
