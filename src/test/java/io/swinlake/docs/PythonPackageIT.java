package io.swinlake.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.Launcher;
import io.swinlake.PythonEnvironment;
import io.swinlake.cli.Run;
import io.swinlake.spark.Demo;
import io.swinlake.spark.LocalSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The Python package, installed from its folder beside stock PySpark, with the jar that the build has just made. */
class PythonPackageIT {
    private static final Path SOURCES = Path.of("src/test/python/package");
    private static final List<String> PYTEST =
            List.of("-m", "pytest", "-q", "-p", "no:cacheprovider", SOURCES.toString());
    private static final Duration LIMIT = Duration.ofMinutes(6);

    @TempDir
    private static Path temp;

    private static PythonEnvironment python;
    private static Path table;

    @BeforeAll
    static void install() throws Exception {
        python = withThePackage("package-3.5.txt");
        table = writeATableOfTwoRuns();
    }

    private static PythonEnvironment withThePackage(String requirements) throws Exception {
        PythonEnvironment made = PythonEnvironment.of(SOURCES.resolve(requirements));
        assertSucceeds(
                made,
                Map.of(),
                List.of(
                        "-m",
                        "pip",
                        "--disable-pip-version-check",
                        "install",
                        "--quiet",
                        "--no-deps",
                        "--no-build-isolation",
                        "--force-reinstall",
                        "src/main/python"));
        return made;
    }

    /** Of 360 images, one of which is none; the second run has computed ten of them again. */
    private static Path writeATableOfTwoRuns() throws IOException {
        LocalSpark.session();
        Path images = Files.createDirectory(temp.resolve("images"));
        try (Stream<Path> all = Files.list(Path.of(Demo.IMAGES))) {
            for (Path image : all.toList()) {
                Files.copy(image, images.resolve(image.getFileName()));
            }
        }
        Files.writeString(images.resolve("digit-359.png"), "no image");
        Path written = temp.resolve("digits");
        infer(images, written, "2026-11-21");
        for (int i = 0; i < 10; i++) {
            Files.copy(images.resolve(name(100 + i)), images.resolve(name(i)), StandardCopyOption.REPLACE_EXISTING);
        }
        infer(images, written, "2026-11-22");
        return written;
    }

    private static String name(int image) {
        return String.format(Locale.ROOT, "digit-%03d.png", image);
    }

    private static void infer(Path images, Path written, String run) {
        Run done = Run.inCurrentSession(
                "infer",
                "--model",
                Demo.MODEL,
                "--input",
                images.toString(),
                "--output",
                written.toString(),
                "--run-id",
                run,
                "--incremental");
        assertThat(done.exitCode()).as(done.err()).isZero();
    }

    @Test
    void itsTestsPass() throws Exception {
        assertSucceeds(PYTEST);
    }

    @ParameterizedTest
    @ValueSource(strings = {"package-4.2.txt", "package-4.3.txt"})
    @EnabledIfSystemProperty(
            named = "swinlake.python",
            matches = "true",
            disabledReason = "scripts/test --python runs it")
    void itsTestsPassOnSpark4AndOverConnect(String requirements) throws Exception {
        PythonEnvironment spark4 = withThePackage(requirements);

        assertSucceeds(spark4, Map.of(), PYTEST);
        assertSucceeds(spark4, Map.of("CONNECT", "local"), PYTEST);
    }

