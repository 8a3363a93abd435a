package io.swinlake.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.swinlake.cli.Run;
import io.swinlake.spark.LocalSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;

/**
 * What files that were made to take memory and time cost others: the peak of a heap of 512 MB with one decoder, sixteen
 * decoders at once in a heap of 1 GB, and a job over 1,000 digits with and without them. Arguments: rounds (3), and folders with
 * more such files. {@code scripts/bench hostile}
 */
final class HostileBenchmark {
    private static final Path BENCH = Path.of("target", "bench");
    private static final int DIGITS = 1000;

    /** Spark's default for a driver or an executor. */
    private static final String DEFAULT_HEAP = "-Xmx1g";

    private HostileBenchmark() {}

    public static void main(String[] args) throws Exception {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 3;
        List<Path> hostile = new ArrayList<>(files(Path.of("src/test/resources/images-hostile")));
        for (int i = 1; i < args.length; i++) {
            hostile.addAll(files(Path.of(args[i])));
        }
        List<Path> all = new ArrayList<>(hostile);
        all.addAll(files(Path.of("src/test/resources/images")));
        System.out.println(Machine.describe());
        decoders(all);
        jobs(hostile, rounds);
        System.exit(0);
    }

    private static void decoders(List<Path> files) throws IOException {
        Path list = Files.write(
                Files.createDirectories(BENCH).resolve("hostile.txt"),
                files.stream().map(Path::toString).toList());
        try (WorkerProcess alone = worker("-Xmx512m", list);
                WorkerProcess together = worker(DEFAULT_HEAP, list)) {
            System.out.printf(
                    "%d files, one decoder, heap 512 MB: at most %.0f MB of heap and %.1f s of processor time for a file%n",
                    files.size(), alone.ask("peak"), alone.ask("slowest"));
            System.out.printf(
                    "16 decoders at once, heap 1 GB, each file by each: %.1f s, each as alone%n",
                    together.ask("together"));
        }
    }

    private static WorkerProcess worker(String heap, Path list) throws IOException {
        List<String> main = List.of(heap, "-XX:+UseSerialGC", HostileWorker.class.getName(), list.toString());
        return WorkerProcess.java("hostile" + heap, WorkerProcess.ownClassPath(), main, Map.of());
    }

    private static void jobs(List<Path> hostile, int rounds) throws Exception {
        Path digits = BENCH.resolve("digits");
        Path mixed = BENCH.resolve("digits-and-hostile");
        List<Path> demo = files(Path.of("examples/demo/images"));
        for (Path folder : List.of(digits, mixed)) {
            FileUtils.deleteDirectory(folder.toFile());
            Files.createDirectories(folder);
            for (int i = 0; i < DIGITS; i++) {
                Files.copy(demo.get(i % demo.size()), folder.resolve("digit-" + (DIGITS + i) + ".png"));
            }
        }
        for (int i = 0; i < hostile.size(); i++) {
            Path file = hostile.get(i);
            Files.copy(file, mixed.resolve(i + "-" + file.getFileName()));
        }
        LocalSpark.session();
        infer(digits); // loads the model and warms up
        Map<String, Callable<Double>> contenders = new LinkedHashMap<>();
        contenders.put("alone", () -> infer(digits));
        contenders.put("mixed", () -> infer(mixed));
        Turns turns = Turns.take(rounds, contenders);
        System.out.printf(
                "infer over %d digits: %s s; with %d hostile files among them: %s s, ratio %s%n",
                DIGITS,
                turns.figure("alone").withDecimals(1),
                hostile.size(),
                turns.figure("mixed").withDecimals(1),
                turns.ratio("mixed", "alone").withDecimals(2));
    }

    /** Seconds of a job in which each digit has to be predicted. */
    private static double infer(Path folder) throws IOException {
        Path output = BENCH.resolve("hostile-table");
        FileUtils.deleteDirectory(output.toFile());
        Run run = Run.inCurrentSession(
                "infer", "--model", "examples/demo/model", "--input", folder.toString(), "--output", output.toString());
        JsonNode summary = run.summary();
        long digits = LocalSpark.session()
                .read()
                .parquet(output.toString())
                .where("path like '%digit-%' and error is null")
                .count();
        if (digits != DIGITS || (run.exitCode() != 0 && run.exitCode() != 3)) {
            throw new IllegalStateException(
                    "%s of %s digits, exit code %s: %s".formatted(digits, DIGITS, run.exitCode(), run.err()));
        }
        return summary.get("seconds").asDouble();
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> !file.toString().endsWith(".json"))
                    .sorted()
                    .toList();
        }
    }
}
