package io.swinlake.table;

import com.sun.management.OperatingSystemMXBean;
import io.swinlake.bench.HeapWatch;
import io.swinlake.bench.SyntheticFileSystem;
import io.swinlake.spark.ImageLake;
import io.swinlake.spark.LocalSpark;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * {@code [inventory] [objects...]}: how long the plan of an incremental run takes, and how much of the driver's heap, over a lake
 * of so many synthetic objects of which one in a thousand is new; listed, or taken from an S3 Inventory of them. Executors run
 * in the driver, so the heap is that of both.
 */
final class ScaleBenchmark {
    private static final int NEW_ONE_IN = 1000;

    /** {@code --checkpoint-every} as it is on two cores. */
    private static final int IMAGES_PER_PART = 8192;

    private static final String ETAG =
            "concat(lower(lpad(hex(id * %s), 16, '0')), lower(lpad(hex(id), 16, '0')))".formatted(0x9E3779B97F4A7C15L);

    private ScaleBenchmark() {}

    /** Ends a run when it is planned. */
    private static final class Planned extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final RunWork.Plan plan;

        Planned(RunWork.Plan plan) {
            super("planned", null, false, false);
            this.plan = plan;
        }
    }

    public static void main(String[] args) throws IOException {
        SparkSession spark = LocalSpark.session();
        spark.sparkContext().hadoopConfiguration().set("fs.synthetic.impl", SyntheticFileSystem.class.getName());
        spark.conf().set("spark.sql.shuffle.partitions", "200"); // Spark's own, which the tests lower
        Path home = Files.createTempDirectory(Files.createDirectories(Path.of("target/bench")), "scale");
        HeapWatch heap = HeapWatch.start();
        boolean fromInventory = args.length > 0 && args[0].equals("inventory");
        List<String> sizes = List.of(args).subList(fromInventory ? 1 : 0, args.length);
        System.out.printf(
                "%12s %12s %10s %10s %12s %14s %14s %10s%n",
                "objects",
                "to compute",
                "seconds",
                "minutes",
                "cpu seconds",
                "us per object",
                "peak heap, MiB",
                "requests");
        try {
            for (String objects : sizes.isEmpty() ? List.of("1000000", "10000000") : sizes) {
                measure(spark, home.resolve(objects), Long.parseLong(objects), fromInventory, heap);
            }
        } finally {
            FileUtils.deleteDirectory(home.toFile());
        }
    }

    private static void measure(SparkSession spark, Path table, long objects, boolean fromInventory, HeapWatch heap)
            throws IOException {
        String bucket = fromInventory ? "s3a://lake" : "synthetic://" + objects;
        fill(spark, table, bucket, objects);
        Path report = table.resolveSibling(objects + "-report");
        String input = fromInventory ? inventory(spark, report, objects) : bucket + "/";
        SyntheticFileSystem.takeRequests();
        var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        heap.reset();
        long cpu = system.getProcessCpuTime();
        long start = System.nanoTime();
        RunWork.Plan plan = plan(spark, table, input);
        double seconds = (System.nanoTime() - start) / 1e9;
        double cpuSeconds = (system.getProcessCpuTime() - cpu) / 1e9;
        spark.sharedState().cacheManager().clearCache();
        System.out.printf(
                "%12d %12d %10.1f %10.2f %12.1f %14.2f %14d %10d%n",
                objects,
                plan.missing(),
                seconds,
                seconds / 60,
                cpuSeconds,
                seconds * 1e6 / objects,
                heap.mebibytes(),
                SyntheticFileSystem.takeRequests());
        if (plan.missing() != objects / NEW_ONE_IN || plan.objects() != objects) {
            throw new IllegalStateException(plan.toString());
        }
        FileUtils.deleteDirectory(table.toFile());
        FileUtils.deleteDirectory(report.toFile());
    }

    /** A report of S3 Inventory in Parquet, with all objects. */
    private static String inventory(SparkSession spark, Path report, long objects) throws IOException {
        Path manifest =
                Files.createDirectories(report.resolve("2026-11-28T01-00Z")).resolve("manifest.json");
        Path data = report.resolve("data");
        spark.range(0, objects, 1, 64)
                .selectExpr(
                        "'lake' AS bucket",
                        "substring(%s, 12) AS key".formatted(path("s3a://lake")),
                        "50000 + id % 100000 AS size",
                        "timestamp_millis(%s) AS last_modified_date".formatted(SyntheticFileSystem.TIME),
                        ETAG + " AS e_tag")
                .write()
                .parquet(data.toString());
        try (Stream<Path> files = Files.list(data)) {
            Files.writeString(
                    manifest,
                    "{\"sourceBucket\":\"lake\",\"destinationBucket\":\"arn:aws:s3:::reports\",\"fileFormat\":\"Parquet\",\"files\":["
                            + files.map(file -> file.getFileName().toString())
                                    .filter(name -> name.startsWith("part-"))
                                    .map(name -> "{\"key\":\"data/" + name + "\"}")
                                    .collect(Collectors.joining(","))
                            + "]}");
        }
        return manifest.toString();
    }

    private static String path(String bucket) {
        return "concat('%s/photos-of-the-lake-', lpad(cast(id div %s AS string), 6, '0'), '/photo-', lpad(cast(id AS string), 32, '0'), '.jpg')"
                .formatted(bucket, SyntheticFileSystem.FOLDER);
    }

    private static RunWork.Plan plan(SparkSession spark, Path table, String input) throws IOException {
        ImageLake lake = ImageLake.list(spark, List.of(input), "*");
        try {
            Runs.of(spark, TableFormat.PARQUET, table.toString(), Optional.empty())
                    .complete(
                            TinyLake.request(table.toString(), "2", IMAGES_PER_PART),
                            () -> new SyntheticWork(lake, step -> {}, plan -> {
                                throw new Planned(plan);
                            }));
            throw new IllegalStateException("it was not planned");
        } catch (Planned planned) {
            return planned.plan;
        }
    }

    /** A table of one run that holds all objects but every thousandth. */
    private static void fill(SparkSession spark, Path table, String bucket, long objects) throws IOException {
        Dataset<Row> held = spark.range(0, objects, 1, 64)
                .where("id % " + NEW_ONE_IN + " != 7")
                .selectExpr(
                        path(bucket) + " AS path",
                        "50000 + id % 100000 AS length",
                        "timestamp_millis(%s) AS modificationTime".formatted(SyntheticFileSystem.TIME),
                        ETAG + " AS etag");
        Dataset<Row> rows = SyntheticWork.withResults(held);
        Path run = table.resolve("run=1");
        ParquetRows.write(
                rows, new org.apache.hadoop.fs.Path(run.resolve("attempt").toString()));
        RunRequest request = TinyLake.request(table.toString(), "1");
        RunWork work = new SyntheticWork(ImageLake.list(spark, List.of(run.toString()), "*"), step -> {}, plan -> {});
        RunRecord record = RunRecord.of(
                request,
                work,
                "attempt",
                Instant.now(),
                new RunRecord.Counts(
                        objects, 0, 0, 0, objects - objects / NEW_ONE_IN, Optional.empty(), 0, 0, new TreeMap<>()));
        Files.writeString(run.resolve(RunRecord.FILE_NAME), record.toJson());
    }
}
