package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.swinlake.Launcher.Run;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that fills up in the middle of a run. It is a file system in memory, in a namespace where everybody may mount one. */
class FullDiskIT {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    @TempDir
    private Path folder;

    @Test
    void aFullDiskEndsTheRunWithOneLineAndRoomCompletesIt() throws Exception {
        List<String> mounted = List.of(
                "unshare",
                "--user",
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                "mount -t tmpfs -o size=4m tmpfs \"$0\" && exec \"$@\"",
                folder.toString());
        List<String> nothing = new ArrayList<>(mounted);
        nothing.add("true");
        assumeTrue(
                Launcher.run(Map.of(), nothing, LIMIT).exit() == 0,
                "no file system of a fixed size: unshare may not mount one here");
        List<String> command = new ArrayList<>(mounted);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx1g");
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> option.startsWith("--add-") || option.startsWith("-XX:"))
                .forEach(command::add);
        command.addAll(List.of(FullDiskRuns.class.getName(), folder.toString()));

        Run run = Launcher.run(Map.of("CLASSPATH", System.getProperty("java.class.path")), command, LIMIT);

        assertThat(run.exit()).as(run.err()).isZero();
        String full = ": a disk is full (No space left on device): make room where --output is and in"
                + " spark.local.dir, Spark's folder for what does not fit into memory, or set that to a folder on another disk";
        assertThat(run.out().lines())
                .as(run.err())
                .containsExactly(
                        "output: exit 1 with [swinlake infer" + full
                                + "]; a reader sees 4 rows of 4 paths; again exit 0; 24 rows of 24 paths",
                        "spark.local.dir: exit 1 with [swinlake duplicates" + full
                                + "]; a reader sees 4 rows of 4 paths; again exit 0; 4 rows of 4 paths");
    }
}
