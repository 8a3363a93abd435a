package io.swinlake.spark.inference;

import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;

/**
 * Whether Spark wants a task to stop, or has ended it: a thread that feeds a Python worker goes on reading its rows then.
 * Spark sets a flag and interrupts the task's thread only where it is told to, so whoever waits has to look at the flag from
 * time to time.
 */
final class Cancellation {
    private static final long LOOK_MILLIS = 100;

    private final BooleanSupplier killed;

    Cancellation(BooleanSupplier killed) {
        this.killed = killed;
    }

    static Cancellation of(TaskContext task) {
        return new Cancellation(() -> task.isInterrupted() || task.isCompleted());
    }

    /** @throws TaskKilledException if the task is to stop */
    void check() {
        if (killed.getAsBoolean()) {
            throw new TaskKilledException("the task was killed or has ended");
        }
    }

    /**
     * Waits for a result.
     *
     * @throws ExecutionException if there will be none
     * @throws TaskKilledException if the task is to stop
     */
    <T> T await(Future<T> result) throws ExecutionException {
        while (true) {
            check();
            try {
                return result.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                // looks at the flag again
            } catch (CancellationException e) { // by the task's end, most likely
                check();
                throw e;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new TaskKilledException("the task was interrupted");
            }
        }
    }
}
