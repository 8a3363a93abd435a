package io.swinlake.bench;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A {@link Worker} in a process of its own: its own class path, environment and libtorch. Everything else that it says goes to a log. */
final class WorkerProcess implements AutoCloseable {
    private static final Path FOLDER = Path.of("target", "bench");

    private final String name;
    private final Path log;
    private final Process process;
    private final PrintWriter requests;
    private final BufferedReader answers;

    /**
     * Starts a JVM.
     *
     * @param name of its log
     * @param classPath as {@code java.class.path}
     * @param main class or source file, and its arguments
     * @param environment what it gets besides ours; an empty value takes a variable away
     */
    static WorkerProcess java(String name, String classPath, List<String> main, Map<String, String> environment)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx" + System.getProperty("bench.child.heap", "2g")));
        command.addAll(sparkOptions());
        command.addAll(main);
        // Not as an argument: ONNX Runtime 1.29 crashes where the command line is long.
        Map<String, String> withClassPath = new HashMap<>(environment);
        withClassPath.put("CLASSPATH", classPath);
        return new WorkerProcess(name, command, withClassPath);
    }

    /**
     * Starts any program that answers as a {@link Worker} does.
     *
     * @param name of its log
     * @param environment what it gets besides ours; an empty value takes a variable away
     */
    WorkerProcess(String name, List<String> command, Map<String, String> environment) throws IOException {
        this.name = name;
        this.log = Files.createDirectories(FOLDER).resolve(name.replaceAll("[^\\w.=-]+", "-") + ".log");
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
        environment.forEach((key, value) -> {
            if (value.isEmpty()) {
                builder.environment().remove(key);
            } else {
                builder.environment().put(key, value);
            }
        });
        this.process = builder.start();
        this.requests = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
        this.answers = process.inputReader(StandardCharsets.UTF_8);
    }

    /** What our own JVM was given so that Spark may reflect. */
    private static List<String> sparkOptions() {
        return java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> option.startsWith("--add-opens") || option.startsWith("-XX:+Ignore"))
                .toList();
    }

    /** Our own class path, absolute. */
    static String ownClassPath() {
        List<String> entries = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            entries.add(Path.of(entry).toAbsolutePath().toString());
        }
        return String.join(File.pathSeparator, entries);
    }

    /**
     * Sends a request and waits for its figure.
     *
     * @throws IllegalStateException with the worker's own words if it failed
     */
    double ask(String request) throws IOException {
        requests.println(request);
        for (String line = answers.readLine(); line != null; line = answers.readLine()) {
            if (line.startsWith(Worker.FIGURE)) {
                return Double.parseDouble(line.substring(Worker.FIGURE.length()));
            }
            if (line.startsWith(Worker.FAILURE)) {
                throw new IllegalStateException(line.substring(Worker.FAILURE.length()) + " (see " + log + ")");
            }
        }
        throw new IllegalStateException("%s ended without an answer; see %s".formatted(name, log));
    }

    long pid() {
        return process.pid();
    }

    /** Processor time that it has used so far, of all its threads, in seconds. */
    double cpuSeconds() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos() / 1e9;
    }

    @Override
    public void close() {
        requests.close(); // the worker reads to the end of its input and stops
        process.destroy();
    }
}
