package io.swinlake.table;

/**
 * The steps of an attempt at a run, in their order. An attempt may end after any of them, for ever or for a day, while others
 * go on: the run has its rows exactly once all the same, because up to {@link #COMMITTED} an attempt writes to places of its
 * own only, and afterwards only what can no longer be committed is removed.
 */
enum Step {
    /** What is asked for lies in {@code _runs/ID}, and this attempt is named there as the one that began last. */
    BEGUN,
    /** Every row lies in some part of {@code _runs/ID/parts}, of this attempt or an earlier one. */
    COMPUTED,
    /** No later attempt has begun. */
    FOUND_LATEST,
    /** The rows lie in the attempt's own folder of the table, where no reader looks yet; or are merged by path. */
    WRITTEN,
    /** They were counted there: one for each object. */
    COUNTED,
    /** The record is there, and names this attempt: readers see its rows. */
    COMMITTED,
    /** What this run's attempts have left is removed. */
    CLEANED
}
