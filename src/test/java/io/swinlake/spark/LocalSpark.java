package io.swinlake.spark;

import org.apache.spark.sql.SparkSession;

/** The one Spark session that all tests of a JVM share: two tasks at a time, in the JVM itself. */
public final class LocalSpark {
    private LocalSpark() {}

    public static SparkSession session() {
        return SparkSession.builder()
                .master("local[2]")
                .appName("tests")
                .config("spark.ui.enabled", false)
                .config("spark.sql.shuffle.partitions", 2)
                .config("spark.sql.extensions", SwinlakeExtensions.class.getName())
                .config("spark.log.level", "WARN")
                .getOrCreate();
    }
}
