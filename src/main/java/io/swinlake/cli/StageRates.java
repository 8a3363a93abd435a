package io.swinlake.cli;

import io.swinlake.spark.inference.StageClock.Stage;
import io.swinlake.table.RunRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.sql.SparkSession;

/** Makes of the times of tasks how many images per second each stage does. */
final class StageRates {
    /** What the kernel tells of the most memory that this process had at once. */
    private static final Path STATUS = Path.of("/proc/self/status");

    private StageRates() {}

    /**
     * Empty if no image was computed.
     *
     * @param nanos of all tasks together, by the word of their stage
     * @param images that they computed
     */
    static Optional<RunRecord.Throughput> of(SparkSession spark, Map<String, Long> nanos, long images) {
        int cores = spark.sparkContext().defaultParallelism();
        SortedMap<String, Double> rates = new TreeMap<>();
        for (Stage stage : Stage.values()) {
            long time = nanos.getOrDefault(stage.word(), 0L);
            if (stage != Stage.START && time > 0 && images > 0) {
                rates.put(stage.word(), Math.round(images * (double) cores / (time / 1e9) * 10) / 10.0);
            }
        }
        return rates.entrySet().stream()
                .min(Map.Entry.comparingByValue())
                .map(slowest -> new RunRecord.Throughput(cores, rates, slowest.getKey(), mostMemoryMib(spark, cores)));
    }

    /** Images per second if each takes its time at all stages. */
    static double all(RunRecord.Throughput throughput) {
        return 1
                / throughput.imagesPerSecond().values().stream()
                        .mapToDouble(rate -> 1 / rate)
                        .sum();
    }

    /** Of the executors that a round of tasks meets. */
    private static long mostMemoryMib(SparkSession spark, int cores) {
        return Collections.max(JavaSparkContext.fromSparkContext(spark.sparkContext())
                .parallelize(IntStream.range(0, cores).boxed().toList(), cores)
                .map(new MemoryOfProcess())
                .collect());
    }

    private static final class MemoryOfProcess implements Function<Integer, Long> {
        private static final long serialVersionUID = 1;

        @Override
        public Long call(Integer task) throws IOException {
            if (!Files.exists(STATUS)) {
                return 0L;
            }
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith("VmHWM:"))
                    .map(line -> Long.parseLong(line.replaceAll("\\D", "")) >> 10)
                    .findFirst()
                    .orElse(0L);
        }
    }
}
