package io.swinlake.runtime.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.EngineException;
import io.swinlake.Fixtures;
import io.swinlake.checkpoint.LocalSource;
import io.swinlake.image.DecodeOptions;
import io.swinlake.image.format.ImageDecoder;
import io.swinlake.model.ModelOptions;
import io.swinlake.model.SwinModel;
import io.swinlake.preprocess.Preprocessor;
import io.swinlake.runtime.SwinRunner;
import io.swinlake.runtime.device.DeviceHealth;
import io.swinlake.runtime.device.OutOfDeviceMemoryException;
import io.swinlake.runtime.device.Precision;
import io.swinlake.runtime.device.Target;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tasks that share a device. Where nothing is said of the network it gives each image its first pixel as embedding. */
@Timeout(120)
class DynamicBatcherTest {
    private static final Target GPU = new Target("cuda:0", Precision.FP32);
    private static final Path DEMO = Path.of("examples", "demo");
    private static final int DEMO_BYTES = 64 * 64 * 3;

    /** Sizes that the device saw. */
    private final List<Integer> batches = Collections.synchronizedList(new ArrayList<>());

    private Scores firstPixels(ByteBuffer pixels, int batch) {
        batches.add(batch);
        float[] embeddings = new float[batch];
        int imageBytes = pixels.capacity() / batch;
        for (int i = 0; i < batch; i++) {
            embeddings[i] = Byte.toUnsignedInt(pixels.get(i * imageBytes));
        }
        return new Scores(batch, 0, 1, new float[0], embeddings);
    }

    private static ByteBuffer image(int firstPixel) {
        return ByteBuffer.allocateDirect(12).put(0, (byte) firstPixel);
    }

