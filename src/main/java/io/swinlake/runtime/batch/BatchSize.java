package io.swinlake.runtime.batch;

import io.swinlake.runtime.device.Lowerings;
import io.swinlake.runtime.device.Target;
import io.swinlake.swin.ImageSize;
import io.swinlake.swin.SwinConfig;
import io.swinlake.torchscript.Lowering;
import java.io.Serializable;
import java.util.List;

/**
 * Images per forward on each kind of device.
 *
 * @param cpu on a CPU, per task
 * @param cuda on a GPU, over all tasks
 */
public record BatchSize(int cpu, int cuda) implements Serializable {
    /**
     * One line of the table for networks whose first stage has at most this many values per image (channels x tokens: the
     * largest activation). Micro-batches keep a CPU core's activations in its cache; a GPU needs enough work at once to
     * hide launching it, and memory bounds that from above.
     */
    private record Line(long activations, BatchSize sizes) {}

    private static final long MANY = Long.MAX_VALUE;

    private static final List<Line> TABLE = List.of(
            new Line(96 * 64 * 64, new BatchSize(4, 128)), // T and S at 224 and 256 pixels: 0.3 and 0.4 million
            new Line(192 * 64 * 64, new BatchSize(4, 64)), // B and L at 224 and 256
            new Line(192 * 96 * 96, new BatchSize(2, 32)), // B and L at 384
            new Line(MANY, new BatchSize(1, 8)));

    public BatchSize {
        if (cpu < 1 || cuda < 1) {
            throw new IllegalArgumentException("a batch has at least one image, found %s and %s".formatted(cpu, cuda));
        }
    }

    /** What the user asks for. */
    public static BatchSize fixed(int images) {
        return new BatchSize(images, images);
    }

    /** What suits a network: the one place where {@code --batch-size auto} is decided. */
    public static BatchSize auto(SwinConfig config, ImageSize input) {
        long tokens = (long) input.height() * input.width() / ((long) config.patchSize() * config.patchSize());
        long activations = tokens * config.embedDim();
        return TABLE.stream()
                .filter(line -> activations <= line.activations)
                .findFirst()
                .orElseThrow()
                .sizes;
    }

    /**
     * The size for a target: 1 for int8 on a CPU without bfloat16, whatever was asked for. There the fused attention reads the
     * result of a layer where it lies, and gathering several images' results would cost more than reading the weights once
     * for all of them saves.
     */
    public int on(Target target) {
        if (Lowerings.of(target).equals(Lowering.CPU_INT8)) {
            return 1;
        }
        return target.isCuda() ? cuda : cpu;
    }
}
