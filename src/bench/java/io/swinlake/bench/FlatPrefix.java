package io.swinlake.bench;

import io.swinlake.spark.ImageLake;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.SparkSession;

/**
 * {@code [milliseconds] [objects...]}: how long it takes to list so many objects that lie right in one folder of S3, where the
 * store answers after so many milliseconds.
 */
final class FlatPrefix {
    private FlatPrefix() {}

    public static void main(String[] args) throws IOException {
        int delayMillis = args.length > 0 ? Integer.parseInt(args[0]) : 50;
        List<String> sizes = args.length > 1 ? List.of(args).subList(1, args.length) : List.of("1000000");
        SparkSession spark = SparkSession.builder()
                .master("local[16]") // waiting takes no processor
                .config("spark.ui.enabled", "false")
                .getOrCreate();
        spark.sparkContext().setLogLevel("ERROR");
        System.out.printf("%12s %10s %10s %14s%n", "objects", "seconds", "requests", "ms a request");
        for (String size : sizes) {
            measure(spark, Long.parseLong(size), delayMillis);
        }
        System.exit(0);
    }

    private static void measure(SparkSession spark, long objects, int delayMillis) throws IOException {
        try (FlatBucket bucket = FlatBucket.start(objects, delayMillis)) {
            bucket.settings().forEach(spark.sparkContext().hadoopConfiguration()::set);
            spark.sparkContext().hadoopConfiguration().set("fs.s3a.impl.disable.cache", "true");
            long start = System.nanoTime();
            long found = ImageLake.list(spark, List.of(FlatBucket.FOLDER), "*").size();
            double seconds = (System.nanoTime() - start) / 1e9;
            System.out.printf(
                    Locale.ROOT,
                    "%12d %10.1f %10d %14.1f%n",
                    found,
                    seconds,
                    bucket.requests(),
                    seconds * 1e3 / bucket.requests());
            if (found != objects) {
                throw new IllegalStateException(found + " objects");
            }
        }
    }
}
