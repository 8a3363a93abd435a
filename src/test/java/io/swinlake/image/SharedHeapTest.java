package io.swinlake.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.image.format.ImageDecoder;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class SharedHeapTest {
    private static final int NEIGHBOURS = 12;

    /** 15 MB of pixels each, and 5 inside the codec. */
    @Test
    void imagesThatFitAloneAreDecodedHoweverManyMeet() throws Exception {
        assertThat(decoded(2200, "64m")).isEqualTo(NEIGHBOURS + " decoded");
    }

    @Test
    void anImageThatDoesNotFitAloneIsAnErrorThatIsTriedAgain() throws Exception {
        assertThat(decoded(4000, "48m"))
                .matches("decode/out_of_memory: an image of 4000x4000 pixels does not fit into the heap of 4\\d MB:"
                        + " give the executor more, or lower maxPixels");
        assertThat(ErrorCode.OUT_OF_MEMORY.isTriedAgain()).isTrue();
    }

    private static String decoded(int side, String heap) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-Xmx" + heap,
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SharedHeapTest.class.getName(),
                        String.valueOf(side))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        return out.strip();
    }

    /** Decodes and resizes the same image on many threads at once, and prints how many succeeded or the first error. */
    public static void main(String[] args) throws Exception {
        byte[] file = png(Integer.parseInt(args[0]));
        ImageDecoder decoder = ImageDecoder.create(DecodeOptions.defaults());
        ExecutorService tasks = Executors.newFixedThreadPool(NEIGHBOURS);
        CountDownLatch start = new CountDownLatch(NEIGHBOURS);
        List<Future<String>> results = new ArrayList<>();
        for (int i = 0; i < NEIGHBOURS; i++) {
            results.add(tasks.submit(() -> {
                start.countDown();
                start.await();
                try {
                    SharedHeap.use(share -> decoder.decode(file, share));
                    return "ok";
                } catch (ImageException e) {
                    return e.code().word() + ": " + e.getMessage();
                }
            }));
        }
        int decoded = 0;
        String problem = "";
        for (Future<String> result : results) {
            decoded += result.get().equals("ok") ? 1 : 0;
            problem = result.get().equals("ok") ? problem : result.get();
        }
        System.out.println(problem.isEmpty() ? decoded + " decoded" : problem);
        tasks.shutdown();
    }

    /** One bit a pixel while it is made: the heap is small. */
    private static byte[] png(int side) throws IOException {
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(side, side, BufferedImage.TYPE_BYTE_BINARY), "png", png);
        return png.toByteArray();
    }

    @Test
    void theSecondAttemptHasTheHeapForItself() throws Exception {
        CountDownLatch neighbourDecodes = new CountDownLatch(1);
        CountDownLatch failed = new CountDownLatch(1);
        AtomicInteger decoding = new AtomicInteger();
        Thread neighbour = new Thread(() -> {
            try {
                SharedHeap.use(share -> {
                    decoding.incrementAndGet();
                    neighbourDecodes.countDown();
                    awaitQuietly(failed);
                    sleep(100);
                    decoding.decrementAndGet();
                });
            } catch (ImageException e) {
                throw new AssertionError(e);
            }
        });
        neighbour.start();
        neighbourDecodes.await();
        List<Integer> neighbours = new ArrayList<>();

        SharedHeap.use(share -> {
            neighbours.add(decoding.get());
            if (neighbours.size() == 1) {
                failed.countDown();
                throw new OutOfMemoryError("Java heap space");
            }
        });

        assertThat(neighbours).containsExactly(1, 0);
        neighbour.join();
    }

    @Test
    void anotherErrorOfAnImageIsNotTriedTwice() {
        AtomicInteger attempts = new AtomicInteger();

        assertThatThrownBy(() -> SharedHeap.use(share -> {
                    attempts.incrementAndGet();
                    throw new ImageException(ErrorCode.TRUNCATED, "cut");
                }))
                .hasMessage("cut");
        assertThat(attempts).hasValue(1);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void sleep(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
