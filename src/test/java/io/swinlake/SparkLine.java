package io.swinlake;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A line of Spark that our one jar runs on, and where its jars are. A test that wants one is skipped where it cannot be had. */
enum SparkLine {
    V3_5("3.5.7", "2.12", "3.3.4"),
    V4_0("4.0.1", "2.13", "3.4.1"),
    V4_1("4.1.0", "2.13", "3.4.2"),
    V4_2("4.2.0", "2.13", "3.5.0");

    private final String spark;
    private final String scala;
    private final String hadoop;

    /** @param hadoop whose client comes with it */
    SparkLine(String spark, String scala, String hadoop) {
        this.spark = spark;
        this.scala = scala;
        this.hadoop = hadoop;
    }

    /** Spark SQL and MLlib with all that they bring, and S3A. */
    List<Path> jars() throws IOException, InterruptedException {
        String classPath = MavenClassPath.of(
                Path.of("target", "spark-lines", spark + ".classpath"),
                "src/test/spark-line/pom.xml",
                Map.of("spark.version", spark, "scala.suffix", scala, "hadoop.version", hadoop));
        return Stream.of(classPath.split(File.pathSeparator)).map(Path::of).toList();
    }
}
