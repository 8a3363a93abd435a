package io.swinlake.table;

/**
 * How far a run is when an attempt at it begins.
 *
 * @param run its id
 * @param objects listed
 * @param bytes of all objects together
 * @param unchanged objects whose rows the table has
 * @param done objects whose rows an earlier attempt has computed
 * @param missing objects to compute
 */
public record RunPlan(String run, int objects, long bytes, int unchanged, int done, int missing) {
    @Override
    public String toString() {
        return "run %s: %s objects of %s bytes; %s unchanged, %s done by an earlier attempt, %s to compute"
                .formatted(run, objects, bytes, unchanged, done, missing);
    }
}
