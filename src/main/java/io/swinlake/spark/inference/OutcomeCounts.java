package io.swinlake.spark.inference;

import io.swinlake.PublicApi;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.spark.util.AccumulatorV2;

/**
 * How often each word was counted by the tasks, such as {@code decode/truncated}. Exact for a job whose rows are written
 * straight away: Spark counts the one successful attempt of each task of a result stage.
 */
@PublicApi(since = "0.1.0")
public final class OutcomeCounts extends AccumulatorV2<String, SortedMap<String, Long>> {
    /** The word for an image that became predictions and an embedding. */
    public static final String OK = "ok";

    private final TreeMap<String, Long> counts = new TreeMap<>();

    /** Counts nothing yet. */
    public OutcomeCounts() {}

    @Override
    public synchronized boolean isZero() {
        return counts.isEmpty();
    }

    @Override
    public synchronized OutcomeCounts copy() {
        OutcomeCounts copy = new OutcomeCounts();
        copy.counts.putAll(counts);
        return copy;
    }

    @Override
    public synchronized void reset() {
        counts.clear();
    }

    @Override
    public synchronized void add(String word) {
        counts.merge(word, 1L, Long::sum);
    }

    @Override
    public synchronized void merge(AccumulatorV2<String, SortedMap<String, Long>> other) {
        other.value().forEach((word, count) -> counts.merge(word, count, Long::sum));
    }

    @Override
    public synchronized SortedMap<String, Long> value() {
        return Collections.unmodifiableSortedMap(new TreeMap<>(counts));
    }

    /** {@return everything counted, whatever the word} */
    public long total() {
        return value().values().stream().mapToLong(Long::longValue).sum();
    }

    /**
     * How often one word was counted.
     *
     * @param word {@code ok}, or {@code stage/code} of an error
     * @return how often it was counted
     */
    public long count(String word) {
        return value().getOrDefault(word, 0L);
    }
}
