package io.swinlake.runtime.batch;

import io.swinlake.runtime.device.DeviceHealth;
import io.swinlake.runtime.device.Target;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/** The scorer of a CPU: each task runs its own batches on its own thread, so that tasks keep all cores busy without waiting. */
public final class TaskScorer implements Scorer {
    private final BatchRunner batches;
    private final int batchSize;
    private final Consumer<BatchRunner> giveBack;
    private final List<PendingImage> waiting = new ArrayList<>();
    private boolean running; // this and the next: guarded by this
    private boolean closed;

    /** On a device that only this task uses. */
    public TaskScorer(Forward forward, Target target, int batchSize) {
        this(new BatchRunner(forward, target, new BatchLimit(), new DeviceHealth()), batchSize, unused -> {});
    }

    /**
     * On batches that other tasks have used.
     *
     * @param giveBack receives the batches, with their buffer, when the task has ended and no run of them is going on
     */
    public TaskScorer(BatchRunner batches, int batchSize, Consumer<BatchRunner> giveBack) {
        this.batches = batches;
        this.batchSize = batchSize;
        this.giveBack = giveBack;
    }

    @Override
    public int window() {
        return batchSize;
    }

    @Override
    public Future<ImageScores> submit(ByteBuffer pixels) {
        PendingImage image = PendingImage.of(pixels);
        waiting.add(image);
        if (waiting.size() == batchSize) {
            flush();
        }
        return image.scores();
    }

    @Override
    public void flush() {
        if (waiting.isEmpty()) {
            return;
        }
        begin();
        try {
            batches.run(waiting, batchSize);
            waiting.clear();
        } finally {
            end();
        }
    }

    private synchronized void begin() {
        if (closed) {
            throw new CancellationException("the task has ended");
        }
        running = true;
    }

    private void end() {
        boolean isLast;
        synchronized (this) {
            running = false;
            isLast = closed;
        }
        if (isLast) {
            giveBack.accept(batches);
        }
    }

    /** A task may end while a thread that reads behind it is in a run: then that thread gives the batches back. */
    @Override
    public void close() {
        boolean isLast;
        synchronized (this) {
            isLast = !running && !closed;
            closed = true;
        }
        if (isLast) {
            giveBack.accept(batches);
        }
    }
}
