package io.swinlake.spark.inference;

import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The threads that wait for storage, one pool for all tasks of this JVM. */
final class FetchPool {
    /** Stays below the 96 connections that S3A opens to a bucket; threads that wait cost no core. */
    private static final int THREADS = 64;

    private static final long IDLE_SECONDS = 30;

    private static final ThreadPoolExecutor POOL = pool();

    private FetchPool() {}

    private static ThreadPoolExecutor pool() {
        AtomicInteger number = new AtomicInteger();
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                THREADS, THREADS, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    // Made by the task that needs it: class loader and Hadoop user are those of the executor's tasks.
                    Thread thread = new Thread(task, "swinlake-fetch-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    /** Starts a read; in turn, when all threads are busy. */
    static <T> Future<T> submit(Callable<T> read) {
        return POOL.submit(read);
    }

    /** Threads that read now. */
    static int busy() {
        return POOL.getActiveCount();
    }
}
