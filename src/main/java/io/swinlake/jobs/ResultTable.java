package io.swinlake.jobs;

import java.io.IOException;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/** Where runs put their rows: a table with one row for each path, and with the column {@code run}. */
interface ResultTable {
    /** What a finished run said about itself, as JSON; empty if it is not finished. */
    Optional<String> record(String run) throws IOException;

    /** The name and the record of a finished run, whichever; empty if there are none. */
    Optional<FinishedRun> anyFinished() throws IOException;

    /** A run and what it said about itself, as JSON. */
    record FinishedRun(String id, String record) {}

    /** The rows of all finished runs but one; empty if there are none. */
    Optional<Dataset<Row>> rowsOfOthers(String run) throws IOException;

    /** Makes the table if it does not exist, with these columns and {@code run}. */
    void create(StructType columns);

    /** Folder in which runs keep what they have so far. The table exists. */
    Path home();

    /**
     * Puts a run's rows into the table, or puts them there again.
     *
     * @param rows without the column {@code run}; empty if there are none
     * @param replaced {@code path, run} of rows of others that these replace; empty if there are none
     */
    void publish(String run, Optional<Dataset<Row>> rows, Optional<Dataset<Row>> replaced) throws IOException;

    /** The rows of one run as they were published; empty if there are none. */
    Optional<Dataset<Row>> rowsOf(String run) throws IOException;

    /** Stores a run's record: it is finished. */
    void finish(String run, String record) throws IOException;
}
