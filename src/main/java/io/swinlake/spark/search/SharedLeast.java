package io.swinlake.spark.search;

import io.swinlake.search.LeastSimilarities;
import java.util.Map;
import java.util.WeakHashMap;

/** What the tasks of a process know together of a batch of queries, as long as the batch is held there. */
public final class SharedLeast {
    /** By the batch's array itself: arrays are equal only to themselves. */
    private static final Map<float[], LeastSimilarities> OF_BATCHES = new WeakHashMap<>();

    private SharedLeast() {}

    /**
     * The same for all tasks of this process.
     *
     * @param batch elements of the queries, as a broadcast holds them
     */
    public static LeastSimilarities of(float[] batch, int queries) {
        synchronized (OF_BATCHES) {
            return OF_BATCHES.computeIfAbsent(batch, key -> new LeastSimilarities(queries));
        }
    }
}
