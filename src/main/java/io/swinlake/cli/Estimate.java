package io.swinlake.cli;

import io.swinlake.cli.command.CommandException;
import io.swinlake.cli.command.Json;
import io.swinlake.spark.SwinInference;
import io.swinlake.spark.inference.OutcomeCounts;
import io.swinlake.storage.DiscardingFileSystem;
import io.swinlake.table.ParquetRows;
import io.swinlake.table.RunObjects;
import io.swinlake.table.RunRecord;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;

/**
 * How long a job would take: a sample of its images goes the whole way of the job, but for the last step, where its rows are
 * thrown away. The times of the tasks, not of the wall, are what a larger job has more of.
 */
final class Estimate {
    /** Other images than those that are measured, half as many, are computed again and again before: Java compiles what runs often. */
    private static final long MOST_WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(15);

    /** So that a sample of 500 takes all of that. */
    private static final long WARM_UP_NANOS_PER_IMAGE = MOST_WARM_UP_NANOS / 500;

    private final SparkSession spark;
    private final RunObjects objects;
    private final SwinInference inference;
    private final boolean isRun;

    /**
     * Computes nothing yet.
     *
     * @param objects that the job would compute
     * @param isRun whether rows are written twice: in parts, and from there to the table
     */
    Estimate(SparkSession spark, RunObjects objects, SwinInference inference, boolean isRun) {
        this.spark = spark;
        this.objects = objects;
        this.inference = inference;
        this.isRun = isRun;
    }

    /**
     * The last line on stdout.
     *
     * @param images that the job would compute
     * @param imagesPerSecond of all stages together
     * @param throughput the same by stage, as a run's record has it
     */
    private record Summary(
            String command,
            String output,
            long sample,
            long failed,
            long images,
            double imagesPerSecond,
            double hours,
            RunRecord.Throughput throughput) {}

    /** Says what a sample tells. */
    void print(int sample, String output, PrintWriter out, PrintWriter err) {
        List<Row> rows = sample(sample + sample / 2);
        if (rows.isEmpty()) {
            throw CommandException.preflight("%s: there is nothing to compute, so nothing to estimate", output);
        }
        StructType columns = objects.toDataset(spark).schema();
        int measured = Math.min(sample, rows.size());
        List<Row> others = measured < rows.size() ? rows.subList(measured, rows.size()) : rows;
        err.printf(Locale.ROOT, "estimating: %d of %d images%n", measured, objects.size());
        long start = System.nanoTime();
        do {
            compute(others, columns);
        } while (System.nanoTime() - start < Math.min(MOST_WARM_UP_NANOS, measured * WARM_UP_NANOS_PER_IMAGE));
        long failedBefore = failed();
        SortedMap<String, Long> before = inference.times().value();
        long imagesBefore = inference.outcomes().total();
        compute(rows.subList(0, measured), columns);
        SortedMap<String, Long> nanos = new TreeMap<>(inference.times().value());
        before.forEach((stage, time) -> nanos.merge(stage, -time, Long::sum));
        if (isRun) {
            nanos.computeIfPresent("write", (stage, time) -> 2 * time);
        }
        RunRecord.Throughput throughput = StageRates.of(
                        spark, nanos, inference.outcomes().total() - imagesBefore)
                .orElseThrow();
        double all = StageRates.all(throughput);
        double hours = objects.size() / all / 3600;
        long failed = failed() - failedBefore;
        throughput
                .imagesPerSecond()
                .forEach((stage, rate) -> err.printf(Locale.ROOT, "  %-8s %10.1f images/s%n", stage, rate));
        err.printf(
                Locale.ROOT,
                "%d cores: %.1f images/s, limited by %s; %.2f hours for %d images; %d MiB of memory for the largest process; %d of the sample failed%n",
                throughput.cores(),
                all,
                throughput.limitingStage(),
                hours,
                objects.size(),
                throughput.memoryMib(),
                failed);
        out.println(Json.line(new Summary(
                "estimate",
                output,
                measured,
                failed,
                objects.size(),
                Math.round(all * 10) / 10.0,
                Math.round(hours * 10_000) / 10_000.0,
                throughput)));
    }

    private long failed() {
        return inference.outcomes().total() - inference.outcomes().count(OutcomeCounts.OK);
    }

    /** By a hash of the path, so that folders of large and of small images are met alike; the same at every call. */
    private List<Row> sample(int count) {
        return objects.toDataset(spark)
                .orderBy(functions.xxhash64(functions.col("path")))
                .limit(count)
                .collectAsList();
    }

    private void compute(List<Row> rows, StructType columns) {
        int cores = spark.sparkContext().defaultParallelism();
        Dataset<Row> images = spark.createDataFrame(
                JavaSparkContext.fromSparkContext(spark.sparkContext()).parallelize(rows, cores), columns);
        Path nowhere = DiscardingFileSystem.register(spark.sparkContext().hadoopConfiguration());
        ParquetRows.writeUnfinished(inference.computation().apply(images), nowhere);
    }
}
