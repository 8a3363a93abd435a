package io.swinlake.bench;

import io.swinlake.runtime.device.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Swin-T in each precision on CPUs of four kinds: this one, with libtorch's libraries bounded as {@code scripts/test --cpu} bounds
 * them. Each takes turns with fp32 on this CPU as it is. Arguments: rounds (3), seconds of each measurement (2). {@code scripts/bench
 * cpus}
 */
final class CpusBenchmark {
    private static final Path FOLDER = Path.of("target", "bench");
    private static final int THREADS = 2;
    private static final String BATCH = "8";
    private static final String FORCE = "SWINLAKE_FORCE_PRECISION";
    private static final List<Precision> PRECISIONS = List.of(Precision.FP32, Precision.BF16, Precision.INT8);

    /** Of libtorch's libraries, by the greatest instruction set that it leaves. */
    private static final Map<String, Map<String, String>> BOUNDS = bounds();

    private final int rounds;
    private final String seconds;

    private CpusBenchmark(int rounds, String seconds) {
        this.rounds = rounds;
        this.seconds = seconds;
    }

    private static Map<String, Map<String, String>> bounds() {
        Map<String, Map<String, String>> bounds = new LinkedHashMap<>();
        bounds.put(
                "AVX2",
                Map.of(
                        "ONEDNN_MAX_CPU_ISA", "AVX2",
                        "ATEN_CPU_CAPABILITY", "avx2",
                        "FBGEMM_ENABLE_INSTRUCTIONS", "AVX2",
                        "MKL_ENABLE_INSTRUCTIONS", "AVX2"));
        bounds.put(
                "AVX-512",
                Map.of(
                        "ONEDNN_MAX_CPU_ISA", "AVX512_CORE",
                        "FBGEMM_ENABLE_INSTRUCTIONS", "AVX512",
                        "MKL_ENABLE_INSTRUCTIONS", "AVX512"));
        bounds.put("AVX-512 with VNNI", Map.of("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_VNNI"));
        bounds.put("AVX-512 with VNNI and bf16", Map.of("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16"));
        return bounds;
    }

    public static void main(String[] arguments) throws Exception {
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 3;
        String seconds = arguments.length > 1 ? arguments[1] : "2";
        Photos.jpegs(FOLDER, 64);
        new CpusBenchmark(rounds, seconds).measure();
        System.exit(0);
    }

    private void measure() throws Exception {
        System.out.println(Machine.describe());
        System.out.printf(
                "Swin-T, %d tasks, batch %s: images/s, and how many times as fast as fp32 on this CPU as it is, medians of %d rounds"
                        + " (least to most)%n",
                THREADS, BATCH, rounds);
        try (WorkerProcess unbounded = worker("unbounded", Precision.FP32, Map.of())) {
            unbounded.ask(seconds); // warms up
            for (Map.Entry<String, Map<String, String>> bound : BOUNDS.entrySet()) {
                for (Precision precision : PRECISIONS) {
                    String name = "%s, %s".formatted(bound.getKey(), precision);
                    compare(unbounded, name, precision, bound.getValue());
                }
            }
        }
    }

    /** Also what a precision would be like that is refused as a slow one. */
    private void compare(WorkerProcess unbounded, String name, Precision precision, Map<String, String> bounds)
            throws Exception {
        try (WorkerProcess bounded = worker(name, precision, bounds)) {
            bounded.ask(seconds); // warms up
            Turns turns = Turns.take(
                    rounds, Map.of("unbounded", () -> unbounded.ask(seconds), "bounded", () -> bounded.ask(seconds)));
            System.out.printf(
                    "  %-34s %-20s %s%n",
                    name,
                    turns.figure("bounded").withDecimals(1),
                    turns.ratio("bounded", "unbounded").withDecimals(2));
        } catch (IllegalStateException e) {
            System.out.printf("  %-34s refused: %s%n", name, e.getMessage());
            if (!bounds.containsKey(FORCE) && e.getMessage().contains(FORCE)) {
                Map<String, String> forced = new TreeMap<>(bounds);
                forced.put(FORCE, "1");
                compare(unbounded, name + ", forced", precision, forced);
            }
        }
    }

    private static WorkerProcess worker(String name, Precision precision, Map<String, String> bounds)
            throws IOException {
        Map<String, String> environment = new TreeMap<>(ExecutorEnvironment.shipped());
        environment.putAll(bounds);
        List<String> main =
                List.of(ForwardWorker.class.getName(), precision.name(), Integer.toString(THREADS), BATCH, "runner");
        return WorkerProcess.java("cpu-" + name, WorkerProcess.ownClassPath(), main, environment);
    }
}
