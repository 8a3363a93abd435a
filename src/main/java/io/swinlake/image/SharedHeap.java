package io.swinlake.image;

import java.util.concurrent.Semaphore;

/**
 * The heap that all tasks of a JVM decode into. Who decodes first says how much it needs and waits until that is free, so
 * that many large images are decoded one after another. One that finds the heap full all the same has perhaps met what
 * other code keeps there: it tries again with all of the budget, when nobody else decodes.
 */
public final class SharedHeap {
    private static final long HEAP = Runtime.getRuntime().maxMemory();

    /** Half of the heap, in kilobytes: the other half is that of Spark, of files read ahead and of what is garbage. */
    private static final int BUDGET = (int) Math.min(Integer.MAX_VALUE / 2, (HEAP / 2) >> 10);

    /** An image that takes more of the heap than this is not tried: three quarters. */
    private static final long MOST_BYTES = HEAP / 4 * 3;

    /** First come, first served: a large image is not overtaken for ever by small ones. */
    private static final Semaphore FREE = new Semaphore(BUDGET, true);

    private SharedHeap() {}

    /** What is done with an image from its encoded bytes to the network's input. */
    @FunctionalInterface
    public interface Work {
        void run(Share share) throws ImageException;
    }

    /** What one piece of work has of the budget. */
    public static final class Share {
        private int kilobytes;

        private Share(int kilobytes) {
            this.kilobytes = kilobytes;
            FREE.acquireUninterruptibly(kilobytes);
        }

        /**
         * Waits until the memory for an image is free. Nothing may have been allocated for it before.
         *
         * @param heapBytes the most that will be in use at once
         * @param nativeBytes the same outside of the heap: counted, as memory is short there too, but no reason to refuse
         * @throws ImageException if the heap could never hold it
         */
        public void reserve(String what, long heapBytes, long nativeBytes) throws ImageException {
            if (heapBytes > MOST_BYTES) {
                throw doesNotFit(what);
            }
            int wanted = (int) Math.min(BUDGET, ((heapBytes + nativeBytes) >> 10) + 1);
            if (wanted > kilobytes) {
                release(); // who waits holds nothing: no two can wait for each other
                FREE.acquireUninterruptibly(wanted);
                kilobytes = wanted;
            }
        }

        private void release() {
            FREE.release(kilobytes);
            kilobytes = 0;
        }
    }

    /**
     * Does the work, beside others or, if the heap is too small for all, alone.
     *
     * @param work may be done twice
     * @throws ImageException of the work, or what else ended it; {@link ErrorCode#OUT_OF_MEMORY} only if it fails alone
     */
    public static void use(Work work) throws ImageException {
        try {
            use(work, 1);
        } catch (ImageException e) {
            if (e.code() != ErrorCode.OUT_OF_MEMORY || e.getCause() == null) {
                throw e;
            }
            use(work, BUDGET); // what the first attempt had is garbage now
        }
    }

    private static void use(Work work, int kilobytes) throws ImageException {
        Share share = new Share(kilobytes);
        try {
            work.run(share);
        } catch (RuntimeException | Error e) {
            throw ImageException.of("the image cannot be decoded and resized", e);
        } finally {
            share.release();
        }
    }

    private static ImageException doesNotFit(String what) {
        return new ImageException(
                ErrorCode.OUT_OF_MEMORY,
                "%s does not fit into the heap of %d MB: give the executor more, or lower maxPixels",
                what,
                HEAP >> 20);
    }

    /** The row of an image for which the heap had no room. */
    static ImageException doesNotFit(String what, OutOfMemoryError cause) {
        ImageException exception = doesNotFit(what);
        exception.initCause(cause);
        return exception;
    }
}
