package io.swinlake.runtime;

import static io.swinlake.Fixtures.maxRelativeError;
import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.Fixtures;
import io.swinlake.ShortRun;
import io.swinlake.checkpoint.LocalSource;
import io.swinlake.image.DecodeOptions;
import io.swinlake.image.format.ImageDecoder;
import io.swinlake.model.ModelOptions;
import io.swinlake.model.SwinModel;
import io.swinlake.preprocess.Preprocessor;
import io.swinlake.runtime.device.Precision;
import io.swinlake.runtime.device.Target;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The trained demo network in fp32, in processes whose oneDNN uses no more than older CPUs have: each must give PyTorch's
 * numbers. A limit beyond this machine's CPU changes nothing.
 */
class LimitedCpuIT {
    private static final Path DEMO = Path.of("examples", "demo");
    private static final int IMAGES = 360;
    private static final int IMAGE_BYTES = 64 * 64 * 3;

    @ParameterizedTest
    @CsvSource({"SSE41, default", "AVX2, avx2", "AVX512_CORE, ''", "AVX512_CORE_BF16, ''"})
    void fp32GivesPyTorchsLogitsOnOlderCpus(String isa, String capability) throws Exception {
        List<String> command =
                new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java"), "-Xmx512m"));
        command.addAll(Arrays.asList(ShortRun.JAVA_OPTIONS.split(" ")));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), LimitedCpuIT.class.getName()));
        ProcessBuilder process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        process.environment().put("ONEDNN_MAX_CPU_ISA", isa);
        if (!capability.isEmpty()) {
            process.environment().put("ATEN_CPU_CAPABILITY", capability);
        }
        Process running = process.start();
        String out = new String(running.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(running.waitFor()).isZero();
        String[] figures = out.strip().split(" ", -1);
        assertThat(Double.parseDouble(figures[0])).as("largest relative error").isLessThan(1e-4);
        assertThat(Double.parseDouble(figures[1])).as("top-1, of accuracy.txt").isEqualTo(352.0 / IMAGES);
    }

    /** Prints the largest relative error of the logits, and top-1. */
    public static void main(String[] args) throws Exception {
        SwinModel model = SwinModel.open(LocalSource.of(DEMO.resolve("model")), ModelOptions.none());
        ByteBuffer pixels = ByteBuffer.allocateDirect(IMAGES * IMAGE_BYTES);
        ImageDecoder decoder = ImageDecoder.create(DecodeOptions.defaults());
        Preprocessor preprocessor = Preprocessor.of(model.recipe());
        for (int i = 0; i < IMAGES; i++) {
            byte[] file = Files.readAllBytes(DEMO.resolve(String.format(Locale.ROOT, "images/digit-%03d.png", i)));
            preprocessor.apply(decoder.decode(file), pixels.slice(i * IMAGE_BYTES, IMAGE_BYTES));
        }
        try (SwinRunner runner = SwinRunner.open(model, new Target("cpu", Precision.FP32))) {
            float[] logits = runner.run(pixels, IMAGES).logits();
            float[] expected = Fixtures.npy(DEMO.resolve("expected-logits.npy")).toFloats();
            System.out.println(maxRelativeError(logits, expected) + " " + top1(logits, model));
        }
    }

    private static double top1(float[] logits, SwinModel model) throws Exception {
        List<String> truths = Files.readAllLines(DEMO.resolve("labels.csv")); // file,label under one heading
        int classes = logits.length / IMAGES;
        int right = 0;
        for (int i = 0; i < IMAGES; i++) {
            int best = 0;
            for (int c = 1; c < classes; c++) {
                best = logits[i * classes + c] > logits[i * classes + best] ? c : best;
            }
            right += truths.get(i + 1)
                            .equals(String.format(
                                    Locale.ROOT,
                                    "digit-%03d.png,%s",
                                    i,
                                    model.classNames().get(best)))
                    ? 1
                    : 0;
        }
        return (double) right / IMAGES;
    }
}
