package io.swinlake.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.swinlake.ShortRun;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** One command of swinlake that may be killed: a spark-submit process with two executors, which are JVMs of their own. */
final class KilledCommand {
    private final Process driver;
    private final List<ProcessHandle> executors = new ArrayList<>();
    private final Queue<String> err = new ConcurrentLinkedQueue<>();
    private final CountDownLatch working = new CountDownLatch(1);
    private final Path out;
    private final Thread errReader;

    private KilledCommand(Process driver, Path out) {
        this.driver = driver;
        this.out = out;
        this.errReader = new Thread(this::readErr, "stderr");
        errReader.start();
    }

    /**
     * Starts a command.
     *
     * @param folder for what it prints
     * @param settings of Spark
     * @param verb with its options
     */
    static KilledCommand start(Path folder, Map<String, String> settings, List<String> verb) throws IOException {
        List<String> words = new ArrayList<>(List.of(
                "scripts/swinlake",
                "--master",
                "local-cluster[2,1,512]",
                "--driver-memory",
                "512m",
                "--conf",
                "spark.executor.memory=512m",
                "--conf",
                "spark.executor.extraJavaOptions=" + ShortRun.JAVA_OPTIONS,
                "--conf",
                "spark.ui.enabled=false"));
        settings.forEach((key, value) -> words.addAll(List.of("--conf", key + "=" + value)));
        words.addAll(verb);
        Path out = Files.createTempFile(folder, "command", ".out");
        ProcessBuilder command = new ProcessBuilder(words).redirectOutput(out.toFile());
        command.environment().remove("SPARK_HOME");
        command.environment().merge("SPARK_SUBMIT_OPTS", ShortRun.JAVA_OPTIONS, (own, more) -> own + " " + more);
        return new KilledCommand(command.start(), out);
    }

    private void readErr() {
        try (BufferedReader lines = driver.errorReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                err.add(line);
                if (line.contains(" to compute; model ")) {
                    working.countDown();
                }
            }
        } catch (IOException e) {
            err.add(e.toString()); // the pipe of a killed process
        }
        working.countDown();
    }

    /** Waits until {@code infer} has listed the images and begins to compute; false if it ends before. */
    boolean awaitWork() throws InterruptedException {
        working.await();
        return isAlive();
    }

    boolean isAlive() {
        return driver.isAlive();
    }

    /** An executor of the two, if one is running. */
    boolean killExecutor(Random random) {
        return RunningExecutors.killOne(driver.toHandle(), random);
    }

    boolean killDriver() {
        executors.addAll(RunningExecutors.of(driver.toHandle()));
        boolean wasAlive = driver.isAlive();
        driver.destroyForcibly();
        return wasAlive;
    }

    /** Its exit status. */
    int awaitEnd() throws InterruptedException {
        int exit = driver.waitFor();
        errReader.join(TimeUnit.SECONDS.toMillis(20)); // orphaned executors may hold the pipe for a while
        return exit;
    }

    /** Executors whose driver was killed end by themselves; one that does not must not disturb the next trial. */
    void endExecutors() {
        executors.forEach(ProcessHandle::destroyForcibly);
    }

    String err() {
        return String.join("\n", err);
    }

    /** Rows that an {@code infer} which came to its end took over from another. */
    long resumed() throws IOException {
        List<String> lines = Files.readAllLines(out);
        return new ObjectMapper()
                .readTree(lines.get(lines.size() - 1))
                .get("resumed")
                .asLong();
    }
}
