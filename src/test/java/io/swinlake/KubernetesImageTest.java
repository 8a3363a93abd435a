package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The image of {@code jobs/kubernetes/Dockerfile}, as far as its text tells; {@code ScheduledJobsIT} looks at what the build makes. */
class KubernetesImageTest {
    private static final String INSTALLED = "/opt/swinlake/";

    /** Where a file or folder of the project comes to lie in the image, of the lines that copy from the project. */
    private static Map<Path, String> copied() throws IOException {
        Map<Path, String> copied = new LinkedHashMap<>();
        for (String line : Files.readAllLines(Path.of("jobs/kubernetes/Dockerfile"))) {
            String[] words = line.split("\\s+", -1);
            if (words[0].equals("COPY") && !words[1].startsWith("--from") && !words[1].equals(".")) {
                copied.put(Path.of(words[1]), words[2]);
            }
        }
        return copied;
    }

    private static List<String> ignored() throws IOException {
        return Files.readAllLines(Path.of(".dockerignore")).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .toList();
    }

    @Test
    void whatTheBuildReadsIsSentToItAndNotMuchElse() throws IOException {
        List<Path> needed = new ArrayList<>(copied().keySet());
        needed.addAll(Stream.of("pom.xml", "src/main/java", ".mvn", "LICENSE", "NOTICE")
                .map(Path::of)
                .toList());

        assertThat(needed).hasSizeGreaterThan(4).allSatisfy(path -> {
            assertThat(path).exists();
            assertThat(ignored()).noneMatch(path::startsWith);
        });
        assertThat(ignored()).contains(".git", "target", "src/test", "examples");
    }

    /** A path below {@code /opt/swinlake} in settings or in a schedule is one in the image. */
    @Test
    void everyInstalledPathThatSettingsNameIsInTheImage() throws IOException {
        TreeSet<String> named = new TreeSet<>();
        for (String folder : List.of("conf", "jobs/kubernetes")) {
            try (Stream<Path> files = Files.list(Path.of(folder))) {
                for (Path file : files.toList()) {
                    Files.readAllLines(file).stream()
                            .filter(line -> !line.matches("(COPY|RUN|#.*(-DoutputDirectory|extraClassPath)).*"))
                            .forEach(line -> Pattern.compile(INSTALLED + "[\\w./-]*\\w")
                                    .matcher(line)
                                    .results()
                                    .forEach(path -> named.add(path.group())));
                }
            }
        }

        assertThat(named)
                .contains("/opt/swinlake/scripts/gpu-discovery", "/opt/swinlake/swinlake.jar")
                .allSatisfy(path -> assertThat(isInImage(path)).as(path).isTrue());
    }

    private static boolean isInImage(String path) throws IOException {
        if (path.equals(INSTALLED + "swinlake.jar")) {
            return Files.readString(Path.of("jobs/kubernetes/Dockerfile"))
                    .contains("/src/target/swinlake-*.jar " + path);
        }
        for (Map.Entry<Path, String> copy : copied().entrySet()) {
            Path target = Path.of(copy.getValue());
            if (Path.of(path).startsWith(target)) {
                return Files.exists(copy.getKey().resolve(target.relativize(Path.of(path))));
            }
        }
        return false;
    }

    /** Spark starts the script itself. */
    @Test
    void theDiscoveryScriptIsExecutable() throws IOException {
        assertThat(Path.of("scripts/gpu-discovery")).isExecutable();
        assertThat(Files.readString(Path.of("conf/gpu.conf")))
                .contains("spark.executor.resource.gpu.discoveryScript     /opt/swinlake/scripts/gpu-discovery");
    }
}
