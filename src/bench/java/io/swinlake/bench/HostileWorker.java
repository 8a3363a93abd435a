package io.swinlake.bench;

import io.swinlake.image.DecodeOptions;
import io.swinlake.image.ImageException;
import io.swinlake.image.Pixels;
import io.swinlake.image.SharedHeap;
import io.swinlake.image.format.ImageDecoder;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Decodes a list of files, one after another or on sixteen threads at once, in a heap of its own; {@link HostileBenchmark} asks. */
final class HostileWorker {
    private static final int THREADS = 16;

    private final ImageDecoder decoder = ImageDecoder.create(DecodeOptions.defaults());
    private final Map<Path, byte[]> files = new LinkedHashMap<>();
    private final Map<Path, String> outcomes = new LinkedHashMap<>();
    private double peakMegabytes;
    private double slowestSeconds;

    private HostileWorker(List<String> paths) throws IOException {
        for (String path : paths) {
            files.put(Path.of(path), Files.readAllBytes(Path.of(path)));
        }
        for (Map.Entry<Path, byte[]> file : files.entrySet()) {
            alone(file.getKey(), file.getValue());
        }
    }

    public static void main(String[] args) throws IOException {
        HostileWorker worker = new HostileWorker(Files.readAllLines(Path.of(args[0])));
        Worker.serve(request -> switch (request) {
            case "peak" -> worker.peakMegabytes;
            case "slowest" -> worker.slowestSeconds;
            default -> worker.together();
        });
    }

    private void alone(Path path, byte[] file) {
        System.gc();
        List<MemoryPoolMXBean> heap = ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .toList();
        heap.forEach(MemoryPoolMXBean::resetPeakUsage);
        long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        outcomes.put(path, outcome(file));
        double seconds = (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start) / 1e9;
        double megabytes =
                heap.stream().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum() / 1e6;
        if (seconds > slowestSeconds || megabytes > peakMegabytes) {
            System.err.printf("%s: %s, %.0f MB, %.2f s%n", path, outcomes.get(path), megabytes, seconds);
        }
        slowestSeconds = Math.max(slowestSeconds, seconds);
        peakMegabytes = Math.max(peakMegabytes, megabytes);
    }

    /** Seconds in which every thread decodes every file. */
    private double together() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        long start = System.nanoTime();
        List<Future<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            tasks.add(threads.submit(() -> {
                for (Map.Entry<Path, byte[]> file : files.entrySet()) {
                    String outcome = outcome(file.getValue());
                    if (!outcome.equals(outcomes.get(file.getKey()))) {
                        throw new IllegalStateException(
                                "%s: %s, alone %s".formatted(file.getKey(), outcome, outcomes.get(file.getKey())));
                    }
                }
                return null;
            }));
        }
        threads.shutdown();
        for (Future<Void> task : tasks) {
            task.get();
        }
        return (System.nanoTime() - start) / 1e9;
    }

    private String outcome(byte[] file) {
        String[] outcome = new String[1];
        try {
            SharedHeap.use(share -> {
                Pixels pixels = decoder.decode(file, share);
                outcome[0] = "%sx%s".formatted(pixels.width(), pixels.height());
            });
            return outcome[0];
        } catch (ImageException e) {
            return e.code().word();
        }
    }
}
