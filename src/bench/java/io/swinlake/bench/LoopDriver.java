package io.swinlake.bench;

import io.swinlake.ShortRun;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A {@link CommandLoop} by the launcher, with executors of one core that are JVMs of their own. */
final class LoopDriver implements AutoCloseable {
    private final Process process;
    private final PrintWriter commands;
    private final BufferedReader answers;

    /**
     * Starts a driver.
     *
     * @param log to which what it says on standard error is added
     * @param settings of Spark
     */
    LoopDriver(Path log, int executors, Map<String, String> settings) throws IOException {
        List<String> words = new ArrayList<>(List.of("scripts/swinlake", "--class", CommandLoop.class.getName()));
        words.addAll(List.of("--master", "local-cluster[%s,1,512]".formatted(executors), "--driver-memory", "512m"));
        words.addAll(List.of("--driver-class-path", classPath()));
        Map<String, String> all = new TreeMap<>(settings);
        all.put("spark.executor.memory", "512m");
        all.put("spark.executor.extraJavaOptions", ShortRun.JAVA_OPTIONS);
        all.put("spark.deploy.maxExecutorRetries", "-1");
        all.put("spark.ui.enabled", "false");
        all.forEach((key, value) -> words.addAll(List.of("--conf", key + "=" + value)));
        words.add("loop");
        ProcessBuilder command = new ProcessBuilder(words).redirectError(Redirect.appendTo(log.toFile()));
        command.environment().remove("SPARK_HOME");
        command.environment().merge("SPARK_SUBMIT_OPTS", ShortRun.JAVA_OPTIONS, (own, more) -> own + " " + more);
        process = command.start();
        commands = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
        answers = process.inputReader(StandardCharsets.UTF_8);
    }

    /** Of the tests and the jar. */
    static String classPath() throws IOException {
        return Path.of("target/test-classes").toAbsolutePath() + ":" + jar();
    }

    private static Path jar() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("target"))) {
            return files.filter(file -> file.getFileName().toString().matches("swinlake-[0-9.]+(-SNAPSHOT)?\\.jar"))
                    .findFirst()
                    .orElseThrow()
                    .toAbsolutePath();
        }
    }

    /** Gives a command; the answer is its exit code and last line, or nothing if the driver is killed meanwhile. */
    CompletableFuture<String> start(List<String> words) {
        commands.println(String.join(CommandLoop.BETWEEN_WORDS, words));
        return CompletableFuture.supplyAsync(() -> {
            try {
                String line = answers.readLine();
                while (line != null && !line.startsWith(CommandLoop.ANSWER)) {
                    line = answers.readLine();
                }
                return line == null ? "" : line.substring(CommandLoop.ANSWER.length());
            } catch (IOException e) {
                return ""; // the pipe of a killed process
            }
        });
    }

    /** Waits for a command that must succeed. */
    static void require(CompletableFuture<String> command, long seconds) throws Exception {
        String answer = command.get(seconds, TimeUnit.SECONDS);
        if (!answer.startsWith("0 ")) {
            throw new IllegalStateException(answer);
        }
    }

    ProcessHandle process() {
        return process.toHandle();
    }

    /** Kills it. Its executors notice, and end by themselves. */
    @Override
    public void close() {
        process.destroyForcibly();
    }
}
