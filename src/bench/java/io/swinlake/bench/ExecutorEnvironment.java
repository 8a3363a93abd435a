package io.swinlake.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** The environment of executors, for JVMs and sessions that benchmarks start themselves. */
public final class ExecutorEnvironment {
    /** What the names of Spark's settings for it begin with. */
    public static final String PREFIX = "spark.executorEnv.";

    private ExecutorEnvironment() {}

    /** As {@code conf/spark-defaults.conf} sets it. */
    static Map<String, String> shipped() throws IOException {
        Map<String, String> environment = new TreeMap<>();
        for (String line : Files.readAllLines(Path.of("conf", "spark-defaults.conf"))) {
            if (line.startsWith(PREFIX)) {
                String[] words = line.split("\\s+", 2);
                environment.put(words[0].substring(PREFIX.length()), words[1]);
            }
        }
        return environment;
    }

    /** As {@code scripts/bench} was given it: the shipped settings, but for those that whoever called it had set otherwise. */
    public static Map<String, String> ofThisRun() throws IOException {
        Map<String, String> environment = shipped();
        environment.replaceAll((name, value) -> System.getenv().getOrDefault(name, value));
        return environment;
    }
}
