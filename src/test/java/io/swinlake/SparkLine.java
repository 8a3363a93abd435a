package io.swinlake;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
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

    private static final Path FOLDER = Path.of("target", "spark-lines").toAbsolutePath();

    private static final String PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath";

    private final String spark;
    private final String scala;
    private final String hadoop;

    /** @param hadoop whose client comes with it */
    SparkLine(String spark, String scala, String hadoop) {
        this.spark = spark;
        this.scala = scala;
        this.hadoop = hadoop;
    }

    /** Spark SQL and MLlib with all that they bring, and S3A, from Maven's repository; which they are is kept in {@code target}. */
    List<Path> jars() throws IOException, InterruptedException {
        Path classPath = FOLDER.resolve(spark + ".classpath");
        if (!Files.exists(classPath)) {
            Files.createDirectories(FOLDER);
            Path log = FOLDER.resolve(spark + ".log");
            assumeTrue(
                    resolve(classPath, log, "--offline") || resolve(classPath, log, "--no-transfer-progress"),
                    () -> "Maven does not get Spark " + spark + ", see " + log);
        }
        return Stream.of(Files.readString(classPath).split(File.pathSeparator))
                .map(Path::of)
                .toList();
    }

    private boolean resolve(Path classPath, Path log, String option) throws IOException, InterruptedException {
        Launcher.Run run = Launcher.run(
                Map.of(),
                List.of(
                        System.getProperty("maven.home") + "/bin/mvn",
                        "--batch-mode",
                        option,
                        "--file",
                        "src/test/spark-line/pom.xml",
                        "-Dmaven.repo.local=" + System.getProperty("settings.localRepository"),
                        "-Dspark.version=" + spark,
                        "-Dscala.suffix=" + scala,
                        "-Dhadoop.version=" + hadoop,
                        "-Dmdep.outputFile=" + classPath,
                        PLUGIN));
        Files.writeString(log, run.out() + run.err());
        return run.exit() == 0;
    }
}
