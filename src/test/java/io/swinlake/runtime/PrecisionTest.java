package io.swinlake.runtime;

import static io.swinlake.Fixtures.cosine;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.swinlake.RuleWeights;
import io.swinlake.checkpoint.LocalSource;
import io.swinlake.image.DecodeOptions;
import io.swinlake.image.ImageDecoder;
import io.swinlake.image.Preprocessor;
import io.swinlake.model.ModelOptions;
import io.swinlake.model.SwinModel;
import io.swinlake.torchscript.Lowering;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the faster precisions change: the class of hardly any image, and little of the embedding. */
class PrecisionTest {
    private static final Path DEMO = Path.of("examples", "demo");
    private static final double BF16_COSINE = 0.9995;
    private static final double INT8_COSINE = 0.999;

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

    @Test
    void theTrainedDemoKeepsItsClasses() throws Exception {
        SwinModel model = SwinModel.open(LocalSource.of(DEMO.resolve("model")), ModelOptions.none());
        int images = 360;
        int bytes = 64 * 64 * 3;
        ByteBuffer pixels = ByteBuffer.allocateDirect(images * bytes);
        ImageDecoder decoder = ImageDecoder.create(DecodeOptions.defaults());
        Preprocessor preprocessor = Preprocessor.of(model.recipe());
        for (int i = 0; i < images; i++) {
            byte[] file = Files.readAllBytes(DEMO.resolve(String.format(Locale.ROOT, "images/digit-%03d.png", i)));
            preprocessor.apply(decoder.decode(file), pixels.slice(i * bytes, bytes));
        }
        assertKeepsClassesAndEmbeddings(model, pixels, images);
    }

    @ParameterizedTest
    @ValueSource(strings = {"full/swin_tiny_patch4_window7_224", "full/swinv2_tiny_patch4_window8_256"})
    void fullSizeNetworksKeepTheirClasses(String id) {
        SwinModel model = RuleWeights.model(id);
        int images = 12;
        ByteBuffer pixels = pictures(images, model.inputSize().height());
        assertKeepsClassesAndEmbeddings(model, pixels, images);
    }

    private static void assertKeepsClassesAndEmbeddings(SwinModel model, ByteBuffer pixels, int images) {
        Results exact = Results.of(model, Lowering.CPU_FP32, pixels, images);
        Results bf16 = Results.of(model, Lowering.CPU_BF16, pixels, images);
        assertThat(bf16.agreement(exact)).as("bf16").isGreaterThanOrEqualTo(0.995);
        assertThat(bf16.smallestCosine(exact)).as("bf16").isGreaterThanOrEqualTo(BF16_COSINE);
        for (Lowering lowering : List.of(Lowering.CPU_INT8, Lowering.CPU_INT8_BF16)) {
            Results int8 = Results.of(model, lowering, pixels, images);
            assertThat(int8.agreement(exact)).as("%s", lowering).isGreaterThanOrEqualTo(0.985);
            assertThat(int8.smallestCosine(exact)).as("%s", lowering).isGreaterThanOrEqualTo(INT8_COSINE);
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

    @Test
    void aCpuWithoutTheInstructionsRefusesWithTheReason() {
        assertThat(CpuPrecision.whyNot(Precision.FP32, Set.of())).isEmpty();
        assertThat(CpuPrecision.whyNot(Precision.BF16, Set.of("avx2", "amx_bf16")))
                .isEmpty();
        assertThat(CpuPrecision.whyNot(Precision.INT8, Set.of("avx512_vnni"))).isEmpty();
        assertThat(CpuPrecision.whyNot(Precision.BF16, Set.of("avx2", "avx512_vnni")))
                .hasValue(
                        "precision bf16 is slower than fp32 on a CPU without avx512_bf16 or amx_bf16, which this one is:"
                                + " use fp32, or set SWINLAKE_FORCE_PRECISION=1 in the executors' environment");
    }
}
