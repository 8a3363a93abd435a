package io.swinlake.spark.inference;

import io.swinlake.model.SwinModel;
import io.swinlake.runtime.RunnerPool;
import io.swinlake.runtime.batch.Scorer;
import io.swinlake.runtime.device.Target;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;
import java.util.function.Supplier;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.util.SerializableConfiguration;
import org.apache.spark.util.TaskCompletionListener;

/** What a task does: {@link RowPipeline} over its rows, on the executor's one model for the task's device. */
public final class InferRows implements MapPartitionsFunction<Row, Row> {
    private final InferSettings settings;
    private final Broadcast<byte[]> model;
    private final Broadcast<SerializableConfiguration> hadoopConfiguration;
    private final OutcomeCounts outcomes;
    private final OutcomeCounts devices;
    private final OutcomeCounts times;
    private final OutcomeCounts reused;

    public InferRows(
            InferSettings settings,
            Broadcast<byte[]> model,
            Broadcast<SerializableConfiguration> hadoopConfiguration,
            OutcomeCounts outcomes,
            OutcomeCounts devices,
            OutcomeCounts times,
            OutcomeCounts reused) {
        this.settings = settings;
        this.model = model;
        this.hadoopConfiguration = hadoopConfiguration;
        this.outcomes = outcomes;
        this.devices = devices;
        this.times = times;
        this.reused = reused;
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
        TaskContext task = TaskContext.get();
        Target target = new Target(settings.device().forTask(task), settings.precision());
        Cancellation cancellation = Cancellation.of(task);
        PixelReader reader =
                new PixelReader(rows, settings, hadoopConfiguration.value().value(), cancellation);
        // Listeners are told of the end in reverse order: what counts hears of it last.
        Consumer<String> outcome = outcomes.ofTask(task);
        Consumer<String> device = devices.ofTask(task);
        ObjLongConsumer<String> sums = times.sumsOfTask(task);
        ObjLongConsumer<String> copies = reused.sumsOfTask(task);
        StageClock clock = new StageClock();
        task.addTaskCompletionListener((TaskCompletionListener) ended -> {
            clock.endOf(StageClock.Stage.WRITE);
            clock.report(sums);
        });
        RowPipeline batches =
                new RowPipeline(reader, settings, () -> lease(task, target, device), outcome, cancellation, clock);
        task.addTaskCompletionListener((TaskCompletionListener) ended -> {
            batches.close();
            copies.accept(OutcomeCounts.OK, batches.reused());
        });
        reader.start(); // Spark opens the task's output first, which takes ten requests in S3
        return batches;
    }

    /** Takes the executor's runner, compiling the model if this is the first task to ask, and returns it when the task ends. */
    private Scorer lease(TaskContext task, Target target, Consumer<String> device) {
        Supplier<SwinModel> open =
                () -> SwinModel.fromSafetensors(settings.modelName(), ByteBuffer.wrap(model.value()));
        RunnerPool.Lease lease = RunnerPool.lease(settings.modelKey(), target, stagesFromZero(), open);
        task.addTaskCompletionListener((TaskCompletionListener) ended -> lease.close());
        device.accept(target.device());
        return lease.scorer(settings.batchSize().on(target));
    }

    private List<Integer> stagesFromZero() {
        return settings.stages().stream().map(stage -> stage - 1).toList();
    }
}
