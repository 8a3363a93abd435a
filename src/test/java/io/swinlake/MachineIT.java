package io.swinlake;

import static io.swinlake.Launcher.swinlake;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.swinlake.Launcher.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Machines that are set up otherwise than most: one line says what to set. Mounts are those of a namespace of the test's own. */
class MachineIT {
    private static final String TO_DO =
            "To do: set DJL_CACHE_DIR to a folder on another file system, on executors by spark.executorEnv.DJL_CACHE_DIR";

    @TempDir
    Path temp;

    @Test
    void anOlderJavaIsRefusedByItsNumber() throws Exception {
        Path java = Files.createDirectories(temp.resolve("jdk/bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\necho 'openjdk version \"1.8.0_412\"' >&2\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));

        assertThat(swinlake(Map.of("JAVA_HOME", temp.resolve("jdk").toString()), List.of("inspect")))
                .isEqualTo(new Run(
                        4,
                        "",
                        "swinlake: %s is Java 8, Swinlake needs 17: set JAVA_HOME to a Java 17\n".formatted(java)));
        assertThat(swinlake(Map.of("JAVA_HOME", "/no/jdk"), List.of("inspect")))
                .isEqualTo(new Run(4, "", "swinlake: no Java at /no/jdk/bin/java: set JAVA_HOME to a Java 17\n"));
    }

    @Test
    void aJavaThatHadoopCannotTakeIsTheLineItself() throws Exception {
        Optional<Path> home = InstalledJava.home(feature -> feature >= 24);
        assumeTrue(home.isPresent(), "no Java 24 or newer in /usr/lib/jvm");

        Run run = swinlake(
                Map.of("JAVA_HOME", home.orElseThrow().toString()),
                List.of("inspect", "--model", "examples/demo/model"));

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err())
                .containsPattern(
                        "(?m)^swinlake inspect: Java 2\\d\\S* is newer than the Hadoop of Spark 3\\.5\\.\\d can take:"
                                + " set JAVA_HOME to a Java 17$");
    }

    @Test
    void aCacheThatIsMountedNoexecIsNamed() throws Exception {
        Run run = onMount("noexec,size=2g", "DJL_CACHE_DIR=MOUNT scripts/swinlake doctor");

        assertThat(run.exit()).as(run.err()).isEqualTo(4);
        assertThat(run.out())
                .containsPattern("failed +engine +driver +" + mount()
                        + "/pytorch: libtorch cannot be loaded from here, most likely because it is mounted noexec"
                        + " \\(\\d+\\.\\d s\\)\\. " + TO_DO);
    }

    @Test
    void aCacheOnAFullDiskIsNamed() throws Exception {
        Run run = onMount("size=20m", "DJL_CACHE_DIR=MOUNT scripts/swinlake doctor");

        assertThat(run.exit()).as(run.err()).isEqualTo(4);
        assertThat(run.out())
                .containsPattern("failed +engine +driver +" + mount()
                        + "/pytorch: libtorch cannot be unpacked here, the disk is full \\(it takes 500 MB\\)"
                        + " \\(\\d+\\.\\d s\\)\\. " + TO_DO);
    }

    @Test
    void aFullDiskBelowSparkIsSaid() throws Exception {
        Run run = onMount(
                "size=64k",
                "scripts/swinlake --conf spark.local.dir=MOUNT nearest --embeddings examples/demo --query x --k 1");

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err())
                .containsPattern(
                        "(?m)^swinlake nearest: a disk is full \\(No space left on device\\): make room where --output"
                                + " is and in spark.local.dir, ");
    }

    private Path mount() {
        return temp.resolve("mount");
    }

    private Run onMount(String options, String command) throws Exception {
        Files.createDirectory(mount());
        String mounting = "mount -t tmpfs -o " + options + " tmpfs " + mount();
        assumeTrue(inNamespace(mounting).exit() == 0, "this user may not mount a file system");
        return inNamespace(mounting + " && " + command.replace("MOUNT", mount().toString()));
    }

    private static Run inNamespace(String command) throws Exception {
        try {
            return Launcher.run(Map.of(), List.of("unshare", "--mount", "bash", "-c", command));
        } catch (IOException e) {
            return new Run(127, "", e.toString()); // no such program here
        }
    }

    @Test
    void aUserWithoutANameRunsTheLauncher() throws Exception {
        assumeTrue(System.getProperty("user.name").equals("root"), "only root can become another user");
        Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxrwxrwx"));
        List<String> command = new ArrayList<>(
                List.of("setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "env", "--unset=HOME"));
        command.addAll(List.of("TMPDIR=" + temp, "scripts/swinlake", "doctor", "--model", "examples/demo/model"));
        command.addAll(List.of("--output", temp.resolve("table").toString()));

        Run run = Launcher.run(Map.of(), command);

        assertThat(run.exit()).as(run.out() + run.err()).isZero();
        assertThat(temp.resolve("swinlake-user12345")).isDirectory();
    }
}
