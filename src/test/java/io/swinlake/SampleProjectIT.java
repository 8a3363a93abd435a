package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.Launcher.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A project that knows Swinlake by its coordinates only, {@code examples/java-job}. */
class SampleProjectIT {
    private static final String PLUGIN = "org.apache.maven.plugins:maven-install-plugin:3.1.4:install-file";

    @TempDir
    Path temp;

    @Test
    void aProjectThatDependsOnTheInstalledArtifactBuildsAndRuns() throws Exception {
        Run run = Launcher.run(
                Map.of(),
                List.of(
                        System.getProperty("maven.home") + "/bin/mvn",
                        "--batch-mode",
                        "--no-transfer-progress",
                        "-Dmaven.repo.local=" + repository(),
                        "--file",
                        "examples/java-job/pom.xml",
                        PLUGIN,
                        "-Dfile=" + Launcher.jar(),
                        "-DpomFile=" + Path.of("dependency-reduced-pom.xml").toAbsolutePath(),
                        "verify"));

        assertThat(run.exit()).as(run.out() + run.err()).isZero();
        assertThat(run.out()).contains("Tests run: 1, Failures: 0, Errors: 0, Skipped: 0");
    }

    /** The user's local repository as far as it is not Swinlake's: nothing is fetched twice, and nothing of ours is left in it. */
    private Path repository() throws IOException {
        Path users = Path.of(System.getProperty("settings.localRepository"));
        Path group = Files.createDirectory(temp.resolve("io"));
        link(users, temp, "io");
        if (Files.exists(users.resolve("io"))) {
            link(users.resolve("io"), group, "swinlake");
        }
        return temp;
    }

    private static void link(Path from, Path to, String except) throws IOException {
        try (Stream<Path> entries = Files.list(from)) {
            for (Path entry : entries.toList()) {
                if (!entry.getFileName().toString().equals(except)) {
                    Files.createSymbolicLink(to.resolve(entry.getFileName()), entry);
                }
            }
        }
    }
}
