package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the API promises, it can keep: its signatures need nothing that may change in any release. */
class PublicApiTest {
    /** Types that signatures of the API mention and that are not of it, and why that is no promise too many. */
    private static final Map<String, String> MENTIONED = Map.ofEntries(
            Map.entry(
                    "io.swinlake.checkpoint.Checkpoint",
                    "a program that has tensors of its own passes them; most open a file"),
            Map.entry(
                    "io.swinlake.checkpoint.CheckpointSource",
                    "other places of files than LocalSource are ours so far"),
            Map.entry(
                    "io.swinlake.preprocess.Recipe",
                    "read, for its name and numbers; new recipes may need other parts"),
            Map.entry("io.swinlake.checkpoint.RangedFile", "what a CheckpointSource opens"),
            Map.entry("io.swinlake.model.ClassNames", "an option that is left empty or taken from where it is made"),
            Map.entry("io.swinlake.model.Setting", "read by inspect, as text"),
            Map.entry("io.swinlake.runtime.Runner", "lets tests of this project stand in for SwinRunner"),
            Map.entry("io.swinlake.swin.ImageSize", "height and width, read"),
            Map.entry("io.swinlake.swin.SwinConfig", "read; a new kind of Swin may need other parts"),
            Map.entry("io.swinlake.table.RunObjects", "what the commit protocol asks of a lake, a table or shards"),
            Map.entry("io.swinlake.tensor.Tensor", "weights, passed on"));

    /** Public outside the API, and used by no other package of ours. */
    private static final Map<String, String> PUBLIC_FOR_OTHERS = Map.of(
            "Main", "spark-submit starts it",
            "ScoreKind", "an argument of SentHead's method, in such code too",
            "SentHead", "called by the code that Spark generates, as VectorMath",
            "VectorMath", "called by the code that Spark generates, which lies in a package of Spark's");

    private static final JavaClasses MAIN = MainClasses.ALL;

    /** The marked types and the public ones inside them. */
    private static Set<JavaClass> api() {
        return MAIN.stream()
                .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC) && isMarked(type))
                .collect(Collectors.toSet());
    }

    private static boolean isMarked(JavaClass type) {
        return type.isAnnotatedWith(PublicApi.class)
                || type.getEnclosingClass().map(PublicApiTest::isMarked).orElse(false);
    }

    private static Stream<JavaClass> mentionedBy(JavaClass type) {
        List<JavaType> mentioned = new ArrayList<>();
        type.getSuperclass().ifPresent(mentioned::add);
        mentioned.addAll(type.getInterfaces());
        mentioned.addAll(type.getTypeParameters());
        for (JavaMember member : type.getMembers()) {
            if (!isSeen(member)) {
                continue;
            }
            if (member instanceof JavaField field) {
                mentioned.add(field.getType());
            } else if (member instanceof JavaCodeUnit code) {
                mentioned.add(code.getReturnType());
                mentioned.addAll(code.getParameterTypes());
                mentioned.addAll(code.getTypeParameters());
                code.getThrowsClause().getTypes().forEach(mentioned::add);
            }
        }
        return mentioned.stream()
                .flatMap(each -> each.getAllInvolvedRawTypes().stream())
                .map(JavaClass::getBaseComponentType);
    }

    private static boolean isSeen(JavaMember member) {
        Set<JavaModifier> modifiers = member.getModifiers();
        return !modifiers.contains(JavaModifier.SYNTHETIC)
                && (modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED));
    }

    private static boolean isAnyonesToUse(JavaClass type) {
        return type.isPrimitive()
                || Stream.of("java.", "org.apache.spark.", "scala.").anyMatch(type.getName()::startsWith);
    }

    @Test
    void signaturesMentionTheApiTheJdkAndSparkAndNothingElseUnlessListed() {
        Set<JavaClass> api = api();
        TreeSet<String> others = api.stream()
                .flatMap(PublicApiTest::mentionedBy)
                .filter(type -> !api.contains(type) && !isAnyonesToUse(type))
                .map(JavaClass::getName)
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(others).isEqualTo(new TreeSet<>(MENTIONED.keySet()));
    }

    @Test
    void theApiIsSmall() {
        assertThat(api().stream().filter(JavaClass::isTopLevelClass)).hasSizeBetween(12, 29);
    }

    @Test
    void aTypeOutsideTheApiIsPublicOnlyWhereAnotherPackageUsesIt() {
        Set<JavaClass> used = MAIN.stream()
                .flatMap(user -> user.getDirectDependenciesFromSelf().stream())
                .filter(dependency -> !dependency
                        .getOriginClass()
                        .getPackage()
                        .equals(dependency.getTargetClass().getPackage()))
                .map(dependency -> outermost(dependency.getTargetClass()))
                .collect(Collectors.toSet());
        TreeSet<String> unused = MAIN.stream()
                .filter(type -> type.isTopLevelClass() && type.getModifiers().contains(JavaModifier.PUBLIC))
                .filter(type -> !isMarked(type) && !used.contains(type))
                .map(JavaClass::getSimpleName)
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(unused).isEqualTo(new TreeSet<>(PUBLIC_FOR_OTHERS.keySet()));
    }

    private static JavaClass outermost(JavaClass type) {
        return type.getEnclosingClass().map(PublicApiTest::outermost).orElse(type);
    }

    @Test
    void everyMarkedTypeIsPublic() {
        assertThat(MAIN.stream().filter(type -> type.isAnnotatedWith(PublicApi.class)))
                .allMatch(type -> type.getModifiers().contains(JavaModifier.PUBLIC));
    }
}
