package io.swinlake.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.cli.Main;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What pages name is there: links, files, packages, options. And the README stays one screen. */
class PagesTest {
    private static final int README_LINES = 90;
    private static final int README_BYTES = 6 * 1024;

    /** Options in the pages' text that are not of our verbs: spark-submit's, and those of the scripts. */
    private static final Set<String> OTHERS_OPTIONS = Set.of(
            "--exclude-packages",
            "--packages",
            "--driver-memory",
            "--executor-memory",
            "--executor-cores",
            "--s3",
            "--large",
            "--jars",
            "--arm64",
            "--cuda",
            "--python",
            "--airflow",
            "--spark",
            "--libraries",
            "--cpu");

    @Test
    void theReadmeFitsOneScreen() {
        String readme = Page.read(Path.of("README.md")).text();

        assertThat(readme.lines().count()).as("lines").isLessThanOrEqualTo(README_LINES);
        assertThat(readme.getBytes(StandardCharsets.UTF_8).length).as("bytes").isLessThanOrEqualTo(README_BYTES);
    }

    @Test
    void theVersionThatPeopleCopyIsThatOfTheBuild() throws IOException {
        Matcher version = Pattern.compile("<artifactId>swinlake</artifactId>\\s*<version>(.+?)</version>")
                .matcher(Files.readString(Path.of("pom.xml")));
        assertThat(version.find()).isTrue();
        for (Page page : List.of(Page.read(Path.of("README.md")), Page.read(Path.of("docs/quickstart.md")))) {
            assertThat(Pattern.compile("(?:io\\.swinlake:swinlake:|target/swinlake-)(\\d[\\w.]*(?:-SNAPSHOT)?)")
                            .matcher(page.text())
                            .results()
                            .map(copied -> copied.group(1)))
                    .as(page.path().toString())
                    .isNotEmpty()
                    .containsOnly(version.group(1));
        }
        assertThat(Path.of("src/main/python/swinlake/_version.py"))
                .hasContent("__version__ = \"%s\"".formatted(version.group(1).replace("-SNAPSHOT", ".dev0")));
    }

    @Test
    void everyRelativeLinkLeadsToAFileAndAHeading() {
        Set<String> dead = new TreeSet<>();
        for (Page page : Page.all()) {
            for (String link : page.relativeLinks()) {
                String[] parts = link.split("#", 2);
                Path folder = page.path().toAbsolutePath().getParent();
                Path target = parts[0].isEmpty()
                        ? page.path()
                        : folder.resolve(parts[0]).normalize();
                boolean found = Files.exists(target)
                        && (parts.length == 1 || Page.read(target).anchors().contains(parts[1]));
                if (!found) {
                    dead.add(page.path() + ": " + link);
                }
            }
        }
        assertThat(dead).as("dead links").isEmpty();
    }

    @Test
    void everyPageIsLinked() throws IOException {
        Set<Path> linked = new HashSet<>();
        for (Page page : Page.all()) {
            page.relativeLinks()
                    .forEach(link -> linked.add(page.path()
                            .toAbsolutePath()
                            .resolveSibling(link.replaceFirst("#.*", ""))
                            .normalize()));
        }
        assertThat(Page.all().stream().map(Page::path).filter(path -> !path.equals(Path.of("README.md"))))
                .allSatisfy(path -> assertThat(linked).contains(path.toAbsolutePath()));
    }

    /** Such as {@code conf/gpu.conf}; a name with {@code *} is a pattern. */
    @Test
    void everyFileOfTheProjectThatIsNamedExists() {
        Pattern file = Pattern.compile("(?:src|conf|jobs|scripts|examples|docs)/[\\w./*-]+");
        for (Page page : Page.all()) {
            for (String code : page.inlineCode()) {
                String name = code.split(" ", 2)[0];
                if (file.matcher(name).matches()) {
                    assertThat(Path.of(name))
                            .as("%s names %s", page.path(), name)
                            .exists();
                }
            }
        }
    }

    @Test
    void everyOptionThatIsNamedExists() {
        Set<String> known = new HashSet<>(OTHERS_OPTIONS);
        CommandLinePage.verbs(new CommandLine(Main.class))
                .forEach(verb -> known.addAll(verb.optionsMap().keySet()));
        Set<String> unknown = new TreeSet<>();
        for (Page page : Page.all()) {
            page.inlineCode().stream()
                    .filter(code -> code.startsWith("--") || code.startsWith("scripts/"))
                    .flatMap(code -> Pattern.compile("(?<![\\w-])--[a-z][\\w-]*")
                            .matcher(code)
                            .results())
                    .map(MatchResult::group)
                    .filter(option -> !known.contains(option))
                    .forEach(option -> unknown.add(page.path() + ": " + option));
        }
        assertThat(unknown).isEmpty();
    }

    @Test
    void everyBenchmarkThatIsNamedIsOneOfTheScript() throws IOException {
        Set<String> known = Pattern.compile("(?m)^    ([a-z-]+)\\) ")
                .matcher(Files.readString(Path.of("scripts/bench")))
                .results()
                .map(name -> name.group(1))
                .collect(Collectors.toSet());
        Set<String> named = Page.all().stream()
                .flatMap(page -> page.inlineCode().stream())
                .filter(code -> code.matches("scripts/bench [a-z-]+.*"))
                .map(code -> code.split(" ", -1)[1])
                .collect(Collectors.toSet());

        assertThat(named).isNotEmpty().isSubsetOf(known);
    }

    @Test
    void theTableOfPackagesHasEveryPackageAndWhereToStart() throws IOException {
        Path root = Path.of("src/main/java/io/swinlake");
        List<String[]> rows = Page.read(Path.of("docs/architecture.md"))
                .text()
                .lines()
                .filter(line -> line.matches("\\| `[a-z.]+` \\| .* \\| `\\w+` \\|"))
                .map(line -> line.split("`", -1))
                .toList();
        Set<String> packages;
        try (Stream<Path> files = Files.walk(root)) {
            packages = files.filter(file -> file.endsWith("package-info.java")
                            && !file.getParent().equals(root))
                    .map(file -> root.relativize(file.getParent()).toString().replace('/', '.'))
                    .collect(Collectors.toSet());
        }

        assertThat(rows.stream().map(row -> row[1])).containsExactlyInAnyOrderElementsOf(packages);
        assertThat(rows).allSatisfy(row -> assertThat(
                        root.resolve(row[1].replace('.', '/')).resolve(row[row.length - 2] + ".java"))
                .exists());
    }
}
