package io.swinlake;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Jars that clash with those of the tests, from Maven's repository. A test that wants them is skipped where they cannot be had. */
final class MavenClassPath {
    private static final String PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath";

    private MavenClassPath() {}

    /**
     * The class path of a project's dependencies.
     *
     * @param kept file that remembers it, in {@code target}
     * @param pom of the project
     * @param properties that it leaves open
     */
    static String of(Path kept, String pom, Map<String, String> properties) throws IOException, InterruptedException {
        if (!Files.exists(kept)) {
            Files.createDirectories(kept.getParent());
            Path log = Path.of(kept + ".log");
            assumeTrue(
                    resolve(kept, log, pom, properties, "--offline")
                            || resolve(kept, log, pom, properties, "--no-transfer-progress"),
                    () -> "Maven does not get what %s names, see %s".formatted(pom, log));
        }
        return Files.readString(kept);
    }

    private static boolean resolve(Path kept, Path log, String pom, Map<String, String> properties, String option)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                System.getProperty("maven.home") + "/bin/mvn",
                "--batch-mode",
                option,
                "--file",
                pom,
                "-Dmaven.repo.local=" + System.getProperty("settings.localRepository"),
                "-Dmdep.outputFile=" + kept.toAbsolutePath(),
                PLUGIN));
        properties.forEach((name, value) -> command.add("-D" + name + "=" + value));
        Launcher.Run run = Launcher.run(Map.of(), command);
        Files.writeString(log, run.out() + run.err());
        return run.exit() == 0;
    }
}
