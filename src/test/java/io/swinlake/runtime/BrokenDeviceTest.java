package io.swinlake.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.djl.engine.EngineException;
import io.swinlake.runtime.batch.BatchRunner;
import io.swinlake.runtime.batch.DynamicBatcher;
import io.swinlake.runtime.batch.Forward;
import io.swinlake.runtime.batch.ImageScores;
import io.swinlake.runtime.batch.Scorer;
import io.swinlake.runtime.batch.Scores;
import io.swinlake.runtime.batch.TaskScorer;
import io.swinlake.runtime.device.BrokenDeviceException;
import io.swinlake.runtime.device.DeviceHealth;
import io.swinlake.runtime.device.Precision;
import io.swinlake.runtime.device.Target;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Devices that fail, beside images that fail. A good device gives each image its first pixel as embedding. */
@Timeout(60)
class BrokenDeviceTest {
    private static final Target CPU = new Target("cpu", Precision.FP32);
    private static final Target GPU = new Target("cuda:0", Precision.FP32);
    private static final int IMAGE_BYTES = 12;
    private static final int POISON = 66;

    private static Scores firstPixels(ByteBuffer pixels, int batch) {
        float[] embeddings = new float[batch];
        for (int i = 0; i < batch; i++) {
            embeddings[i] = Byte.toUnsignedInt(pixels.get(i * IMAGE_BYTES));
            if (embeddings[i] == POISON) {
                throw new EngineException("the network choked on an image");
            }
        }
        return new Scores(batch, 0, 1, new float[0], embeddings);
    }

    private static Forward broken(String message) {
        return (pixels, batch) -> {
            throw new EngineException(message);
        };
    }

    private static ByteBuffer image(int firstPixel) {
        return ByteBuffer.allocate(IMAGE_BYTES).put(0, (byte) firstPixel);
    }

