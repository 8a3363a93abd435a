package io.swinlake.spark;

import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.sql.SparkSession;
import scala.collection.JavaConverters;

/** How many images the network has computed, by the counts that every stage reports. */
final class Forwards extends SparkListener {
    private final AtomicLong images = new AtomicLong();

    private Forwards() {}

    static long of(SparkSession spark, Runnable query) throws TimeoutException {
        Forwards forwards = new Forwards();
        spark.sparkContext().addSparkListener(forwards);
        try {
            query.run();
            spark.sparkContext().listenerBus().waitUntilEmpty();
        } finally {
            spark.sparkContext().removeSparkListener(forwards);
        }
        return forwards.images.get();
    }

    @Override
    public void onStageCompleted(SparkListenerStageCompleted stage) {
        JavaConverters.asJavaCollection(stage.stageInfo().accumulables().values()).stream()
                .filter(counts -> counts.name().contains("swinlake: images"))
                .forEach(count -> images.addAndGet((Long) count.value().get()));
    }
}
