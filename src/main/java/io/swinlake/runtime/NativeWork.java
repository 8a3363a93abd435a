package io.swinlake.runtime;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What libtorch computes, so that the process can wait for it when it is told to end: an executor that is sent away, Ctrl-C.
 * The libraries' destructors run then, and a forward that is still going on would crash.
 */
final class NativeWork {
    private static final Logger LOG = LoggerFactory.getLogger(NativeWork.class);
    private static final int LONGEST_SECONDS = 30;

    /** Many compute at once, until the exit takes the lock for itself. */
    private static final ReentrantReadWriteLock LOCK = new ReentrantReadWriteLock();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(NativeWork::stop, "swinlake-exit"));
    }

    private NativeWork() {}

    /** Computes something. Does not return, nor begin, when the process is ending. */
    static <T> T run(Supplier<T> work) {
        LOCK.readLock().lock();
        try {
            return work.get();
        } finally {
            LOCK.readLock().unlock();
        }
    }

    /** Waits for the work that has begun and lets no more begin: the lock is kept. */
    private static void stop() {
        try {
            if (!LOCK.writeLock().tryLock(LONGEST_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("libtorch still computes after {} s: it may crash now", LONGEST_SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
