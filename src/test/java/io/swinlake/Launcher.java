package io.swinlake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** {@code scripts/swinlake} as a person runs it: the jar for spark-submit, and a Spark home without our dependencies. */
public final class Launcher {
    private Launcher() {}

    /** The jar for spark-submit, in tests that run after it was made. */
    public static Path jar() {
        return Path.of("target", System.getProperty("swinlake.jar")).toAbsolutePath();
    }

    /** What a finished process left. */
    public record Run(int exit, String out, String err) {
        /** The last line on standard output. */
        public JsonNode summary() throws IOException {
            List<String> lines = out.lines().toList();
            return new ObjectMapper().readTree(lines.get(lines.size() - 1));
        }
    }

    /** Runs the launcher with Maven's Spark. */
    static Run swinlake(String... words) throws IOException, InterruptedException {
        return swinlake(Map.of(), List.of(words));
    }

    /** Runs the launcher with these variables added to the environment, which asks for Maven's Spark. */
    public static Run swinlake(Map<String, String> environment, List<String> words)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("scripts/swinlake"));
        command.addAll(words);
        return run(environment, command);
    }

    /** Runs a command with these variables added to the environment, which asks for Maven's Spark. */
    public static Run run(Map<String, String> environment, List<String> command)
            throws IOException, InterruptedException {
        return run(environment, command, Duration.ofMinutes(30));
    }

    /** The same; a command that has not ended by then fails the test, and is killed with all that it started. */
    static Run run(Map<String, String> environment, List<String> command, Duration limit)
            throws IOException, InterruptedException {
        Map<String, String> withOurSpark = new HashMap<>(environment);
        withOurSpark.putIfAbsent("SPARK_HOME", "");
        return program(withOurSpark, command, limit);
    }

    /** Runs a program that is not ours: it sees no Spark but one in the variables. */
    static Run program(Map<String, String> environment, List<String> command, Duration limit)
            throws IOException, InterruptedException {
        Path out = Files.createTempFile("swinlake", ".out");
        Path err = Files.createTempFile("swinlake", ".err");
        try {
            ProcessBuilder process =
                    new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
            process.environment().remove("SPARK_HOME");
            process.environment().putAll(environment);
            Process started = process.start();
            if (!started.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
                List<ProcessHandle> all = started.descendants().toList();
                started.destroyForcibly();
                all.forEach(ProcessHandle::destroyForcibly);
                throw new AssertionError("%s: not after %s%n%s%s"
                        .formatted(command, limit, Files.readString(out), Files.readString(err)));
            }
            return new Run(started.exitValue(), Files.readString(out), Files.readString(err));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }
}
