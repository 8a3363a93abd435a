package io.swinlake.runtime;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/** The scorer of a CPU: each task runs its own batches on its own thread, so that tasks keep all cores busy without waiting. */
public final class TaskBatches implements Scorer {
    private final Batches batches;
    private final int batchSize;
    private final Consumer<Batches> giveBack;
    private final List<Submission> waiting = new ArrayList<>();

    /** On a device that only this task uses. */
    public TaskBatches(Forward forward, Target target, int batchSize) {
        this(new Batches(forward, target, new BatchLimit()), batchSize, unused -> {});
    }

    /** @param giveBack receives the batches, with their buffer, when the task has ended */
    TaskBatches(Batches batches, int batchSize, Consumer<Batches> giveBack) {
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
        giveBack.accept(batches);
    }
}