    private static float embedding(Future<ImageScores> scores) throws Exception {
        return scores.get(10, TimeUnit.SECONDS).embedding()[0];
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void aDeviceThatFailsForEveryImageFailsTheTaskNotTheImages(int batch) {
        TaskScorer task = new TaskScorer(broken("could not create a primitive"), CPU, batch);
        for (int i = 0; i < batch - 1; i++) {
            var unused = task.submit(image(i));
        }

        assertThatThrownBy(() -> task.submit(image(100)))
                .isInstanceOf(BrokenDeviceException.class)
                .hasMessage(
                        "cpu: no image can be computed here, not even a grey one, and the task is for another executor:"
                                + " ai.djl.engine.EngineException: could not create a primitive");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void anImageThatFailsWhereAGreyOneRunsIsToBlameItself(int batch) throws Exception {
        TaskScorer task = new TaskScorer(BrokenDeviceTest::firstPixels, CPU, batch);
        Future<ImageScores> guilty = task.submit(image(POISON));
        Future<ImageScores> other = task.submit(image(7));
        task.flush();

        assertThatThrownBy(guilty::get)
                .isInstanceOf(ExecutionException.class)
                .hasRootCauseMessage("the network choked on an image");
        assertThat(embedding(other)).isEqualTo(7);
    }

    /** libtorch 2.7's words, from c10/cuda/CUDAException.cpp, ATen/cuda/CUDABlas.cpp and ATen/cudnn/Exceptions.h. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "CUDA error: device-side assert triggered\nCUDA kernel errors might be asynchronously reported",
                "CUDA error: an illegal memory access was encountered",
                "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasLtMatmul(...)`",
                "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED",
                "CUDA driver error: unknown error"
            })
    void whatLosesACudaDeviceFailsTheTaskAtOnce(String message) {
        AtomicInteger forwards = new AtomicInteger();
        Forward lost = (pixels, batch) -> {
            if (forwards.incrementAndGet() == 1) {
                throw new EngineException(message);
            }
            return firstPixels(pixels, batch); // also where a grey image would run
        };
        try (DynamicBatcher device = new DynamicBatcher(lost, GPU, new DeviceHealth())) {
            Future<ImageScores> scores = device.open(1).submit(image(1));

            assertThatThrownBy(scores::get)
                    .cause()
                    .isInstanceOf(BrokenDeviceException.class)
                    .hasMessage("cuda:0: the device is lost to this process, and the task is for another executor:"
                            + " ai.djl.engine.EngineException: "
                            + message.lines().findFirst().orElseThrow());
            assertThat(forwards).hasValue(1);
        }
    }

    @Test
    void noMemoryIsNoBrokenDevice() {
        assertThat(BatchRunner.isOutOfMemory(
                        new EngineException("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling ...")))
                .isTrue();
        assertThat(BatchRunner.isOutOfMemory(new EngineException("CUDA error: out of memory")))
                .isTrue();
    }

    @Test
    void allTasksOnADeviceThatBreaksGetTheSameFailure() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Forward breaking = (pixels, batch) -> {
            started.countDown();
            await(goOn);
            throw new EngineException("CUDA error: device-side assert triggered");
        };
        try (DynamicBatcher device = new DynamicBatcher(breaking, GPU, new DeviceHealth())) {
            List<Scorer> tasks =
                    IntStream.range(0, 6).mapToObj(i -> device.open(2)).toList();
            List<Future<ImageScores>> scores = new ArrayList<>();
            for (int i = 0; i < 5; i++) { // two batches, and one that is not full
                scores.add(tasks.get(i).submit(image(i)));
            }
            started.await();
            goOn.countDown();

            List<Throwable> failures = new ArrayList<>();
            for (Future<ImageScores> each : scores) {
                failures.add(catchThrowableOfType(ExecutionException.class, () -> each.get(10, TimeUnit.SECONDS))
                        .getCause());
            }
            assertThat(failures).hasOnlyElementsOfType(BrokenDeviceException.class);
            assertThat(failures).allSatisfy(failure -> assertThat(failure).isSameAs(failures.get(0)));
            assertThatThrownBy(() -> tasks.get(5).submit(image(9))).isSameAs(failures.get(0));
        }
    }

    @Test
    void whoWaitsIsToldWhenTheDevicesThreadsEnd() {
        Forward deadly = (pixels, batch) -> {
            Thread.currentThread().interrupt(); // ends the thread at its next wait
            return firstPixels(pixels, batch);
        };
        try (DynamicBatcher device = new DynamicBatcher(deadly, GPU, new DeviceHealth())) {
            Scorer task = device.open(1);

            assertThatThrownBy(() -> {
                        // Always the same image: the network chokes on one of the others, which may come before a wait.
                        for (int i = 0; i < 10_000; i++) {
                            embedding(task.submit(image(0)));
                        }
                    })
                    .satisfiesAnyOf(
                            failure -> assertThat(failure).isInstanceOf(BrokenDeviceException.class),
                            failure -> assertThat(failure).hasCauseInstanceOf(BrokenDeviceException.class));
        }
    }

    /** A runner that says when it is closed. */
    private static final class Network implements Runner {
        private final Forward forward;
        private final CountDownLatch closed = new CountDownLatch(1);

        private Network(Forward forward) {
            this.forward = forward;
        }

        @Override
        public Scores run(ByteBuffer pixels, int batch) {
            assertThat(closed.getCount()).as("runs after it was closed").isEqualTo(1);
            return forward.run(pixels, batch);
        }

        @Override
        public void close() {
            closed.countDown();
        }
    }

    private static RunnerPool.Lease lease(String model, Target target, Network network) {
        return RunnerPool.lease(new RunnerPool.Key(model, target, List.of()), () -> network);
    }

    @ParameterizedTest
    @ValueSource(strings = {"cpu", "cuda:0"})
    void aBrokenRunnerIsClosedAndTheNextTaskOpensAnother(String device) throws Exception {
        Target target = new Target(device, Precision.FP32);
        Network bad = new Network(broken("CUDA error: unspecified launch failure"));
        Network good = new Network(BrokenDeviceTest::firstPixels);
        String model = "breaks on " + device;
        RunnerPool.Lease first = lease(model, target, bad);
        RunnerPool.Lease second = lease(model, target, good);
        assertThatThrownBy(() -> embedding(first.scorer(1).submit(image(1))))
                .satisfiesAnyOf(
                        failure -> assertThat(failure).isInstanceOf(BrokenDeviceException.class),
                        failure -> assertThat(failure).hasCauseInstanceOf(BrokenDeviceException.class));
        // A task that has leased the same runner before learns it too.
        Scorer late = second.scorer(1);
        assertThatThrownBy(() -> late.submit(image(1))).isInstanceOf(BrokenDeviceException.class);
        first.close();

        try (RunnerPool.Lease third = lease(model, target, good)) {
            assertThat(embedding(third.scorer(1).submit(image(5)))).isEqualTo(5);
            assertThat(bad.closed.getCount()).as("somebody may still use it").isEqualTo(1);
            second.close();
            assertThat(bad.closed.await(10, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(good.closed.getCount()).isEqualTo(1);
    }

    /** Two threads on one buffer would give an image the other's embedding. */
    @Test
    void theBufferOfARunThatOutlastsItsTaskIsNobodyElses() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        List<ByteBuffer> buffers = Collections.synchronizedList(new ArrayList<>());
        Network slow = new Network((pixels, batch) -> {
            buffers.add(pixels);
            if (buffers.size() == 1) {
                started.countDown();
                await(goOn);
            }
            return firstPixels(pixels, batch);
        });
        RunnerPool.Lease ending = lease("outlasted", CPU, slow);
        Scorer reader = ending.scorer(1);
        CompletableFuture<Float> behind = CompletableFuture.supplyAsync(() -> {
            try {
                return embedding(reader.submit(image(1)));
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        started.await();
        ending.close(); // as when a limit is reached, while a Python worker's thread reads on

        try (RunnerPool.Lease next = lease("outlasted", CPU, slow)) {
            assertThat(embedding(next.scorer(1).submit(image(2)))).isEqualTo(2);
            goOn.countDown();
            assertThat(behind.get(10, TimeUnit.SECONDS)).isEqualTo(1);
            assertThatThrownBy(() -> reader.submit(image(3))).hasMessage("the task has ended");
        }

        try (RunnerPool.Lease last = lease("outlasted", CPU, slow)) { // both buffers are there again
            embedding(last.scorer(1).submit(image(4)));
            embedding(last.scorer(1).submit(image(5)));
        }
        assertThat(buffers).hasSize(4);
        assertThat(addresses(buffers.subList(2, 4)))
                .containsExactlyInAnyOrderElementsOf(addresses(buffers.subList(0, 2)));
    }

    private static List<Long> addresses(List<ByteBuffer> buffers) {
        return buffers.stream()
                .map(buffer -> com.sun.jna.Pointer.nativeValue(com.sun.jna.Native.getDirectBufferPointer(buffer)))
                .toList();
    }

    @Test
    void aTaskThatHasEndedGetsNoScorer() {
        RunnerPool.Lease lease = lease("ended", CPU, new Network(BrokenDeviceTest::firstPixels));
        lease.close();

        assertThatThrownBy(() -> lease.scorer(1)).hasMessage("the task has ended");
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
