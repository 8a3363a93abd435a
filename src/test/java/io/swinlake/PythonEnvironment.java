package io.swinlake;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A Python environment in {@code target/python/NAME}, made once of a file that names every package with version and hash. A test
 * that needs one is skipped, with the reason, where Python or the package index is not reached.
 */
public final class PythonEnvironment {
    private static final Path ALL = Path.of("target", "python").toAbsolutePath();

    private static final String UV = "src/test/python/uv.txt";

    private final Path folder;

    private PythonEnvironment(Path folder) {
        this.folder = folder;
    }

    /**
     * The environment that a file names, made now if there is none.
     *
     * @param requirements with hashes; a copy in the environment says what that was made of
     */
    public static PythonEnvironment of(Path requirements) {
        String name = requirements.getFileName().toString().replace(".txt", "");
        Path folder = ALL.resolve(name);
        Path madeOf = folder.resolve("requirements.txt");
        try {
            if (Files.exists(madeOf) && Files.mismatch(madeOf, requirements) == -1) {
                return new PythonEnvironment(folder);
            }
            Files.createDirectories(ALL);
            Path log = ALL.resolve(name + ".log");
            must(
                    log,
                    "python3",
                    "-c",
                    "import sys; assert (3, 11) <= sys.version_info < (3, 14), 'needs Python 3.11 to 3.13'");
            must(log, "python3", "-m", "venv", "--clear", folder.toString());
            // uv, because pip takes a minute for what this takes seconds for.
            String bin = folder.resolve("bin").toString();
            must(
                    log,
                    bin + "/pip",
                    "--disable-pip-version-check",
                    "install",
                    "--quiet",
                    "--require-hashes",
                    "--requirement",
                    UV);
            must(
                    log,
                    bin + "/uv",
                    "pip",
                    "install",
                    "--quiet",
                    "--native-tls",
                    "--python",
                    bin + "/python",
                    "--no-deps",
                    "--require-hashes",
                    "--requirement",
                    requirements.toString());
            Files.copy(requirements, madeOf, StandardCopyOption.REPLACE_EXISTING);
            return new PythonEnvironment(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void must(Path log, String... command) throws IOException {
        assumeTrue(
                exitCode(new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile())) == 0,
                () -> "no Python environment: '%s' failed, see %s".formatted(String.join(" ", command), log));
    }

    private static int exitCode(ProcessBuilder process) throws IOException {
        try {
            return process.start().waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (IOException e) {
            return -1; // no such program
        }
    }

    /** The folder with its programs. */
    public Path bin() {
        return folder.resolve("bin");
    }

    /** The folder with its packages. */
    public Path sitePackages() {
        try (Stream<Path> found =
                Files.find(folder.resolve("lib"), 2, (path, file) -> path.endsWith("site-packages"))) {
            return found.findFirst().orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs its Python; nothing of the caller's Python is seen there. */
    public Launcher.Run python(Map<String, String> environment, List<String> words)
            throws IOException, InterruptedException {
        return python(environment, words, Duration.ofMinutes(30));
    }

    /** The same; one that has not ended by then fails the test. */
    public Launcher.Run python(Map<String, String> environment, List<String> words, Duration limit)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(bin().resolve("python").toString()));
        command.addAll(words);
        Map<String, String> all = new HashMap<>(environment);
        all.put("PYTHONPATH", "");
        return Launcher.program(all, command, limit);
    }
}
