package io.swinlake.spark.inference;

import io.swinlake.PublicApi;
import java.io.Serializable;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;
import org.apache.spark.SparkContext;
import org.apache.spark.TaskContext;
import org.apache.spark.util.CollectionAccumulator;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.TaskCompletionListener;

/**
 * How often each word was counted by the tasks that have ended, such as {@code decode/truncated}. Exact for a job whose rows
 * are written straight away: Spark counts the one successful attempt of each task of a result stage.
 *
 * <p>What travels to the driver are Java's and Spark's own classes: a Connect server that got our jar from its client knows no
 * other there.
 */
@PublicApi(since = "0.1.0")
public final class OutcomeCounts implements Serializable {
    /** The word for an image that became predictions and an embedding. */
    public static final String OK = "ok";

    private static final long serialVersionUID = 1L;

    /** One map for each task. Without a name, under which Spark would write all of them into its log of events each time. */
    private final CollectionAccumulator<SortedMap<String, Long>> tasks = new CollectionAccumulator<>();

    /** Of all words, for Spark's own pages and logs. */
    private final LongAccumulator sum = new LongAccumulator();

    private OutcomeCounts() {}

    /**
     * Counts nothing yet.
     *
     * @param context whose tasks will count
     * @param name of their sum in Spark's pages, where each stage shows it
     * @return what they count with
     */
    public static OutcomeCounts of(SparkContext context, String name) {
        OutcomeCounts counts = new OutcomeCounts();
        context.register(counts.sum, name);
        context.register(counts.tasks);
        return counts;
    }

    /** What counts the words of a task until it ends, from any of its threads. */
    Consumer<String> ofTask(TaskContext task) {
        ObjLongConsumer<String> sums = sumsOfTask(task);
        return word -> sums.accept(word, 1);
    }

    /** The same for words that count more than once at a time. */
    ObjLongConsumer<String> sumsOfTask(TaskContext task) {
        SortedMap<String, Long> counts = Collections.synchronizedSortedMap(new TreeMap<>());
        task.addTaskCompletionListener((TaskCompletionListener) ended -> {
            tasks.add(counts);
            sum.add(counts.values().stream().mapToLong(Long::longValue).sum());
        });
        return (word, count) -> counts.merge(word, count, Long::sum);
    }

    /**
     * {@return how often each word was counted}
     */
    public SortedMap<String, Long> value() {
        SortedMap<String, Long> counts = new TreeMap<>();
        for (SortedMap<String, Long> task : tasks.value()) {
            task.forEach((word, count) -> counts.merge(word, count, Long::sum));
        }
        return Collections.unmodifiableSortedMap(counts);
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
