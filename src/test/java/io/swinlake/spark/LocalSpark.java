package io.swinlake.spark;

import io.swinlake.ShortRun;
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

    /** Instead of that one, executors of one core and 1 GB, each a JVM of its own: to be started, and stopped, by the test. */
    public static SparkSession.Builder cluster(int executors) {
        session().stop();
        return SparkSession.builder()
                .master("local-cluster[" + executors + ",1,2048]")
                .appName("local-cluster test")
                .config("spark.ui.enabled", false)
                .config("spark.executor.memory", "1g")
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .config("spark.executor.extraJavaOptions", ShortRun.JAVA_OPTIONS)
                .config("spark.executorEnv.OMP_NUM_THREADS", "1")
                .config(
                        "spark.executorEnv.SPARK_SCALA_VERSION",
                        "2.12") // a Spark home of Maven's jars does not tell it
                .config("spark.scheduler.minRegisteredResourcesRatio", "1");
    }
}
