package io.swinlake.bench;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import io.swinlake.model.SwinModel;
import io.swinlake.model.SwinStatistics;
import io.swinlake.runtime.device.Precision;
import io.swinlake.swin.SwinConfig;
import io.swinlake.torchscript.TorchScriptModule;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * How fast one core multiplies the matrices of Swin-T, and how much of that the whole forward reaches. The roof is the time
 * that the network's linear layers would take one after the other at their measured rates, each by the faster of two kernels;
 * attention, norms and copies have no part in it. In int8, which runs images alone, oneDNN's layers get bytes, FBGEMM's
 * quantize their input. {@code scripts/bench roof [batch] [rounds]}
 */
final class RoofBenchmark {
    private static final double SECONDS = 0.1; // of each measurement of a layer

    private RoofBenchmark() {}

    /**
     * Linear layers of one shape.
     *
     * @param rows tokens of the batch
     * @param count how many there are in the network
     */
    private record Layer(String name, long rows, long in, long out, int count) {
        double flops() {
            return 2.0 * rows * in * out;
        }
    }

    /** What multiplies. */
    private enum Kernel {
        ONEDNN_PACKED(
                "oneDNN, packed weights",
                "Tensor",
                "%s",
                "ops.mkldnn._reorder_linear_weight(%s, None)",
                "ops.mkldnn._linear_pointwise(self.x, self.w, self.b, \"none\", annotate(List[Optional[number]], []), None)"),
        ATEN_LINEAR("aten::linear", "Tensor", "%s", "%s", "torch.linear(self.x, self.w, self.b)"),
        ONEDNN_INT8(
                "oneDNN, bytes",
                "Tensor",
                "torch.to(torch.mul(%s, 255), 0)",
                "ops.onednn.qlinear_prepack(torch.int_repr(torch.quantize_per_tensor(%s, 0.01, 0, 12)), None)",
                "ops.onednn.qlinear_pointwise(self.x, 0.01, 128, self.w, torch.full([1], 0.01),"
                        + " torch.zeros([1], dtype=3), self.b, 1., 0, 6, \"none\", annotate(List[Optional[number]], []), \"none\")"),
        FBGEMM(
                "quantized::linear_dynamic",
                "__torch__.torch.classes.quantized.LinearPackedParamsBase",
                "%s",
                "ops.quantized.linear_prepack(torch.quantize_per_tensor(%s, 0.01, 0, 12), self.b)", // 12: qint8
                "ops.quantized.linear_dynamic(self.x, self.w, False)");

        private final String title;
        private final String weightType;
        private final String input;
        private final String packed;
        private final String call;

        Kernel(String title, String weightType, String input, String packed, String call) {
            this.title = title;
            this.weightType = weightType;
            this.input = input;
            this.packed = packed;
            this.call = call;
        }

        static List<Kernel> of(Precision precision) {
            return precision == Precision.INT8 ? List.of(ONEDNN_INT8, FBGEMM) : List.of(ONEDNN_PACKED, ATEN_LINEAR);
        }
    }

    public static void main(String[] arguments) throws Exception {
        int batch = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 8;
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 5;
        SwinModel model = SwinT.model();
        double flopsPerImage = 2.0 * SwinStatistics.of(model.config()).operations();
        ImageSet images = ImageSet.read(Photos.jpegs(Path.of("target", "bench"), 64), model.recipe());
        for (Precision precision : List.of(Precision.FP32, Precision.BF16, Precision.INT8)) {
            List<Layer> layers = layers(model.config(), precision == Precision.INT8 ? 1 : batch);
            try (Network network = new SwinlakeNetwork(model, precision, images);
                    Streams stream = new Streams(network, 1, images.count())) {
                if (precision == Precision.FP32) {
                    System.out.println(Machine.describe());
                }
                stream.imagesPerSecond(batch, 2); // warms up
                measure(precision, layers, rounds, batch, () -> stream.imagesPerSecond(batch, 2) * flopsPerImage);
            }
        }
        System.exit(0);
    }

    private static void measure(
            Precision precision, List<Layer> layers, int rounds, int batch, Callable<Double> forward) throws Exception {
        List<Kernel> kernels = Kernel.of(precision);
        Map<String, Callable<Double>> contenders = new LinkedHashMap<>();
        List<Product> products = new ArrayList<>();
        for (Layer layer : layers) {
            for (Kernel kernel : kernels) {
                Product product = new Product(layer, kernel, precision);
                products.add(product);
                contenders.put(layer.name + kernel, () -> layer.flops() / product.seconds());
            }
        }
        contenders.put("forward", forward);
        Turns turns = Turns.take(rounds, contenders);
        products.forEach(Product::close);

        System.out.printf(
                "%s, batch %d, one thread: GFLOP/s, median of %d rounds (least to most)%n  %-18s %9s %6s %6s %4s  %s%n",
                precision,
                batch,
                rounds,
                "linear layer",
                "rows",
                "in",
                "out",
                "n",
                columns(kernels, kernel -> kernel.title));
        double flops = 0;
        double seconds = 0;
        double highest = 0;
        for (Layer layer : layers) {
            System.out.printf(
                    "  %-18s %9d %6d %6d %4d  %s%n",
                    layer.name,
                    layer.rows,
                    layer.in,
                    layer.out,
                    layer.count,
                    columns(kernels, kernel -> giga(turns.figure(layer.name + kernel))));
            double best = kernels.stream()
                    .mapToDouble(kernel -> turns.figure(layer.name + kernel).median())
                    .max()
                    .orElseThrow();
            flops += layer.count * layer.flops();
            seconds += layer.count * layer.flops() / best;
            highest = Math.max(highest, best);
        }
        double roof = flops / seconds;
        Turns.Spread reached = turns.figure("forward");
        System.out.printf(
                "  roof: %.0f GFLOP/s over these layers (best of them %.0f); the whole forward reaches %s, %.1f %% of the roof,"
                        + " %.1f %% of the best%n%n",
                roof / 1e9,
                highest / 1e9,
                giga(reached),
                100 * reached.median() / roof,
                100 * reached.median() / highest);
    }

