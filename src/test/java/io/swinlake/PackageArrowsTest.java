package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import java.io.ObjectInputStream;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The map of the packages, and what no class may do. */
class PackageArrowsTest {
    private static final String ROOT = "io.swinlake.";

    /** Each package under {@code io.swinlake}, and the packages there that it may use. Data on top, jobs at the bottom. */
    private static final Map<String, Set<String>> MAY_USE = Map.ofEntries(
            Map.entry("", Set.of()), // the mark of the API, for all
            Map.entry("tensor", Set.of()),
            Map.entry("pickle", Set.of()),
            Map.entry("checkpoint", Set.of("pickle", "tensor")),
            Map.entry("graph", Set.of("tensor")),
            Map.entry("swin", Set.of("graph", "tensor")),
            Map.entry("layout", Set.of("checkpoint", "swin", "tensor")),
            Map.entry("torchscript", Set.of("graph", "pickle", "tensor")),
            Map.entry("image", Set.of("swin", "tensor")),
            Map.entry("model", Set.of("checkpoint", "layout", "swin", "image", "tensor")),
            Map.entry("runtime", Set.of("model", "swin", "graph", "torchscript", "image", "search", "tensor")),
            Map.entry("search", Set.of()),
            Map.entry("report", Set.of()),
            Map.entry("storage", Set.of()),
            Map.entry("table", Set.of("storage")),
            Map.entry("spark", Set.of("runtime", "model", "image", "search", "checkpoint", "swin", "storage", "table")),
            Map.entry(
                    "jobs",
                    Set.of(
                            "spark",
                            "table",
                            "storage",
                            "report",
                            "runtime",
                            "model",
                            "image",
                            "search",
                            "checkpoint",
                            "swin")));

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

    @Test
    void onlyRuntimeSeesDjl() {
        assertThat(users("ai.djl.")).isSubsetOf("runtime");
    }

    @Test
    void onlyTheUpperFloorsSeeSpark() {
        assertThat(users("org.apache.spark.")).isSubsetOf("table", "spark", "jobs");
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

    /** The first segment below {@code io.swinlake}, or nothing for a class from elsewhere. */
    private static String packageOf(JavaClass type) {
        String name = type.getPackageName();
        return name.startsWith(ROOT) ? name.substring(ROOT.length()).replaceFirst("\\..*", "") : "";
    }
}
