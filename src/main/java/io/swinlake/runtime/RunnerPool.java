package io.swinlake.runtime;

import io.swinlake.model.SwinModel;
import io.swinlake.runtime.batch.BatchLimit;
import io.swinlake.runtime.batch.BatchRunner;
import io.swinlake.runtime.batch.DynamicBatcher;
import io.swinlake.runtime.batch.Scorer;
import io.swinlake.runtime.batch.TaskScorer;
import io.swinlake.runtime.device.DeviceHealth;
import io.swinlake.runtime.device.Target;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The runners of this JVM: one per model, device and precision, shared by all tasks. Who needs one takes a lease and closes
 * it; a runner that nobody has leased for a minute is closed, so that the tasks of one job, or of the next one, find it loaded.
 * One whose device broke is leased to nobody any more.
 */
public final class RunnerPool {
    private static final long IDLE_SECONDS = 60;

    private static final Logger LOG = LoggerFactory.getLogger(RunnerPool.class);

    private static final Map<Key, Entry> ENTRIES = new HashMap<>();
    private static final AtomicLong LOADS = new AtomicLong();
    private static final ScheduledExecutorService CLOSER = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "swinlake-runner-pool");
        thread.setDaemon(true);
        return thread;
    });

    record Key(String model, Target target, List<Integer> stages) {}

    private static final class Entry {
        private final Target target;
        private Runner runner; // null until the first lease has loaded it
        private Optional<DynamicBatcher> batcher = Optional.empty(); // of a GPU
        private final BatchLimit limit = new BatchLimit();
        private final DeviceHealth health = new DeviceHealth();

        // Of tasks that have ended: the memory of a direct buffer that is thrown away stays until the garbage collector
        // comes across it, which may be long.
        private final Queue<BatchRunner> idle = new ConcurrentLinkedQueue<>();
        private int users; // leases, and batches that are not idle: a run may outlast its task
        private long idleSince;

        private Entry(Target target) {
            this.target = target;
        }

        private void load(Supplier<Runner> open) {
            Runner loaded = open.get();
            if (target.isCuda()) {
                batcher = Optional.of(new DynamicBatcher(loaded, target, health));
            }
            runner = loaded;
            LOADS.incrementAndGet();
        }

        private Scorer scorer(int batchSize) {
            if (batcher.isPresent()) {
                return batcher.get().open(batchSize);
            }
            BatchRunner known = idle.poll();
            BatchRunner batches = known != null ? known : new BatchRunner(runner, target, limit, health);
            users++;
            return new TaskScorer(batches, batchSize, ended -> {
                idle.add(ended);
                release(this);
            });
        }

        private void close() {
            try {
                batcher.ifPresent(DynamicBatcher::close); // its threads use the runner
                if (runner != null) {
                    runner.close();
                }
            } catch (RuntimeException e) { // a device that is lost may refuse that too; nobody else can do it
                LOG.warn("{}: a runner could not be closed: its memory stays with this process", target, e);
            }
        }
    }

    private RunnerPool() {}

    /** The right to use a runner until it is closed. */
    public static final class Lease implements AutoCloseable {
        private final Entry entry;
        private final List<Scorer> scorers = new ArrayList<>();
        private boolean closed;

        private Lease(Entry entry) {
            this.entry = entry;
        }

        Runner runner() {
            return entry.runner;
        }

        /**
         * A way to run images for one thread; closed with the lease. On a GPU all of an executor's fill the same batches.
         *
         * @param batchSize images per forward
         * @throws CancellationException if this is closed
         */
        public Scorer scorer(int batchSize) {
            synchronized (ENTRIES) {
                if (closed) {
                    throw new CancellationException("the task has ended");
                }
                Scorer scorer = entry.scorer(batchSize);
                scorers.add(scorer);
                return scorer;
            }
        }

        /** Gives the runner back; a second call does nothing. */
        @Override
        public void close() {
            synchronized (ENTRIES) {
                if (!closed) {
                    closed = true;
                    scorers.forEach(Scorer::close);
                    release(entry);
                }
            }
        }
    }

    /**
     * A runner of this model: the one that is loaded, or, if there is none, a new one. Tasks that ask for the same runner
     * while it is loading wait for it.
     *
     * @param modelKey names the model with everything it is compiled from: weights, config and recipe
     * @param stages whose pooled output is wanted besides the embedding, counted from 0
     * @param model called only if the runner has to be loaded
     */
    public static Lease lease(String modelKey, Target target, List<Integer> stages, Supplier<SwinModel> model) {
        return lease(new Key(modelKey, target, stages), () -> open(model.get(), target, stages));
    }

    private static Runner open(SwinModel model, Target target, List<Integer> stages) {
        long start = System.nanoTime();
        Runner runner = SwinRunner.open(model, target, stages);
        LOG.info(
                "{} on {}{}, compiled and loaded in {} ms",
                model.name(),
                target,
                target.isCuda() && CudaDevices.standIns() > 0 ? " (a test's, which is the CPU)" : "",
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
        return runner;
    }

    /** As {@link #lease(String, Target, List, Supplier)}, with the runner that is opened if there is none. */
    static Lease lease(Key key, Supplier<Runner> open) {
        Entry entry;
        synchronized (ENTRIES) {
            closeIfBroken(key);
            entry = ENTRIES.computeIfAbsent(key, k -> new Entry(k.target()));
            entry.users++;
        }
        Lease lease = new Lease(entry);
        try {
            synchronized (entry) {
                if (entry.runner == null) {
                    entry.load(open);
                }
            }
            return lease;
        } catch (RuntimeException | Error e) {
            lease.close();
            throw e;
        }
    }

    private static void closeIfBroken(Key key) {
        Entry entry = ENTRIES.get(key);
        if (entry != null && entry.health.isBroken()) {
            ENTRIES.remove(key);
            if (entry.users == 0) { // else it is closed with its last user
                CLOSER.execute(entry::close);
            }
        }
    }

    /** How many runners this JVM has loaded since it started. */
    public static long loadCount() {
        return LOADS.get();
    }

    private static void release(Entry entry) {
        synchronized (ENTRIES) {
            entry.users--;
            entry.idleSince = System.nanoTime();
            if (entry.users > 0) {
                return;
            }
            if (entry.health.isBroken()) {
                ENTRIES.values().remove(entry);
                CLOSER.execute(entry::close); // not by the task: the device may take its time
            } else {
                var unused = CLOSER.schedule(RunnerPool::closeIdle, IDLE_SECONDS, TimeUnit.SECONDS);
            }
        }
    }

    private static void closeIdle() {
        List<Entry> closing = new ArrayList<>();
        synchronized (ENTRIES) {
            for (Iterator<Entry> entries = ENTRIES.values().iterator(); entries.hasNext(); ) {
                Entry entry = entries.next();
                boolean idle = System.nanoTime() - entry.idleSince >= TimeUnit.SECONDS.toNanos(IDLE_SECONDS);
                if (entry.users == 0 && idle) {
                    entries.remove();
                    closing.add(entry);
                }
            }
        }
        closing.forEach(Entry::close);
    }
}
