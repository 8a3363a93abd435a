package io.swinlake.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** The executors below a process, each a JVM of its own. */
final class RunningExecutors {
    private RunningExecutors() {}

    static List<ProcessHandle> of(ProcessHandle driver) {
        return driver.descendants()
                .filter(process -> isExecutor(process) && process.isAlive())
                .toList();
    }

    /** Kills one of them; false if there is none. */
    static boolean killOne(ProcessHandle driver, Random choice) {
        List<ProcessHandle> running = of(driver);
        return !running.isEmpty() && running.get(choice.nextInt(running.size())).destroyForcibly();
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
