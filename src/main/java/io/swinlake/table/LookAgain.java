package io.swinlake.table;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts that do not add up are taken again before they are believed: a store, or a cache before it, may list for seconds what it
 * held a moment ago. S3 itself has not since 2020.
 */
final class LookAgain {
    private static final Logger LOG = LoggerFactory.getLogger(LookAgain.class);

    private static final List<Integer> PAUSES_IN_SECONDS = List.of(1, 2, 4);

    private LookAgain() {}

    /** Something that lists files and may find fewer than there are. */
    interface Look<T, E extends Exception> {
        T look() throws E;
    }

    /**
     * The first look that does not end with a {@link TableException}, or the last one.
     *
     * @param look lists anew each time
     */
    static <T, E extends Exception> T untilItAddsUp(Look<T, E> look) throws E {
        for (int seconds : PAUSES_IN_SECONDS) {
            try {
                return look.look();
            } catch (TableException e) {
                LOG.warn("{}; it is looked at again in {} s, in case the store lists late", e.getMessage(), seconds);
                pause(seconds);
            }
        }
        return look.look();
    }

    private static void pause(int seconds) {
        try {
            TimeUnit.SECONDS.sleep(seconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
