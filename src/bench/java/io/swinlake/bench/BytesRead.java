package io.swinlake.bench;

import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.executor.TaskMetrics;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.SparkSession;

/** Bytes that tasks read: of tables, of blocks on Spark's local disks, of shuffles. */
final class BytesRead extends SparkListener {
    private final AtomicLong bytes = new AtomicLong();

    /** Counts from now on. */
    static BytesRead in(SparkSession spark) {
        BytesRead counter = new BytesRead();
        spark.sparkContext().addSparkListener(counter);
        return counter;
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd end) {
        TaskMetrics metrics = end.taskMetrics();
        bytes.addAndGet(metrics.inputMetrics().bytesRead()
                + metrics.shuffleReadMetrics().remoteBytesRead()
                + metrics.shuffleReadMetrics().localBytesRead());
    }

    double gigabytes() {
        return bytes.get() / 1e9;
    }
}
