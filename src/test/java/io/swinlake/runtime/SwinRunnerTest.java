package io.swinlake.runtime;

import static io.swinlake.Fixtures.maxRelativeError;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThatCode;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.swinlake.Fixtures;
import io.swinlake.checkpoint.LocalSource;
import io.swinlake.image.DecodeOptions;
import io.swinlake.image.format.ImageDecoder;
import io.swinlake.model.ModelOptions;
import io.swinlake.model.SwinModel;
import io.swinlake.preprocess.Preprocessor;
import io.swinlake.runtime.batch.Scores;
import io.swinlake.runtime.device.CpuPrecision;
import io.swinlake.runtime.device.Precision;
import io.swinlake.runtime.device.Target;
import io.swinlake.torchscript.Lowering;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The trained demo network, from image files to scores. */
class SwinRunnerTest {
    private static final Path DEMO = Path.of("examples", "demo");
    private static final Target CPU = new Target("cpu", Precision.FP32);
    private static final int IMAGES = 360;
    private static final int IMAGE_BYTES = 64 * 64 * 3;

    private static SwinModel model;
    private static SwinRunner runner;
    private static ByteBuffer pixels;

    @BeforeAll
    static void openTheDemo() throws Exception {
        model = SwinModel.open(LocalSource.of(DEMO.resolve("model")), ModelOptions.none());
        runner = SwinRunner.open(model, CPU);
        pixels = ByteBuffer.allocateDirect(IMAGES * IMAGE_BYTES);
        ImageDecoder decoder = ImageDecoder.create(DecodeOptions.defaults());
        Preprocessor preprocessor = Preprocessor.of(model.recipe());
        for (int i = 0; i < IMAGES; i++) {
            byte[] file = Files.readAllBytes(DEMO.resolve(String.format(Locale.ROOT, "images/digit-%03d.png", i)));
            preprocessor.apply(decoder.decode(file), pixels.slice(i * IMAGE_BYTES, IMAGE_BYTES));
        }
    }

    @AfterAll
    static void close() {
        runner.close();
    }

    @Test
    void theDemoLakeGivesPyTorchsLogitsAndEmbeddings() {
        Scores scores = runner.run(pixels, IMAGES);
        float[] logits = Fixtures.npy(DEMO.resolve("expected-logits.npy")).toFloats();
        float[] embeddings =
                Fixtures.npy(DEMO.resolve("expected-embeddings.npy")).toFloats();
        assertThat(maxRelativeError(scores.logits(), logits)).isLessThan(1e-4);
        assertThat(maxRelativeError(scores.embeddings(), embeddings)).isLessThan(1e-4);
    }

    @Test
    void anImagesScoresDoNotDependOnItsBatch() {
        float[] together = runner.run(pixels, IMAGES).logits();
        for (int size : List.of(1, 2, 7, 32)) {
            float[] logits =
                    runner.run(pixels.slice(0, size * IMAGE_BYTES), size).logits();
            assertThat(maxRelativeError(logits, Arrays.copyOf(together, logits.length)))
                    .as("batch of %d", size)
                    .isLessThan(1e-5);
        }
    }

    /** int8 has scales for each image, bf16 runs all together: an image's results must not be another's, nor depend on it. */
    @ParameterizedTest
    @EnumSource(names = {"BF16", "INT8"})
    void inTheFasterPrecisionsTooEveryImageHasItsOwnScores(Precision precision) {
        assumeThatCode(() -> CpuPrecision.require(precision)).doesNotThrowAnyException();
        try (SwinRunner fast = SwinRunner.open(model, new Target("cpu", precision), List.of(0, 3))) {
            int images = 7;
            List<float[]> together = outputs(fast.run(pixels, images));
            for (int i = 0; i < images; i++) {
                List<float[]> alone = outputs(fast.run(pixels.slice(i * IMAGE_BYTES, IMAGE_BYTES), 1));
                for (int output = 0; output < alone.size(); output++) {
                    int length = alone.get(output).length;
                    float[] own = Arrays.copyOfRange(together.get(output), i * length, (i + 1) * length);
                    assertThat(maxRelativeError(own, alone.get(output)))
                            .as("output %d of image %d", output, i)
                            .isLessThan(precision == Precision.INT8 ? 1e-6 : 0.02);
                }
            }
            assertThat(maxRelativeError(
                            together.get(0), runner.run(pixels, images).logits()))
                    .isLessThan(0.1);
        }
    }

