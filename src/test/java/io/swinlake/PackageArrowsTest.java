package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The map of the packages, and what no class may do. */
class PackageArrowsTest {
    private static final String ROOT = "io.swinlake.";

    /** Each package under {@code io.swinlake}, and the packages there that it may use. Data on top, jobs at the bottom. */
    private static final Map<String, Set<String>> MAY_USE = new TreeMap<>();

    static {
        mayUse(""); // the mark of the API, for all
        mayUse("tensor");
        mayUse("pickle");
        mayUse("checkpoint", "pickle tensor");
        mayUse("graph", "tensor");
        mayUse("swin", "graph tensor");
        mayUse("layout", "checkpoint swin tensor");
        mayUse("torchscript", "graph pickle tensor");
        mayUse("image", "tensor");
        mayUse("image.jpeg", "image");
        mayUse("image.libwebp", "image");
        mayUse("image.tiff", "image");
        mayUse("image.format", "image image.jpeg image.libwebp image.tiff");
        mayUse("preprocess", "image swin tensor");
        mayUse("model", "checkpoint layout swin preprocess tensor");
        mayUse("search.product");
        mayUse("search.product.vector", "search.product");
        mayUse("search", "search.product");
        mayUse("report");
        mayUse("runtime.device", "torchscript");
        mayUse("runtime.batch", "runtime.device torchscript swin tensor");
        mayUse("runtime", "runtime.batch runtime.device model swin graph torchscript preprocess search.product tensor");
        mayUse("storage", "checkpoint");
        mayUse("table", "storage");
        mayUse("spark.sql", "search.product storage table");
        mayUse("spark.head", "spark.sql checkpoint storage tensor");
        mayUse("spark.search", "search search.product");
        mayUse("spark.source", "image storage table");
        mayUse(
                "spark.inference",
                "spark.source spark.sql runtime runtime.batch runtime.device model image image.format preprocess checkpoint swin"
                        + " storage");
        mayUse(
                "spark",
                "spark.inference spark.source spark.sql spark.head spark.search runtime runtime.batch runtime.device model image image.format preprocess checkpoint swin search search.product"
                        + " storage table");
        mayUse("cli.command", "spark spark.inference runtime runtime.device preprocess storage swin table");
        mayUse(
                "cli.doctor",
                "cli.command spark spark.inference runtime runtime.batch runtime.device model image image.format preprocess checkpoint search swin storage table");
        mayUse("cli.duplicates", "cli.command spark spark.search storage table");
        mayUse("cli.evaluate", "cli.command spark.inference table");
        mayUse(
                "cli.report",
                "cli.command spark spark.search image image.format preprocess report search storage table");
        mayUse(
                "cli",
                "cli.command cli.doctor cli.duplicates cli.evaluate cli.report spark spark.inference spark.source runtime.device model image image.format preprocess"
                        + " checkpoint search swin storage table");
    }

    private static void mayUse(String from) {
        MAY_USE.put(from, Set.of());
    }

    private static void mayUse(String from, String others) {
        MAY_USE.put(from, Set.of(others.split(" ")));
    }

    private static final JavaClasses MAIN = MainClasses.ALL;

    @Test
    void everyPackageUsesOnlyWhatTheMapAllows() {
        assertThat(forbidden(dependency -> {
                    String from = packageOf(dependency.getOriginClass());
                    String to = packageOf(dependency.getTargetClass());
                    return !from.isEmpty()
                            && !to.isEmpty()
                            && !from.equals(to)
                            && !MAY_USE.getOrDefault(from, Set.of()).contains(to);
                }))
                .isEmpty();
    }

    @Test
    void everyPackageIsOnTheMap() {
        assertThat(MAIN.stream().map(PackageArrowsTest::packageOf).collect(Collectors.toSet()))
                .isSubsetOf(MAY_USE.keySet());
    }

    /** {@code docs/architecture.md} draws packages of the first level with all that lies in them. */
    @Test
    void theDrawingOfThePackagesHasOnlyArrowsOfTheMap() throws IOException {
        Matcher arrows = Pattern.compile("(?m)^    (\\w+) --> ([\\w &]+)$")
                .matcher(Files.readString(Path.of("docs/architecture.md")).replaceAll("graph_(\\[graph])?", "graph"));
        List<MatchResult> drawn = arrows.results().toList();
        assertThat(drawn).hasSizeGreaterThan(8).allSatisfy(arrow -> assertThat(MAY_USE.entrySet().stream()
                        .filter(from -> from.getKey().replaceFirst("\\..*", "").equals(arrow.group(1)))
                        .flatMap(from -> from.getValue().stream())
                        .map(to -> to.replaceFirst("\\..*", "")))
                .as(arrow.group().strip())
                .contains(arrow.group(2).split(" & ")));
    }

    @Test
    void onlyRuntimeSeesDjl() {
        assertThat(users("ai.djl.")).isSubsetOf("runtime", "runtime.batch");
    }

    @Test
    void onlyTheUpperFloorsSeeSpark() {
        assertThat(users("org.apache.spark."))
                .allMatch(name -> name.equals("table") || name.startsWith("spark") || name.startsWith("cli"));
    }

    @Test
    void nothingReadsSerializedJavaObjects() {
        assertThat(forbidden(dependency -> dependency.getTargetClass().isAssignableTo(ObjectInputStream.class)))
                .isEmpty();
    }

    @Test
    void nothingStartsAProcess() {
        assertThat(forbidden(dependency -> {
                    String target = dependency.getTargetClass().getName();
                    return target.equals(ProcessBuilder.class.getName()) || target.equals(Process.class.getName());
                }))
                .isEmpty();
    }

    /** What the rule forbids, as {@code tensor -> graph: Method <...> calls ... in (Tensor.java:12)}. */
    private static Set<String> forbidden(Predicate<Dependency> rule) {
        return dependencies()
                .filter(rule)
                .map(dependency -> "%s -> %s: %s"
                        .formatted(
                                packageOf(dependency.getOriginClass()),
                                packageOrName(dependency.getTargetClass()),
                                dependency.getDescription()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> users(String prefix) {
        return dependencies()
                .filter(dependency -> dependency.getTargetClass().getName().startsWith(prefix))
                .map(dependency -> packageOf(dependency.getOriginClass()))
                .collect(Collectors.toSet());
    }

    private static Stream<Dependency> dependencies() {
        return MAIN.stream().flatMap(type -> type.getDirectDependenciesFromSelf().stream());
    }

    private static String packageOrName(JavaClass type) {
        String name = packageOf(type);
        return name.isEmpty() ? type.getName() : name;
    }

    /** What follows {@code io.swinlake}, or nothing for a class from elsewhere. */
    private static String packageOf(JavaClass type) {
        String name = type.getPackageName();
        return name.startsWith(ROOT) ? name.substring(ROOT.length()) : "";
    }
}
