package io.swinlake.runtime.batch;

/**
 * How many images a device takes at once. Halved when it runs out of memory; doubled again after many good batches, in case
 * the memory was another process's, and after ever more of them, in case it was not. Thread-safe.
 */
public final class BatchLimit {
    private static final int MAX = 1 << 16;
    private static final int FIRST_PATIENCE = 64;
    private static final int LAST_PATIENCE = 1 << 14;

    private int limit = MAX;
    private int patience = FIRST_PATIENCE;
    private int good;

    /** The part of a wanted batch that the device takes. */
    synchronized int of(int wanted) {
        return Math.min(wanted, limit);
    }

    /** A batch of this size ran out of memory. */
    synchronized void exceededBy(int batch) {
        if (limit != MAX) {
            patience = Math.min(2 * patience, LAST_PATIENCE);
        }
        limit = Math.max(1, Math.min(limit, batch / 2));
        good = 0;
    }

    /** A batch of this size ran. */
    synchronized void passedBy(int batch) {
        if (batch < limit || limit == MAX) {
            return; // tells nothing about the limit
        }
        good++;
        if (good == patience) {
            limit = Math.min(2 * limit, MAX);
            good = 0;
        }
    }
}
