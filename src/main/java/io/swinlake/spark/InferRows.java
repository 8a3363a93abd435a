package io.swinlake.spark;

import io.swinlake.model.SwinModel;
import io.swinlake.runtime.RunnerPool;
import io.swinlake.runtime.Target;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.util.SerializableConfiguration;
import org.apache.spark.util.TaskCompletionListener;

/** What a task does: {@link RowBatches} over its rows, on the executor's one model for the task's device. */
final class InferRows implements MapPartitionsFunction<Row, Row> {
    /** Micro-batches keep a CPU core's activations in its cache; a GPU wants more work at once. */
    private static final int CPU_BATCH = 8;

    private static final int GPU_BATCH = 32;

    private final InferSettings settings;
    private final Broadcast<byte[]> model;
    private final Broadcast<SerializableConfiguration> hadoopConfiguration;
    private final OutcomeCounts outcomes;
    private final OutcomeCounts devices;

    InferRows(
            InferSettings settings,
            Broadcast<byte[]> model,
            Broadcast<SerializableConfiguration> hadoopConfiguration,
            OutcomeCounts outcomes,
            OutcomeCounts devices) {
        this.settings = settings;
        this.model = model;
        this.hadoopConfiguration = hadoopConfiguration;
        this.outcomes = outcomes;
        this.devices = devices;
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
        TaskContext task = TaskContext.get();
        Target target = new Target(settings.device().forTask(task), settings.precision());
        return new RowBatches(
                rows,
                settings,
                batchSize(target),
                new PixelReader(settings, hadoopConfiguration.value().value()),
                () -> lease(task, target),
                outcomes::add,
                task::isInterrupted);
    }

    private int batchSize(Target target) {
        if (settings.batchSize() != InferSettings.AUTO) {
            return settings.batchSize();
        }
        return target.device().equals("cpu") ? CPU_BATCH : GPU_BATCH;
    }

    /** Takes the executor's runner, compiling the model if this is the first task to ask, and returns it when the task ends. */
    private Forward lease(TaskContext task, Target target) {
        Supplier<SwinModel> open =
                () -> SwinModel.fromSafetensors(settings.modelName(), ByteBuffer.wrap(model.value()));
        RunnerPool.Lease lease = RunnerPool.lease(settings.modelKey(), target, stagesFromZero(), open);
        task.addTaskCompletionListener((TaskCompletionListener) ended -> lease.close());
        devices.add(target.device());
        return lease.runner()::run;
    }

    private List<Integer> stagesFromZero() {
        return settings.stages().stream().map(stage -> stage - 1).toList();
    }
}