    private static String columns(List<Kernel> kernels, Function<Kernel, String> text) {
        return kernels.stream()
                .map(kernel -> "%-26s".formatted(text.apply(kernel)))
                .collect(Collectors.joining());
    }

    private static String giga(Turns.Spread flopsPerSecond) {
        return new Turns.Spread(flopsPerSecond.median() / 1e9, flopsPerSecond.min() / 1e9, flopsPerSecond.max() / 1e9)
                .withDecimals(0);
    }

    private static List<Layer> layers(SwinConfig config, int batch) {
        List<Layer> layers = new ArrayList<>();
        long side = config.image().height() / config.patchSize();
        long patchValues = 3L * config.patchSize() * config.patchSize();
        layers.add(new Layer("patches", batch * side * side, patchValues, config.embedDim(), 1));
        for (int stage = 0; stage < config.stages(); stage++) {
            String name = "stage " + (stage + 1) + " ";
            long rows = batch * side * side;
            long channels = config.channels(stage);
            int depth = config.depths().get(stage);
            long hidden = (long) (channels * config.mlpRatio());
            layers.add(new Layer(name + "qkv", rows, channels, 3 * channels, depth));
            layers.add(new Layer(name + "projection", rows, channels, channels, depth));
            layers.add(new Layer(name + "MLP 1", rows, channels, hidden, depth));
            layers.add(new Layer(name + "MLP 2", rows, hidden, channels, depth));
            if (stage < config.stages() - 1) {
                side /= 2;
                layers.add(new Layer(name + "merge", batch * side * side, 4 * channels, 2 * channels, 1));
            }
        }
        layers.add(new Layer("head", batch, config.embeddingSize(), config.classes(), 1));
        return layers;
    }

    /** One linear layer, alone in a module that repeats it as often as its input is long. */
    private static final class Product implements AutoCloseable {
        private final Model model;
        private final Predictor<NDList, NDList> predictor;
        private final int times;

        Product(Layer layer, Kernel kernel, Precision precision)
                throws IOException, MalformedModelException, TranslateException {
            byte[] archive = new TorchScriptModule(code(layer, kernel, precision), List.of()).archive();
            this.model = Model.newInstance("linear", Device.cpu(), "PyTorch");
            // Without mapLocation DJL would move every tensor after loading, which reordered weights do not survive.
            model.load(new ByteArrayInputStream(archive), Map.of("mapLocation", "true"));
            this.predictor = model.newPredictor(new NoopTranslator());
            run(1);
            this.times = (int) Math.max(1, Math.ceil(SECONDS / run(1)));
        }

        private static String code(Layer layer, Kernel kernel, Precision precision) {
            int type = precision == Precision.BF16 ? 15 : 6; // c10::ScalarType
            String random = "torch.rand(%s, dtype=" + type + ", layout=None, device=None, pin_memory=None)";
            String weight = kernel.packed.formatted(random.formatted("[" + layer.out + ", " + layer.in + "]"));
            return String.join(
                    "\n",
                    "class Swin(Module):",
                    "  __parameters__ = []",
                    "  __buffers__ = []",
                    "  x : Tensor",
                    "  b : Tensor",
                    "  w : " + kernel.weightType,
                    "  def forward(self: __torch__.Swin, times: Tensor) -> Tensor:",
                    "    y = self.x",
                    "    for _0 in range(torch.size(times, 0)):",
                    "      y = " + kernel.call,
                    "    return torch.to(torch.select(torch.select(y, 0, 0), 0, 0), 6)",
                    "  def __getstate__(self: __torch__.Swin) -> int:",
                    "    return 0",
                    "  def __setstate__(self: __torch__.Swin, state: int) -> NoneType:",
                    "    self.x = "
                            + kernel.input.formatted(random.formatted("[" + layer.rows + ", " + layer.in + "]")),
                    "    self.b = " + random.formatted("[" + layer.out + "]"),
                    "    self.w = " + weight,
                    "    return None",
                    "");
        }

        /** Seconds of one product. */
        double seconds() throws TranslateException {
            return run(times) / times;
        }

        private double run(int count) throws TranslateException {
            try (var manager = model.getNDManager().newSubManager()) {
                NDList input = new NDList(manager.ones(new Shape(count)));
                long begin = System.nanoTime();
                predictor.predict(input).singletonOrThrow().toFloatArray();
                return (System.nanoTime() - begin) / 1e9;
            }
        }

        @Override
        public void close() {
            predictor.close();
            model.close();
        }
    }
}