    private static List<Future<ImageScores>> submit(Scorer scorer, int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> scorer.submit(image(i))).toList();
    }

    private static List<Integer> embeddings(List<Future<ImageScores>> scores) throws Exception {
        List<Integer> firsts = new ArrayList<>();
        for (Future<ImageScores> each : scores) {
            firsts.add((int) each.get(30, TimeUnit.SECONDS).embedding()[0]);
        }
        return firsts;
    }

    @Test
    void aBatchIsFilledByAllTasksAndRunsWhenItIsFull() throws Exception {
        try (DynamicBatcher device = new DynamicBatcher(this::firstPixels, GPU, new DeviceHealth())) {
            List<Scorer> tasks = List.of(device.open(8), device.open(8), device.open(8), device.open(8));
            List<Future<ImageScores>> scores = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                scores.add(tasks.get(i % 4).submit(image(i)));
            }

            assertThat(embeddings(scores)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
            assertThat(batches).containsExactly(8);
        }
    }

    @Test
    void theLastBatchRunsWhenEveryTaskWaitsAndHasTheShapeOfAFullOne() throws Exception {
        try (DynamicBatcher device = new DynamicBatcher(this::firstPixels, GPU, new DeviceHealth())) {
            Scorer first = device.open(8);
            Scorer second = device.open(8);
            List<Future<ImageScores>> scores = new ArrayList<>(submit(first, 0, 2));
            scores.addAll(submit(second, 2, 5));
            first.flush();
            second.flush();

            assertThat(embeddings(scores)).containsExactly(0, 1, 2, 3, 4);
            assertThat(batches).containsExactly(8);
        }
    }

    @Test
    void aTaskDoesNotWaitForeverForOnesThatAddNothing() throws Exception {
        try (DynamicBatcher device = new DynamicBatcher(this::firstPixels, GPU, new DeviceHealth())) {
            device.open(8); // neither submits nor waits: its storage hangs
            Scorer waiting = device.open(8);
            List<Future<ImageScores>> scores = submit(waiting, 7, 8);
            waiting.flush();

            assertThat(embeddings(scores)).containsExactly(7);
        }
    }

    @Test
    void aTaskThatEndsTakesItsImagesAlong() throws Exception {
        try (DynamicBatcher device = new DynamicBatcher(this::firstPixels, GPU, new DeviceHealth())) {
            Scorer killed = device.open(4);
            Scorer other = device.open(4);
            submit(killed, 100, 102);
            killed.close();
            List<Future<ImageScores>> scores = submit(other, 1, 3);
            other.flush();

            assertThat(embeddings(scores)).containsExactly(1, 2);
            assertThat(batches).containsExactly(4);
        }
    }

    @Test
    void windowsShareThreeBatchesAmongTheTasks() {
        try (DynamicBatcher device = new DynamicBatcher(this::firstPixels, GPU, new DeviceHealth())) {
            Scorer first = device.open(64);
            assertThat(first.window()).isEqualTo(192);
            List<Scorer> more =
                    IntStream.range(0, 15).mapToObj(i -> device.open(64)).toList();
            assertThat(first.window()).isEqualTo(12);
            more.forEach(Scorer::close);
            assertThat(first.window()).isEqualTo(192);
        }
    }

    @Test
    void onlyOneBatchIsOnTheDeviceAtATime() throws Exception {
        List<Integer> running = Collections.synchronizedList(new ArrayList<>());
        List<Integer> most = Collections.synchronizedList(new ArrayList<>());
        Forward watched = (pixels, batch) -> {
            running.add(batch);
            most.add(running.size());
            try {
                Thread.sleep(2);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            running.remove(0);
            return firstPixels(pixels, batch);
        };
        try (DynamicBatcher device = new DynamicBatcher(watched, GPU, new DeviceHealth())) {
            assertThat(embeddings(submit(device.open(2), 0, 80)))
                    .isEqualTo(IntStream.range(0, 80).boxed().toList());
        }
        assertThat(most).hasSize(40).containsOnly(1);
    }

    @Test
    void closingEndsTheThreadsAndWhoWaitsLearnsIt() {
        long threads = deviceThreads();
        DynamicBatcher device = new DynamicBatcher(this::firstPixels, GPU, new DeviceHealth());
        device.open(8); // keeps the batch from being due at once
        Scorer task = device.open(8);
        Future<ImageScores> scores = task.submit(image(1));
        device.close();

        assertThatThrownBy(scores::get).isInstanceOf(CancellationException.class);
        assertThatThrownBy(() -> task.submit(image(2))).isInstanceOf(CancellationException.class);
        assertThat(deviceThreads()).isEqualTo(threads);
    }

    private static long deviceThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("swinlake-cuda"))
                .count();
    }

    /** c10's words, as DJL passes them on. */
    private static Forward withMemoryFor(int images, Forward forward) {
        return (pixels, batch) -> {
            if (batch > images) {
                throw new EngineException(
                        "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of"
                                + " 139.81 GiB of which 12.25 MiB is free.");
            }
            return forward.run(pixels, batch);
        };
    }

    @Test
    void outOfMemoryHalvesTheBatchAndGoesOnInOrder() throws Exception {
        List<Integer> tried = Collections.synchronizedList(new ArrayList<>());
        Forward counted = (pixels, batch) -> {
            tried.add(batch);
            return withMemoryFor(5, this::firstPixels).run(pixels, batch);
        };
        try (DynamicBatcher device = new DynamicBatcher(counted, GPU, new DeviceHealth())) {
            Scorer task = device.open(32);
            assertThat(embeddings(submit(task, 0, 32)))
                    .isEqualTo(IntStream.range(0, 32).boxed().toList());
            assertThat(tried).startsWith(32, 16, 8, 4).containsOnlyOnce(32, 16, 8);

            embeddings(submit(task, 0, 32)); // the device is known now
            assertThat(tried).containsOnlyOnce(32, 16, 8);
        }
    }

    @Test
    void noMemoryForASingleImageIsTold() {
        try (DynamicBatcher device = new DynamicBatcher(withMemoryFor(0, this::firstPixels), GPU, new DeviceHealth())) {
            Future<ImageScores> scores = submit(device.open(1), 0, 1).get(0);

            assertThatThrownBy(scores::get)
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOf(OutOfDeviceMemoryException.class)
                    .hasMessageStartingWith("cuda:0: out of memory with a single image");
        }
    }

    @Test
    void anotherFailureIsOnlyTheGuiltyImages() throws Exception {
        Forward choking = (pixels, batch) -> {
            for (int i = 0; i < batch; i++) {
                if (pixels.get(i * 12) == 66) {
                    throw new EngineException("the device choked");
                }
            }
            return firstPixels(pixels, batch);
        };
        try (DynamicBatcher device = new DynamicBatcher(choking, GPU, new DeviceHealth())) {
            List<Future<ImageScores>> scores = submit(device.open(4), 64, 68);

            assertThat(embeddings(List.of(scores.get(0), scores.get(1), scores.get(3))))
                    .containsExactly(64, 65, 67);
            assertThatThrownBy(() -> scores.get(2).get()).hasRootCauseMessage("the device choked");
        }
    }

    @Test
    void theLimitRisesAgainAfterManyGoodBatchesAndLaterEachTime() {
        BatchLimit limit = new BatchLimit();
        limit.exceededBy(64);
        assertThat(limit.of(64)).isEqualTo(32);

        assertThat(goodBatchesUntilRaised(limit, 32)).isEqualTo(64);
        limit.exceededBy(64);
        assertThat(goodBatchesUntilRaised(limit, 32)).isEqualTo(128);
    }

    private static int goodBatchesUntilRaised(BatchLimit limit, int from) {
        int batches = 0;
        while (limit.of(64) == from) {
            limit.passedBy(from);
            batches++;
        }
        return batches;
    }

    /** The real network on the CPU behind two devices, each short of memory, fed by eight tasks that decode. */
    @Test
    void eightTasksOnTwoDevicesGetPyTorchsEmbeddings() throws Exception {
        SwinModel model = SwinModel.open(LocalSource.of(DEMO.resolve("model")), ModelOptions.none());
        ExecutorService tasks = Executors.newFixedThreadPool(8);
        try (SwinRunner runner = SwinRunner.open(model, new Target("cpu", Precision.FP32));
                DynamicBatcher first = new DynamicBatcher(withMemoryFor(20, runner), GPU, new DeviceHealth());
                DynamicBatcher second = new DynamicBatcher(withMemoryFor(20, runner), GPU, new DeviceHealth())) {
            CountDownLatch allOpen = new CountDownLatch(8);
            List<Future<float[]>> parts = new ArrayList<>();
            for (int task = 0; task < 8; task++) {
                int from = task * 45;
                DynamicBatcher device = task % 2 == 0 ? first : second;
                parts.add(tasks.submit(() -> {
                    try (Scorer scorer = device.open(32)) {
                        allOpen.countDown();
                        allOpen.await();
                        return embeddings(scorer, model, from, from + 45);
                    }
                }));
            }
            float[] expected =
                    Fixtures.npy(DEMO.resolve("expected-embeddings.npy")).toFloats();
            for (int task = 0; task < 8; task++) {
                float[] part = parts.get(task).get();
                int start = task * part.length;
                assertThat(Fixtures.maxRelativeError(part, Arrays.copyOfRange(expected, start, start + part.length)))
                        .as("task %d", task)
                        .isLessThan(1e-4);
            }
        } finally {
            tasks.shutdown();
        }
    }

    /** As a task does: keeps its window full, takes the scores in order. */
    private static float[] embeddings(Scorer scorer, SwinModel model, int from, int to) throws Exception {
        ImageDecoder decoder = ImageDecoder.create(DecodeOptions.defaults());
        Preprocessor preprocessor = Preprocessor.of(model.recipe());
        ArrayDeque<Future<ImageScores>> waiting = new ArrayDeque<>();
        List<float[]> rows = new ArrayList<>();
        for (int next = from; rows.size() < to - from; ) {
            if (next < to && waiting.size() < scorer.window()) {
                ByteBuffer slot = ByteBuffer.allocateDirect(DEMO_BYTES);
                byte[] file =
                        Files.readAllBytes(DEMO.resolve(String.format(Locale.ROOT, "images/digit-%03d.png", next++)));
                preprocessor.apply(decoder.decode(file), slot.duplicate());
                waiting.add(scorer.submit(slot));
            } else {
                scorer.flush();
                rows.add(waiting.remove().get().embedding());
            }
        }
        float[] all = new float[rows.size() * rows.get(0).length];
        for (int i = 0; i < rows.size(); i++) {
            System.arraycopy(rows.get(i), 0, all, i * rows.get(0).length, rows.get(0).length);
        }
        return all;
    }
}
