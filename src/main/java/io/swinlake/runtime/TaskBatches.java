package io.swinlake.runtime;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;

/** The scorer of a CPU: each task runs its own batches on its own thread, so that tasks keep all cores busy without waiting. */
public final class TaskBatches implements Scorer {
    private final Batches batches;
    private final int batchSize;
    private final List<Submission> waiting = new ArrayList<>();

    /** On a device that only this task uses. */
    public TaskBatches(Forward forward, Target target, int batchSize) {
        this(forward, target, batchSize, new BatchLimit());
    }

    /** @param limit shared by the tasks of a device */
    TaskBatches(Forward forward, Target target, int batchSize, BatchLimit limit) {
        this.batches = new Batches(forward, target, limit);
        this.batchSize = batchSize;
    }

    @Override
    public int window() {
        return batchSize;
    }

    @Override
    public Future<ImageScores> submit(ByteBuffer pixels) {
        Submission image = Submission.of(pixels);
        waiting.add(image);
        if (waiting.size() == batchSize) {
            flush();
        }
        return image.scores();
    }

    @Override
    public void flush() {
        if (!waiting.isEmpty()) {
            batches.run(waiting, batchSize);
            waiting.clear();
        }
    }

    @Override
    public void close() {
        waiting.clear();
    }
}
