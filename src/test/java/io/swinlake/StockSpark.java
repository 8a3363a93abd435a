package io.swinlake;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.launcher.JavaModuleOptions;

/**
 * A Spark as it comes, out of its Python package.
 *
 * @param requirements of the Python environment that has it
 */
public record StockSpark(String version, String scala, String hadoop, Path requirements) {
    /** Set by {@code scripts/test --spark}: tests take all, not only one. */
    public static final String ALL = "swinlake.sparks";

    private static final Path PYTHON = Path.of("src/test/python");

    private static final List<StockSpark> SPARKS = List.of(
            new StockSpark("3.5.7", "2.12", "3.3.4", PYTHON.resolve("package/package-3.5.txt")),
            new StockSpark("4.0.5", "2.13", "3.4.1", PYTHON.resolve("stock/spark-4.0.txt")),
            new StockSpark("4.1.4", "2.13", "3.4.2", PYTHON.resolve("stock/spark-4.1.txt")),
            new StockSpark("4.2.0", "2.13", "3.5.0", PYTHON.resolve("package/package-4.2.txt")),
            new StockSpark("4.3.0", "2.13", "3.5.0", PYTHON.resolve("package/package-4.3.txt")));

    public static Stream<StockSpark> tested() {
        return SPARKS.stream().filter(spark -> Boolean.getBoolean(ALL) || spark.version.equals("4.2.0"));
    }

    /** Those whose Python environment has a client of Connect too. */
    public static Stream<StockSpark> withConnect() {
        return tested().filter(spark ->
                spark.requirements.startsWith(PYTHON.resolve("package")) && !spark.version.startsWith("3."));
    }

    public PythonEnvironment python() {
        return PythonEnvironment.of(requirements);
    }

    public Path home() {
        return python().sitePackages().resolve("pyspark");
    }

    public List<Path> jars() throws IOException {
        try (Stream<Path> files = Files.list(home().resolve("jars"))) {
            return files.filter(file -> file.toString().endsWith(".jar")).toList();
        }
    }

    /** A program of the tests with our jar in a JVM of this Spark: several jobs for the price of one start. */
    public Launcher.Run java(Class<?> program, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(JavaModuleOptions.defaultModuleOptions().split(" ", -1)));
        command.addAll(List.of(ShortRun.JAVA_OPTIONS.split(" ", -1)));
        command.addAll(List.of("-Xmx2g", "-Dspark.master=local[2]", "-Dspark.ui.enabled=false"));
        String classPath = String.join(
                File.pathSeparator,
                Launcher.jar().toString(),
                "target/test-classes",
                home().resolve("jars/*").toString());
        command.addAll(List.of("-cp", classPath, program.getName()));
        command.addAll(List.of(arguments));
        return Launcher.run(Map.of(), command);
    }

    @Override
    public String toString() {
        return "Spark " + version;
    }
}
