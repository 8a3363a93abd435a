package io.swinlake.bench;

import io.swinlake.runtime.device.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What each switch of the environment does to the throughput of Swin-T: a JVM with the switch and one with the shipped
 * settings of {@code conf/spark-defaults.conf} take turns. {@code scripts/bench switches [fp32|bf16|int8] [rounds] [seconds]
 * [batch]}
 */
final class SwitchesBenchmark {
    private static final Path FOLDER = Path.of("target", "bench");
    private static final Path JEMALLOC = Path.of("/usr/lib/x86_64-linux-gnu/libjemalloc.so.2");
    private static final int THREADS = 2;

    private final Precision precision;
    private final int rounds;
    private final String seconds;
    private final String batch;
    private final Map<String, String> shipped;

    private SwitchesBenchmark(Precision precision, int rounds, String seconds, String batch) throws IOException {
        this.precision = precision;
        this.rounds = rounds;
        this.seconds = seconds;
        this.batch = batch;
        this.shipped = ExecutorEnvironment.shipped();
    }

    /**
     * A setting that differs from the shipped ones.
     *
     * @param environment what is added; an empty value takes a variable away
     * @param streams threads that run forwards
     * @param executor as {@link ForwardWorker} names it
     * @param needs a file without which it cannot be tried
     */
    private record Switch(
            String name, Map<String, String> environment, int streams, String executor, Optional<Path> needs) {
        static Switch of(String name, Map<String, String> environment) {
            return new Switch(name, environment, THREADS, "runner", Optional.empty());
        }

        static Switch jemalloc(String name, Map<String, String> environment) {
            Map<String, String> all = new TreeMap<>(environment);
            all.put("LD_PRELOAD", JEMALLOC.toString());
            return new Switch(name, all, THREADS, "runner", Optional.of(JEMALLOC));
        }
    }

    private static List<Switch> switches() {
        Map<String, String> noThresholds = Map.of("MALLOC_MMAP_THRESHOLD_", "", "MALLOC_TRIM_THRESHOLD_", "");
        return List.of(
                Switch.of("the shipped settings again", Map.of()),
                Switch.of("without MALLOC_*_THRESHOLD_", noThresholds),
                Switch.of("GLIBC_TUNABLES=glibc.malloc.hugetlb=1", Map.of("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")),
                Switch.of("THP_MEM_ALLOC_ENABLE=1", Map.of("THP_MEM_ALLOC_ENABLE", "1")),
                Switch.of("without MALLOC_ARENA_MAX", Map.of("MALLOC_ARENA_MAX", "")),
                Switch.jemalloc("jemalloc", Map.of()),
                Switch.jemalloc(
                        "jemalloc, thp:always, decay off",
                        Map.of("MALLOC_CONF", "thp:always,dirty_decay_ms:-1,muzzy_decay_ms:-1")),
                Switch.of("ONEDNN_DEFAULT_FPMATH_MODE=BF16", Map.of("ONEDNN_DEFAULT_FPMATH_MODE", "BF16")),
                Switch.of("LRU_CACHE_CAPACITY=1024", Map.of("LRU_CACHE_CAPACITY", "1024")),
                Switch.of("GOMP_SPINCOUNT=0", Map.of("GOMP_SPINCOUNT", "0")),
                new Switch(
                        "OMP_NUM_THREADS=2, one task", Map.of("OMP_NUM_THREADS", "2"), 1, "runner", Optional.empty()),
                new Switch(
                        "the same, GOMP_SPINCOUNT=100000",
                        Map.of("OMP_NUM_THREADS", "2", "GOMP_SPINCOUNT", "100000"),
                        1,
                        "runner",
                        Optional.empty()),
                new Switch(
                        "OMP_NUM_THREADS=2, two tasks",
                        Map.of("OMP_NUM_THREADS", "2"),
                        THREADS,
                        "runner",
                        Optional.empty()),
                new Switch("DJL predictor, graph_optimizer=false", Map.of(), THREADS, "simple", Optional.empty()),
                new Switch("DJL predictor, graph_optimizer=true", Map.of(), THREADS, "profiling", Optional.empty()));
    }

    public static void main(String[] arguments) throws Exception {
        String precision = arguments.length > 0 ? arguments[0] : "fp32";
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 5;
        String seconds = arguments.length > 2 ? arguments[2] : "2";
        String batch = arguments.length > 3 ? arguments[3] : "8";
        Photos.jpegs(FOLDER, 64);
        new SwitchesBenchmark(Precision.valueOf(precision.toUpperCase(Locale.ROOT)), rounds, seconds, batch).measure();
        System.exit(0);
    }

    private void measure() throws Exception {
        System.out.println(Machine.describe());
        System.out.printf(
                "Swin-T %s, %d tasks, batch %s, transparent huge pages %s; shipped: %s%n"
                        + "throughput beside that of the shipped settings, median of %d rounds (least to most)%n",
                precision, THREADS, batch, hugePages(), shipped, rounds);
        try (WorkerProcess baseline = worker("shipped", shipped, THREADS, "runner")) {
            baseline.ask(seconds); // warms up
            for (Switch change : switches()) {
                if (change.needs().filter(file -> !Files.exists(file)).isPresent()) {
                    System.out.printf(
                            "  %-40s skipped: %s is missing%n",
                            change.name(), change.needs().get());
                } else {
                    compare(baseline, change);
                }
            }
        }
    }

    private void compare(WorkerProcess baseline, Switch change) throws Exception {
        Map<String, String> environment = new LinkedHashMap<>(shipped);
        environment.putAll(change.environment());
        try (WorkerProcess changed = worker(change.name(), environment, change.streams(), change.executor())) {
            changed.ask(seconds); // warms up
            Turns turns = Turns.take(
                    rounds, Map.of("shipped", () -> baseline.ask(seconds), "changed", () -> changed.ask(seconds)));
            System.out.printf(
                    "  %-40s %s   (%s images/s)%n",
                    change.name(),
                    turns.ratio("changed", "shipped").withDecimals(3),
                    turns.figure("changed").withDecimals(1));
        } catch (IllegalStateException e) {
            System.out.printf("  %-40s stops at %s%n", change.name(), e.getMessage());
        }
    }

    private WorkerProcess worker(String name, Map<String, String> environment, int streams, String executor)
            throws IOException {
        List<String> main =
                List.of(ForwardWorker.class.getName(), precision.name(), Integer.toString(streams), batch, executor);
        return WorkerProcess.java("switch-" + name, WorkerProcess.ownClassPath(), main, environment);
    }

    private static String hugePages() throws IOException {
        Path setting = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");
        return Files.exists(setting) ? Files.readString(setting).trim() : "unknown";
    }
}
