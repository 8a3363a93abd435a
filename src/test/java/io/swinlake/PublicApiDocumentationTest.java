package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nothing in the API is without a comment, a parameter or a result that is said: javac's {@code -Xdoclint:all} finds nothing. */
class PublicApiDocumentationTest {
    /** A record's compact constructor: what it takes is said of the record. */
    private static final String COMPACT_CONSTRUCTOR = "    public \\w+ \\{";

    /** Accessor, getter and setter of a Param of Spark ML, which says itself what it is: {@code explainParams()} prints that. */
    private static final String PARAM_ACCESS =
            "    public (\\w*Param(<\\w+>)? \\w+\\(\\)|\\S+ get[A-Z]\\w*\\(\\)|\\w+ set[A-Z]\\w*\\(\\S+ values?\\)) \\{";

    @TempDir
    Path temp;

    private static List<Path> sourcesOfTheApi() throws IOException {
        try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
            List<Path> files =
                    sources.filter(file -> file.toString().endsWith(".java")).toList();
            return files.stream().filter(PublicApiDocumentationTest::isOfTheApi).toList();
        }
    }

    private static boolean isOfTheApi(Path source) {
        return lines(source).stream().anyMatch(line -> line.startsWith("@PublicApi"));
    }

    private static List<String> lines(Path source) {
        try {
            return Files.readAllLines(source);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isSaidElsewhere(Diagnostic<? extends JavaFileObject> warning) {
        Path source = Path.of(warning.getSource().toUri());
        String line = lines(source).get((int) warning.getLineNumber() - 1);
        return line.matches(COMPACT_CONSTRUCTOR) || line.matches(PARAM_ACCESS);
    }

    @Test
    void theApiIsDocumentedInFull() throws IOException {
        JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> warnings = new DiagnosticCollector<>();
        try (StandardJavaFileManager files = javac.getStandardFileManager(warnings, Locale.ROOT, null)) {
            List<String> options = List.of(
                    "-proc:none",
                    "-implicit:none",
                    "-Xdoclint:all/public",
                    "-Xmaxwarns",
                    "1000",
                    "-d",
                    temp.toString());
            List<Path> sources = sourcesOfTheApi();
            assertThat(sources).hasSizeGreaterThan(12);

            javac.getTask(null, files, warnings, options, null, files.getJavaFileObjectsFromPaths(sources))
                    .call();
        }

        assertThat(warnings.getDiagnostics().stream()
                        .filter(warning -> warning.getKind() != Diagnostic.Kind.NOTE)
                        .filter(warning -> !isSaidElsewhere(warning))
                        .map(warning -> "%s:%s: %s"
                                .formatted(
                                        warning.getSource().getName(),
                                        warning.getLineNumber(),
                                        warning.getMessage(Locale.ROOT))))
                .isEmpty();
    }
}
