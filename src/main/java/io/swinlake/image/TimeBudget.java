package io.swinlake.image;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.Locale;

/**
 * The processor time that one image may take. Decoders ask as they go, at least once a row or a few kilobytes, so that one
 * which takes too long ends in their own loop and leaves nothing running. Waiting, for other tasks or a collector, is free.
 */
public final class TimeBudget {
    /** Images up to this size have the whole time, larger ones more in proportion. */
    private static final long COMMON_PIXELS = 10_000_000;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final boolean COUNTS_PROCESSOR_TIME = THREADS.isCurrentThreadCpuTimeSupported();

    private final long start = now();
    private final Duration timeout;
    private long nanos;

    private TimeBudget(Duration timeout) {
        this.timeout = timeout;
        this.nanos = timeout.toNanos();
    }

    /** Starts to count what this thread uses. */
    public static TimeBudget start(Duration timeout) {
        return new TimeBudget(timeout);
    }

    /** Gives the image the time that its size needs. */
    public void allowFor(long pixels) {
        nanos = (long) (timeout.toNanos() * Math.max(1.0, (double) pixels / COMMON_PIXELS));
    }

    /**
     * Looks whether there is time left.
     *
     * @throws ImageException with {@link ErrorCode#TOO_SLOW} if it is used up
     */
    public void check() throws ImageException {
        if (now() - start > nanos) {
            throw new ImageException(
                    ErrorCode.TOO_SLOW,
                    "%s s of processor time were not enough to decode the image: treat the file as hostile, or allow"
                            + " more",
                    String.format(Locale.ROOT, "%.1f", nanos / 1e9));
        }
    }

    private static long now() {
        return COUNTS_PROCESSOR_TIME ? THREADS.getCurrentThreadCpuTime() : System.nanoTime();
    }
}
