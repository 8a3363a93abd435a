package io.swinlake.spark.inference;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.ObjLongConsumer;

/**
 * How long the thread of a task is at each stage of its images. All of its time belongs to some stage, so the stages add up to
 * the task: what other threads do meanwhile, such as reading ahead, counts only as far as the task waits for it.
 */
public final class StageClock {
    /** Where the time goes. */
    public enum Stage {
        /** Waiting for the image's bytes. */
        READ,
        DECODE,
        RESIZE,
        /** The network, and making rows of its scores. */
        FORWARD,
        /** What becomes of the rows: their columns, and the file that they go to. */
        WRITE,
        /** Once for each task: opening the output, and waiting for the executor's model. */
        START;

        /** As summaries name it. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Map<Stage, Long> nanos = new EnumMap<>(Stage.class);
    private long mark = System.nanoTime();

    /** Gives the time since the last call, or since this was made, to a stage. */
    void endOf(Stage stage) {
        long now = System.nanoTime();
        nanos.merge(stage, now - mark, Long::sum);
        mark = now;
    }

    /** Nanoseconds by the word of their stage. */
    void report(ObjLongConsumer<String> sums) {
        nanos.forEach((stage, time) -> sums.accept(stage.word(), time));
    }
}
