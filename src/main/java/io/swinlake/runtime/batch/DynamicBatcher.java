package io.swinlake.runtime.batch;

import io.swinlake.runtime.device.BrokenDeviceException;
import io.swinlake.runtime.device.DeviceHealth;
import io.swinlake.runtime.device.Target;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The scorer of a GPU: one for all tasks of the executor, which decode while it fills batches across them.
 *
 * <p>A batch runs when it is full; one that is not, only while the device is idle, and only when no task will add to it
 * (each waits for its scores) or its first image has waited for {@link #LINGER_MILLIS}. Two threads take turns: one copies
 * images together and hands scores out while the other has the device.
 */
public final class DynamicBatcher implements AutoCloseable {
    /** Longer than a batch takes to fill where decoding keeps up, short beside what a task that reads slowly waits anyway. */
    private static final long LINGER_MILLIS = 100;

    private static final int THREADS = 2;

    /** One batch runs, one waits for the device, one fills. */
    private static final int BATCHES_IN_FLIGHT = 3;

    private static final int MIN_WINDOW = 8;

    private final ArrayDeque<Queued> queue = new ArrayDeque<>();
    private final Set<Session> sessions = new HashSet<>();
    private final List<Thread> threads = new ArrayList<>();
    private final Object device = new Object();
    private final DeviceHealth health;
    private int running; // batches that a thread has taken and not finished
    private boolean closed;

    /** An image in the queue. */
    private record Queued(Session session, PendingImage image, long sinceNanos) {}

    /**
     * Starts the threads.
     *
     * @param forward has the device to itself while it runs
     * @param health of the device: where that breaks, all who wait for scores are told
     */
    public DynamicBatcher(Forward forward, Target target, DeviceHealth health) {
        this.health = health;
        BatchLimit limit = new BatchLimit();
        for (int i = 0; i < THREADS; i++) {
            Thread thread = new Thread(new Worker(forward, target, limit), "swinlake-" + target.device() + "-" + i);
            thread.setDaemon(true);
            threads.add(thread);
        }
        threads.forEach(Thread::start);
    }

    /** A scorer for one task. */
    public Scorer open(int batchSize) {
        Session session = new Session(batchSize);
        synchronized (this) {
            sessions.add(session);
        }
        return session;
    }

    /** One of the threads that run batches. */
    private final class Worker implements Runnable {
        private final BatchRunner batches;
        private final String name;
        private List<Queued> batch = List.of();

        Worker(Forward forward, Target target, BatchLimit limit) {
            this.batches = new BatchRunner((pixels, size) -> runAlone(forward, pixels, size), target, limit, health);
            this.name = target.device();
        }

        @Override
        public void run() {
            try {
                for (batch = take(); !batch.isEmpty(); batch = take()) {
                    runBatch();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                fail(health.broken(BrokenDeviceException.unattended(name, e)));
            } catch (RuntimeException | Error e) { // out of memory: whoever waits would wait forever
                fail(health.broken(BrokenDeviceException.unattended(name, e)));
            }
        }

        private void runBatch() {
            try {
                batches.run(
                        batch.stream().map(Queued::image).toList(), batch.get(0).session().batchSize);
            } catch (BrokenDeviceException e) {
                fail(e);
                fail(batch, e);
            } catch (RuntimeException | Error e) {
                fail(batch, e);
            } finally {
                finished();
            }
        }

        private Scores runAlone(Forward forward, ByteBuffer pixels, int size) {
            try {
                synchronized (device) {
                    return forward.run(pixels, size);
                }
            } finally {
                resume(batch); // before they get their scores: a task that waits again after that says so again
            }
        }
    }

    /** Waits for a batch; an empty one when the batcher is closed. */
    private synchronized List<Queued> take() throws InterruptedException {
        while (!isDue()) {
            if (closed) {
                return List.of();
            }
            if (queue.isEmpty() || running > 0) {
                wait();
            } else {
                wait(Math.max(1, LINGER_MILLIS - waitedMillis()));
            }
        }
        int full = queue.element().session().batchSize;
        List<Queued> batch = new ArrayList<>(full);
        while (batch.size() < full && !queue.isEmpty()) {
            batch.add(queue.remove());
        }
        running++;
        return batch;
    }

    /** Tells all who wait that the device computes nothing any more. */
    private synchronized void fail(BrokenDeviceException broken) {
        fail(queue, broken);
        queue.clear();
        notifyAll();
    }

    private static void fail(Collection<Queued> images, Throwable failure) {
        images.forEach(queued -> queued.image().scores().completeExceptionally(failure));
    }

    private synchronized void resume(List<Queued> batch) {
        batch.forEach(queued -> queued.session().flushed = false);
    }

    private boolean isDue() {
        if (queue.isEmpty()) {
            return false;
        }
        boolean isFull = queue.size() >= queue.element().session().batchSize;
        boolean nothingFollows = sessions.stream().allMatch(session -> session.flushed);
        return isFull || (running == 0 && (nothingFollows || waitedMillis() >= LINGER_MILLIS));
    }

    private long waitedMillis() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - queue.element().sinceNanos());
    }

    private synchronized void finished() {
        running--;
        notifyAll();
    }

    /** Lets the batch that runs come to its end, and then the threads. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            queue.forEach(queued -> queued.image().scores().cancel(false));
            queue.clear();
            notifyAll();
        }
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** One task's side. Its fields are guarded by the batcher. */
    private final class Session implements Scorer {
        private final int batchSize;
        private boolean flushed; // waits for scores: adds nothing to the batch

        private Session(int batchSize) {
            this.batchSize = batchSize;
        }

        @Override
        public int window() {
            synchronized (DynamicBatcher.this) {
                int tasks = Math.max(1, sessions.size());
                return Math.max(MIN_WINDOW, (BATCHES_IN_FLIGHT * batchSize + tasks - 1) / tasks);
            }
        }

        @Override
        public Future<ImageScores> submit(ByteBuffer pixels) {
            PendingImage image = PendingImage.of(pixels);
            synchronized (DynamicBatcher.this) {
                if (closed || !sessions.contains(this)) {
                    throw new CancellationException(closed ? "the device was closed" : "the task has ended");
                }
                health.check();
                flushed = false;
                queue.add(new Queued(this, image, System.nanoTime()));
                DynamicBatcher.this.notifyAll();
            }
            return image.scores();
        }

        @Override
        public void flush() {
            synchronized (DynamicBatcher.this) {
                flushed = true;
                DynamicBatcher.this.notifyAll();
            }
        }

        @Override
        public void close() {
            synchronized (DynamicBatcher.this) {
                sessions.remove(this);
                queue.removeIf(queued -> queued.session() == this);
                DynamicBatcher.this.notifyAll();
            }
        }
    }
}
