package io.swinlake.image.libwebp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.swinlake.image.ImageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each in a JVM of its own, as a library is loaded once. */
class LibWebpTest {
    private static final String OTHER_FOLDER =
            ": set DJL_CACHE_DIR to a folder on another file system, on executors by spark.executorEnv.DJL_CACHE_DIR";

    @TempDir
    Path temp;

    @Test
    void isUnpackedOnceForAllJvmsOfAMachine() throws Exception {
        assertThat(load(temp)).isEqualTo("loaded");
        assertThat(load(temp)).isEqualTo("loaded");

        try (Stream<Path> files = Files.list(temp.resolve("swinlake"))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .hasSize(2)
                    .anyMatch(name -> name.matches("[0-9a-f]{8}-libwebp-imageio\\.so"))
                    .contains("lock");
        }
    }

    @Test
    void aHalfWrittenCopyIsWrittenAgain() throws Exception {
        load(temp);
        Path file;
        try (Stream<Path> files = Files.list(temp.resolve("swinlake"))) {
            file = files.filter(each -> each.toString().endsWith(".so"))
                    .findFirst()
                    .orElseThrow();
        }
        Files.write(file, new byte[1000]);

        assertThat(load(temp)).isEqualTo("loaded");
    }

    @Test
    void aFolderThatCannotBeWrittenIsNamed() throws Exception {
        Path file = Files.createFile(temp.resolve("file"));

        assertThat(load(file))
                .startsWith("decode/no_library: " + file + "/swinlake: libwebp cannot be unpacked here: ")
                .endsWith(OTHER_FOLDER);
    }

    @Test
    void aFolderThatIsMountedNoexecIsNamed() throws Exception {
        String mounting = "mount -t tmpfs -o noexec,size=9m tmpfs " + temp;
        assumeTrue(run(List.of("unshare", "-rm", "sh", "-c", mounting)).equals(""), "this user may not mount");
        String java = String.join(" ", command(temp)).replace(":", "':'");

        assertThat(run(List.of("unshare", "-rm", "sh", "-c", mounting + " && " + java)))
                .isEqualTo("decode/no_library: " + temp
                        + "/swinlake: libwebp cannot be loaded from here, most likely because it is mounted noexec"
                        + OTHER_FOLDER);
    }

    /** What dlopen of glibc and of musl says. */
    @Test
    void aSystemWithAnotherLibraryOfCIsNamed() {
        Path file = Path.of("/cache/x.so");

        assertThat(NativeLibrary.reason(file, "libwebp", "/cache/x.so: version `GLIBC_2.27' not found"))
                .isEqualTo("libwebp needs glibc 2.27 or newer, which this system has not:"
                        + " use an image with glibc, such as Debian's: /cache/x.so: version `GLIBC_2.27' not found");
        assertThat(NativeLibrary.reason(
                        file, "libwebp", "Error loading shared library ld-linux-x86-64.so.2: No such file"))
                .startsWith("libwebp needs glibc 2.27 or newer");
    }

    private static String load(Path cache) throws IOException, InterruptedException {
        return run(command(cache));
    }

    private static List<String> command(Path cache) {
        return new ArrayList<>(List.of(
                "env",
                "DJL_CACHE_DIR=" + cache,
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                LibWebpTest.class.getName()));
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return out.strip();
    }

    /** Loads the library and says whether it could. */
    public static void main(String[] args) {
        try {
            LibWebp.load();
            System.out.println("loaded");
        } catch (ImageException e) {
            System.out.println(e.code().word() + ": " + e.getMessage());
        }
    }
}
