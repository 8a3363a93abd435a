package io.swinlake.image;

import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * The heap that all tasks of a JVM decode into. One that finds it full has perhaps only met a neighbour's large image: it
 * tries again when those that decode have come to their end, and nobody else decodes meanwhile.
 */
public final class SharedHeap {
    private static final ReentrantReadWriteLock TURNS = new ReentrantReadWriteLock();

    private SharedHeap() {}

    /** What is done with an image from its encoded bytes to the network's input. */
    @FunctionalInterface
    public interface Work {
        void run() throws ImageException;
    }

    /**
     * Does the work, beside others or, if the heap is too small for all, alone.
     *
     * @param work may be done twice
     * @throws ImageException of the work; {@link ErrorCode#OUT_OF_MEMORY} only if it fails alone
     */
    public static void use(Work work) throws ImageException {
        try {
            use(work, TURNS.readLock());
        } catch (ImageException e) {
            if (e.code() != ErrorCode.OUT_OF_MEMORY) {
                throw e;
            }
            use(work, TURNS.writeLock()); // what the first attempt had is garbage now
        }
    }

    private static void use(Work work, Lock turn) throws ImageException {
        turn.lock();
        try {
            work.run();
        } catch (OutOfMemoryError e) {
            throw ImageDecoder.doesNotFit("the image", e);
        } finally {
            turn.unlock();
        }
    }
}
