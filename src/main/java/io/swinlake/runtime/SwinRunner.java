package io.swinlake.runtime;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.swinlake.PublicApi;
import io.swinlake.graph.Graph;
import io.swinlake.graph.GraphException;
import io.swinlake.graph.Value;
import io.swinlake.model.SwinModel;
import io.swinlake.preprocess.Recipe;
import io.swinlake.runtime.batch.Scores;
import io.swinlake.runtime.device.CpuPrecision;
import io.swinlake.runtime.device.Lowerings;
import io.swinlake.runtime.device.Target;
import io.swinlake.runtime.device.UnsupportedCpuException;
import io.swinlake.swin.ImageSize;
import io.swinlake.swin.SwinNetwork;
import io.swinlake.tensor.DType;
import io.swinlake.tensor.Tensor;
import io.swinlake.torchscript.Lowering;
import io.swinlake.torchscript.TorchScriptModule;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleBiFunction;

/** One model, compiled for one device. Many threads may run it at once. */
@PublicApi(since = "0.1.0")
public final class SwinRunner implements Runner {
    private static final int COLOURS = 3;

    private final CompiledModule module;
    private final ImageSize input;
    private final int classes;
    private final int embeddingSize;

    private SwinRunner(CompiledModule module, SwinModel model) {
        this.module = module;
        this.input = model.inputSize();
        this.classes = model.config().classes();
        this.embeddingSize = model.config().embeddingSize();
    }

    /**
     * Compiles a model and loads it into libtorch; takes a second or two and, outside the heap, the memory of the weights in
     * the type that the network computes in.
     *
     * @param model to compile
     * @param target device and precision
     * @return the loaded network, to be closed
     * @throws io.swinlake.graph.GraphException if the network cannot run at the model's input size
     * @throws IllegalStateException if the target is a GPU and libtorch can use none
     * @throws UnsupportedCpuException if the CPU cannot compute in the precision, or is slow at it
     */
    public static SwinRunner open(SwinModel model, Target target) {
        return open(model, target, List.of());
    }

    /**
     * As {@link #open(SwinModel, Target)}, for a network that also gives the pooled output of some stages.
     *
     * @param model to compile
     * @param target device and precision
     * @param stages counted from 0
     * @return the loaded network, to be closed
     */
    public static SwinRunner open(SwinModel model, Target target, List<Integer> stages) {
        Device device = CudaDevices.require(target); // first: loading takes seconds
        if (!target.isCuda()) {
            CpuPrecision.require(target.precision());
        }
        CompiledModule module = CompiledModule.load(compile(model, Lowerings.of(target), stages), device);
        return new SwinRunner(module, model);
    }

    /**
     * Whether a model can be compiled, found out without doing it.
     *
     * @param model to build the network of
     * @throws IllegalArgumentException if a weight does not fit, or the network cannot run at its input size
     */
    public static void check(SwinModel model) {
        try {
            network(new Graph(), model);
        } catch (GraphException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /** From uint8 pixels {@code [batch, height, width, 3]} to embedding, pooled stages and, if there is a head, logits. */
    static TorchScriptModule compile(SwinModel model, Lowering lowering, List<Integer> stages) {
        SwinNetwork network = network(new Graph(), model);
        List<Value> outputs = new ArrayList<>();
        outputs.add(network.embedding());
        stages.forEach(stage -> outputs.add(network.pooled().get(stage)));
        network.logits().ifPresent(outputs::add);
        return TorchScriptModule.compile(outputs, lowering);
    }

    private static SwinNetwork network(Graph graph, SwinModel model) {
        ImageSize size = model.inputSize();
        Recipe recipe = model.recipe();
        // (pixel / 255 - mean) / std as one multiplication and one addition
        Value scale = graph.constant("pixels.scale", row(recipe, size.width(), (mean, std) -> 1 / (255 * std)));
        Value offset = graph.constant("pixels.offset", row(recipe, size.width(), (mean, std) -> -mean / std));
        Value image = graph.input("pixels", DType.U8, size.height(), size.width(), COLOURS)
                .pixelsToReal(scale, offset);
        return SwinNetwork.build(graph, model.config(), model.weights(), image);
    }

    /** A number per channel for every pixel of a row: PyTorch is slow where it repeats as few as three numbers. */
    private static Tensor row(Recipe recipe, int width, ToDoubleBiFunction<Double, Double> ofMeanAndStd) {
        float[] values = new float[width * COLOURS];
        for (int i = 0; i < values.length; i++) {
            int channel = i % COLOURS;
            values[i] = (float) ofMeanAndStd.applyAsDouble(
                    recipe.mean().get(channel), recipe.std().get(channel));
        }
        return Tensor.of(io.swinlake.tensor.Shape.of(width, COLOURS), values);
    }

    /**
     * Runs the network. Every image's result is the same whatever else is in the batch, up to float32 rounding.
     *
     * @param pixels direct buffer; from position 0, uint8 {@code [batch, height, width, 3]} of the model's input size
     */
    @Override
    public Scores run(ByteBuffer pixels, int batch) {
        long bytes = (long) batch * input.height() * input.width() * COLOURS;
        if (!pixels.isDirect() || batch < 1 || bytes > pixels.capacity()) {
            throw new IllegalArgumentException(
                    "a batch of %s images of %s pixels needs a direct buffer of %s bytes, found %s"
                            .formatted(batch, input, bytes, pixels));
        }
        List<float[]> outputs = module.run(
                pixels.slice(0, (int) bytes), new Shape(batch, input.height(), input.width(), COLOURS), DataType.UINT8);
        int last = outputs.size() - 1;
        float[] logits = classes > 0 ? outputs.get(last) : new float[0];
        List<float[]> stages = outputs.subList(1, classes > 0 ? last : last + 1);
        return new Scores(batch, classes, embeddingSize, logits, outputs.get(0), stages);
    }

    @Override
    public void close() {
        module.close();
    }
}
