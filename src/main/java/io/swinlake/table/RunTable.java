package io.swinlake.table;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/**
 * A table that runs write to, with one row for each path and with the column {@code run}: what {@link Runs} needs of a format.
 * A further format implements this and stands in {@link TableFormat}.
 */
interface RunTable {
    /** Column with the id of the run that wrote a row. */
    String RUN = "run";

    /** The records of finished runs by id. */
    SortedMap<String, RunRecord> finished() throws IOException;

    /** A run's record as it was written; empty if the run is not finished. */
    Optional<String> record(String run) throws IOException;

    /** A run that the table has rows of, other than this one. */
    Optional<String> otherRun(String run) throws IOException;

    /** What the rows themselves say about the models that made them, where records might not tell all. */
    List<SameModel.Facts> models();

    /** The rows of finished runs, as they are at this moment; empty if there is no table. */
    Optional<Dataset<Row>> rows() throws IOException;

    /** Makes the table if it does not exist, with these columns and {@code run}. */
    void create(StructType columns) throws IOException;

    /** Folders whose files are the table's own, and no images though they may lie in a lake; none where there is no table yet. */
    List<Path> folders();

    /** Folder in which runs keep what they have so far. The table exists. */
    Path home();

    /**
     * Writes a run's rows where they can be committed.
     *
     * @param rows one for each object, without the column {@code run}; empty if there are none
     * @param skipInvalid whether rows with an error are left out; what others have of their objects gives way all the same
     * @param replaced {@code path, run} of the rows of others that give way; empty if there are none
     */
    void write(
            String run,
            Attempt attempt,
            Optional<Dataset<Row>> rows,
            boolean skipInvalid,
            Optional<Dataset<Row>> replaced)
            throws IOException;

    /** The rows that {@link #write} has written; empty if there are none. */
    Optional<Dataset<Row>> written(String run, Attempt attempt) throws IOException;

    /**
     * Stores a run's record, unless it has one: it is finished.
     *
     * @return whether the record is this one
     * @throws TableException if another run was finished since this table was opened
     */
    boolean commit(String run, String record) throws IOException;

    /** Removes the rows of an attempt that will not be committed, by that attempt itself. */
    void discard(String run, Attempt attempt) throws IOException;

    /** Removes what other attempts at a finished run have left and can no longer commit. */
    void clean(String run, RunRecord record) throws IOException;
}
