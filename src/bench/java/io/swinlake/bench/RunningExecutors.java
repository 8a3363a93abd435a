package io.swinlake.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** The executors below a process, each a JVM of its own. */
public final class RunningExecutors {
    private RunningExecutors() {}

    public static List<ProcessHandle> of(ProcessHandle driver) {
        return driver.descendants()
                .filter(process -> isExecutor(process) && process.isAlive())
                .toList();
    }

    /** Kills one of them; false if there is none. */
    static boolean killOne(ProcessHandle driver, Random choice) {
        return one(driver, choice).map(ProcessHandle::destroyForcibly).orElse(false);
    }

    private static Optional<ProcessHandle> one(ProcessHandle driver, Random choice) {
        List<ProcessHandle> running = of(driver);
        return running.isEmpty() ? Optional.empty() : Optional.of(running.get(choice.nextInt(running.size())));
    }

    /** Stops one of them where it stands, as a machine does that pages or is moved; empty if there is none. */
    static Optional<ProcessHandle> stopOne(ProcessHandle driver, Random choice)
            throws IOException, InterruptedException {
        Optional<ProcessHandle> stopped = one(driver, choice);
        if (stopped.isPresent()) {
            signal("STOP", stopped.get());
        }
        return stopped;
    }

    /** Lets one go on that was stopped. */
    static void goOn(ProcessHandle stopped) throws IOException, InterruptedException {
        signal("CONT", stopped);
    }

    private static void signal(String name, ProcessHandle process) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .inheritIO()
                .start()
                .waitFor(); // it may have ended
    }

    private static boolean isExecutor(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"))
                    .contains("CoarseGrainedExecutorBackend\0");
        } catch (IOException | UncheckedIOException e) {
            return false; // it has ended
        }
    }
}
