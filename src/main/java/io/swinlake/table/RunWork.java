package io.swinlake.table;

import java.util.Optional;
import java.util.SortedMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/** What a run computes. Whoever knows images and models gives it to {@link Runs}, which needs to know neither. */
public interface RunWork {
    RunObjects objects();

    RunRecord.Model model();

    /** Columns of {@link #compute}'s rows. */
    StructType schema();

    /**
     * One row for each object, also for one that cannot be used: it has its error.
     *
     * @param objects as {@link RunObjects#toDataset} gives them
     */
    Dataset<Row> compute(Dataset<Row> objects);

    /** Tasks by the device that they ran on, so far. */
    SortedMap<String, Long> devices();

    /** Rows by {@code stage/code} of their error, so far, under {@code ok} those without one. */
    SortedMap<String, Long> outcomes();

    /** Rows, so far, of images whose bytes were those of another that was computed here, with that one's result. */
    default long reused() {
        return 0;
    }

    /** How fast the stages were; empty where nothing was computed. */
    default Optional<RunRecord.Throughput> throughput() {
        return Optional.empty();
    }

    /** Told when it is known how much there is to compute. */
    default void begins(Plan plan) {}

    /** Told when all is computed, or nothing more will be. */
    default void ends() {}

    /** Told at each step of the attempt. */
    default void reached(Step step) {}

    /**
     * How far a run is when an attempt at it begins.
     *
     * @param run its id
     * @param noun what messages call objects
     * @param objects listed
     * @param bytes of all objects together
     * @param unchanged objects whose rows the table has
     * @param done objects whose rows an earlier attempt has computed
     * @param reused objects that take the result of another of the same content
     * @param missing objects to compute
     */
    record Plan(
            String run, String noun, long objects, long bytes, long unchanged, long done, long reused, long missing) {
        @Override
        public String toString() {
            return "run %s: %s %s of %s bytes; %s unchanged, %s done by an earlier attempt, %s%s to compute"
                    .formatted(
                            run,
                            objects,
                            noun,
                            bytes,
                            unchanged,
                            done,
                            reused == 0 ? "" : reused + " moved or copied, ",
                            missing);
        }
    }
}