    private static List<float[]> outputs(Scores scores) {
        List<float[]> outputs = new ArrayList<>(List.of(scores.logits(), scores.embeddings()));
        outputs.addAll(scores.stages());
        return outputs;
    }

    @Test
    void aModuleReadsItsInputFromTheBuffersPosition() {
        try (CompiledModule module =
                CompiledModule.load(SwinRunner.compile(model, Lowering.CPU_FP32, List.of()), Device.cpu())) {
            ByteBuffer second = pixels.duplicate().position(IMAGE_BYTES);
            assertThat(module.run(second, new Shape(1, 64, 64, 3), DataType.UINT8)
                            .get(1))
                    .isEqualTo(runner.run(pixels.slice(IMAGE_BYTES, IMAGE_BYTES), 1)
                            .logits());
        }
    }

    @Test
    void poolsTheStagesThatAreAskedFor() {
        try (SwinRunner withStages = SwinRunner.open(model, CPU, List.of(0, 3))) {
            Scores scores = withStages.run(pixels, 2);
            assertThat(scores.stages()).extracting(stage -> stage.length).containsExactly(2 * 16, 2 * 128);
            assertThat(scores.embeddings()).isEqualTo(runner.run(pixels, 2).embeddings());
        }
    }

    @Test
    void manyThreadsGetWhatOneGets() throws Exception {
        float[] alone = runner.run(pixels, 8).logits();
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<float[]>> results = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                results.add(
                        threads.submit(() -> runner.run(pixels.duplicate(), 8).logits()));
            }
            for (Future<float[]> result : results) {
                assertThat(result.get()).isEqualTo(alone);
            }
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void refusesABufferThatIsTooSmallOrNotDirect() {
        assertThatThrownBy(() -> runner.run(ByteBuffer.allocateDirect(10), 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a batch of 2 images of 64x64 pixels needs a direct buffer of 24576 bytes, found "
                        + "java.nio.DirectByteBuffer[pos=0 lim=10 cap=10]");
    }

    @Test
    void tasksShareOneRunnerAndLoadItOnce() throws Exception {
        long loads = RunnerPool.loadCount();
        AtomicInteger opened = new AtomicInteger();
        ExecutorService tasks = Executors.newFixedThreadPool(8);
        try {
            List<Future<Runner>> runners = new ArrayList<>();
            for (int i = 0; i < 32; i++) {
                runners.add(tasks.submit(() -> {
                    try (RunnerPool.Lease lease = RunnerPool.lease("demo", CPU, List.of(), () -> {
                        opened.incrementAndGet();
                        return model;
                    })) {
                        lease.runner().run(pixels.duplicate(), 1);
                        return lease.runner();
                    }
                }));
            }
            Runner first = runners.get(0).get();
            for (Future<Runner> each : runners) {
                assertThat(each.get()).isSameAs(first);
            }
        } finally {
            tasks.shutdown();
        }
        assertThat(opened).hasValue(1);
        assertThat(RunnerPool.loadCount() - loads).isEqualTo(1);
    }

    @Test
    void aRunnerThatCannotBeLoadedIsTriedAgain() {
        assertThatThrownBy(() -> RunnerPool.lease("broken", CPU, List.of(), () -> {
                    throw new IllegalStateException("no model");
                }))
                .hasMessage("no model");
        try (RunnerPool.Lease lease = RunnerPool.lease("broken", CPU, List.of(), () -> model)) {
            assertThat(lease.runner().run(pixels, 1).classes()).isEqualTo(10);
        }
    }

    @Test
    void refusesDevicesAndPrecisionsThatDoNotGoTogether() {
        assertThatThrownBy(() -> new Target("gpu", Precision.FP32))
                .hasMessage("device 'gpu' is neither cpu nor cuda:N");
        assertThatThrownBy(() -> new Target("cpu", Precision.FP16))
                .hasMessage("fp16 is for GPUs: on a CPU use fp32, bf16 or int8");
    }
}