    /** As Maven would lay it out, in a folder; nothing else is fetched, since all that a Spark lacks is in the jar. */
    @Test
    @EnabledIfSystemProperty(
            named = "swinlake.python",
            matches = "true",
            disabledReason = "scripts/test --python runs it")
    void theJarComesByItsCoordinates() throws Exception {
        String version = Launcher.jar().getFileName().toString().replaceAll("^swinlake-|\\.jar$", "");
        Path repository = temp.resolve("repository");
        Path folder = Files.createDirectories(
                repository.resolve("io/swinlake/swinlake").resolve(version));
        Files.copy(Launcher.jar(), folder.resolve("swinlake-%s.jar".formatted(version)));
        Files.copy(Path.of("dependency-reduced-pom.xml"), folder.resolve("swinlake-%s.pom".formatted(version)));
        Path script = Files.writeString(temp.resolve("coordinates.py"), """
                import sys
                import swinlake
                from pyspark.sql import SparkSession
                builder = SparkSession.builder.master("local[2]").config("spark.jars.repositories", sys.argv[1])
                spark = swinlake.configure(builder.config("spark.jars.ivy", sys.argv[2])).getOrCreate()
                print(spark.conf.get("spark.jars.packages"), spark.conf.get("spark.jars").count(".jar"))
                print(swinlake.infer(spark, "examples/demo/images/digit-00*.png", model="examples/demo/model").count())
                """);

        Launcher.Run run = python.python(
                Map.of("SPARK_LOCAL_IP", "127.0.0.1"),
                List.of(
                        script.toString(),
                        repository.toUri().toString(),
                        temp.resolve("ivy").toString()),
                LIMIT);

        assertThat(run.exit()).as(run.out() + run.err()).isZero();
        // Ivy says first where its settings are.
        assertThat(run.out()).endsWith("io.swinlake:swinlake:%s 1\n10\n".formatted(version));
    }

    /** The pages' code, in one process from the README on; {@code target/} is a folder of the test's. */
    @Test
    void theCodeOfThePagesRuns() throws Exception {
        String code = Stream.of("README.md", "docs/python.md")
                .flatMap(page -> Page.read(Path.of(page)).blocks().stream())
                .filter(block -> block.language().equals("python"))
                .map(block -> block.code())
                .collect(Collectors.joining("\n"));
        Path script = Files.writeString(
                temp.resolve("pages.py"), code.replaceAll("(?<![\\w/])target/(?!swinlake-)", temp + "/"));

        Launcher.Run run = assertSucceeds(List.of(script.toString()));

        assertThat(run.out()).contains("|0.97").doesNotContain("Exception");
    }

    @Test
    @EnabledIfSystemProperty(
            named = "swinlake.python",
            matches = "true",
            disabledReason = "scripts/test --python runs it")
    void theNotebookEndsWithAPicture() throws Exception {
        Path picture = temp.resolve("neighbours.png");

        assertSucceeds(List.of(
                SOURCES.resolve("run_notebook.py").toString(), "examples/python/digits.ipynb", picture.toString()));

        assertThat(ImageIO.read(picture.toFile()).getWidth()).isGreaterThan(300);
    }

    @Test
    @EnabledIfSystemProperty(
            named = "swinlake.python",
            matches = "true",
            disabledReason = "scripts/test --python runs it")
    void itsTypesAreClean() throws Exception {
        assertSucceeds(
                List.of("-m", "mypy", "--config-file", "src/main/python/pyproject.toml", "src/main/python/swinlake"));
        String bin = python.bin().resolve("python").toString();
        assertSucceeds(List.of("-m", "basedpyright", "--pythonpath", bin, "--project", "src/main/python"));
    }

    private static Launcher.Run assertSucceeds(List<String> words) throws Exception {
        return assertSucceeds(python, Map.of(), words);
    }

    private static Launcher.Run assertSucceeds(PythonEnvironment in, Map<String, String> more, List<String> words)
            throws Exception {
        Map<String, String> environment = new HashMap<>(more);
        environment.put("SWINLAKE_JAR", Launcher.jar().toString());
        environment.put("SWINLAKE_TABLE", String.valueOf(table));
        environment.put("SPARK_LOCAL_IP", "127.0.0.1");
        Launcher.Run run = in.python(environment, words, LIMIT);
        assertThat(run.exit()).as(run.out() + run.err()).isZero();
        return run;
    }
}
