package io.swinlake.runtime;

import static io.swinlake.Fixtures.cosine;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.swinlake.RuleWeights;
import io.swinlake.checkpoint.LocalSource;
import io.swinlake.image.DecodeOptions;
import io.swinlake.image.ImageException;
import io.swinlake.image.format.ImageDecoder;
import io.swinlake.model.ModelOptions;
import io.swinlake.model.SwinModel;
import io.swinlake.preprocess.Preprocessor;
import io.swinlake.runtime.device.Precision;
import io.swinlake.torchscript.Lowering;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the faster precisions change: the class of hardly any image, and little of the embedding. */
class PrecisionTest {
    private static final Path DEMO = Path.of("examples", "demo");
    private static final String TINY = "full/swin_tiny_patch4_window7_224";
    private static final String TINY_V2 = "full/swinv2_tiny_patch4_window8_256";

    /** Classes and embeddings of some images, each run alone. */
    private record Results(List<Integer> classes, List<float[]> embeddings) {
        static Results of(SwinModel model, Lowering lowering, ByteBuffer pixels, int images) {
            int height = model.inputSize().height();
            int width = model.inputSize().width();
            int bytes = height * width * 3;
            List<Integer> classes = new ArrayList<>();
            List<float[]> embeddings = new ArrayList<>();
            try (CompiledModule module =
                    CompiledModule.load(SwinRunner.compile(model, lowering, List.of()), Device.cpu())) {
                for (int i = 0; i < images; i++) {
                    ByteBuffer image = pixels.slice(i * bytes, bytes).order(ByteOrder.nativeOrder());
                    List<float[]> outputs = module.run(image, new Shape(1, height, width, 3), DataType.UINT8);
                    embeddings.add(outputs.get(0));
                    classes.add(largest(outputs.get(1)));
                }
            }
            return new Results(classes, embeddings);
        }

        private static int largest(float[] logits) {
            int best = 0;
            for (int i = 1; i < logits.length; i++) {
                best = logits[i] > logits[best] ? i : best;
            }
            return best;
        }

        double agreement(Results other) {
            int same = 0;
            for (int i = 0; i < classes.size(); i++) {
                same += classes.get(i).equals(other.classes.get(i)) ? 1 : 0;
            }
            return (double) same / classes.size();
        }

        double smallestCosine(Results other) {
            double smallest = 1;
            for (int i = 0; i < embeddings.size(); i++) {
                smallest = Math.min(smallest, cosine(embeddings.get(i), other.embeddings.get(i)));
            }
            return smallest;
        }
    }

    /** A network and images for it, with what it makes of them in float32: that is computed once for both precisions. */
    private record Sample(SwinModel model, ByteBuffer pixels, int images, Results exact) {
        private static final Map<String, Sample> OPENED = new HashMap<>();

        static Sample of(String network) {
            return OPENED.computeIfAbsent(network, name -> name.equals("demo") ? demo() : fullSize(name));
        }

        static Sample of(SwinModel model, ByteBuffer pixels, int images) {
            return new Sample(model, pixels, images, Results.of(model, Lowering.CPU_FP32, pixels, images));
        }

        private static Sample demo() {
            try {
                SwinModel model = SwinModel.open(LocalSource.of(DEMO.resolve("model")), ModelOptions.none());
                int images = 360;
                int bytes = 64 * 64 * 3;
                ByteBuffer pixels = ByteBuffer.allocateDirect(images * bytes);
                ImageDecoder decoder = ImageDecoder.create(DecodeOptions.defaults());
                Preprocessor preprocessor = Preprocessor.of(model.recipe());
                for (int i = 0; i < images; i++) {
                    byte[] file =
                            Files.readAllBytes(DEMO.resolve(String.format(Locale.ROOT, "images/digit-%03d.png", i)));
                    preprocessor.apply(decoder.decode(file), pixels.slice(i * bytes, bytes));
                }
                return of(model, pixels, images);
            } catch (IOException | ImageException e) {
                throw new IllegalStateException(e);
            }
        }

        private static Sample fullSize(String id) {
            SwinModel model = RuleWeights.model(id);
            int images = 12;
            return of(model, pictures(images, model.inputSize().height()), images);
        }

        Results in(Lowering lowering) {
            return Results.of(model, lowering, pixels, images);
        }
    }

    @AfterAll
    static void forget() {
        Sample.OPENED.clear();
    }

    @NeedsPrecision(Precision.BF16)
    @ParameterizedTest
    @ValueSource(strings = {"demo", TINY, TINY_V2})
    void bf16KeepsClassesAndEmbeddings(String network) {
        Sample sample = Sample.of(network);
        Results bf16 = sample.in(Lowering.CPU_BF16);
        assertThat(bf16.agreement(sample.exact)).isGreaterThanOrEqualTo(0.995);
        assertThat(bf16.smallestCosine(sample.exact)).isGreaterThanOrEqualTo(0.9995);
    }

    @NeedsPrecision(Precision.INT8)
    @ParameterizedTest
    @ValueSource(strings = {"demo", TINY, TINY_V2})
    void int8KeepsClassesAndEmbeddings(String network) {
        Sample sample = Sample.of(network);
        for (Lowering lowering : List.of(Lowering.CPU_INT8, Lowering.CPU_INT8_BF16)) {
            Results int8 = sample.in(lowering);
            assertThat(int8.agreement(sample.exact)).as("%s", lowering).isGreaterThanOrEqualTo(0.985);
            assertThat(int8.smallestCosine(sample.exact)).as("%s", lowering).isGreaterThanOrEqualTo(0.999);
        }
    }

    /** Smooth waves of colour with some noise, {@code [images, side, side, 3]}. */
    private static ByteBuffer pictures(int images, int side) {
        Random random = new Random(3);
        ByteBuffer pixels = ByteBuffer.allocateDirect(images * side * side * 3);
        for (int i = 0; i < images; i++) {
            double[] wave = random.doubles(24).toArray();
            for (int y = 0; y < side; y++) {
                for (int x = 0; x < side; x++) {
                    for (int colour = 0; colour < 3; colour++) {
                        double value = 128 + 8 * random.nextGaussian();
                        for (int w = 0; w < wave.length; w += 4) {
                            double phase = 0.2 * (wave[w] * x + wave[w + 1] * y)
                                    + 2 * Math.PI * (wave[w + 2] * colour + wave[w + 3]);
                            value += 40 * Math.sin(phase);
                        }
                        pixels.put((byte) Math.max(0, Math.min(255, Math.round(value))));
                    }
                }
            }
        }
        return pixels.flip();
    }
}
