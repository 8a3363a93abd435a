package io.swinlake.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.cli.evaluate.TruthClasses.Seen;
import io.swinlake.cli.evaluate.TruthClasses.TruthClass;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TruthClassesTest {
    private static List<Seen> named(String... labels) {
        return IntStream.range(0, labels.length)
                .mapToObj(index -> new Seen(index, Optional.of(labels[index])))
                .toList();
    }

    private static TruthClass meaning(String name, Integer... indices) {
        return new TruthClass(name, new TreeSet<>(Set.of(indices)));
    }

    private static TruthClasses of(Collection<Seen> seen, String... words) {
        return TruthClasses.of(seen, List.of(words));
    }

    @Test
    void namesAreTakenAsTheyAre() {
        TruthClasses truths = of(named("zéro, nul", "6\" disc", "Six", "six"), "zéro, nul", "6\" disc", "six");
        assertThat(truths.classes())
                .containsEntry("zéro, nul", meaning("zéro, nul", 0))
                .containsEntry("6\" disc", meaning("6\" disc", 1))
                .containsEntry("six", meaning("six", 3));
        assertThat(truths.remarks()).isEmpty();
    }

    @Test
    void namesInAnotherCaseOrFormAreTakenWhereOneClassHasThem() {
        TruthClasses truths = of(named("six", "z\u00E9ro", "Polish", "polish"), "SIX ", "ze\u0301ro", "POLISH");
        assertThat(truths.classes()).containsOnlyKeys("SIX ", "ze\u0301ro");
        assertThat(truths.classes().get("ze\u0301ro")).isEqualTo(meaning("z\u00E9ro", 1));
        assertThat(truths.remarks())
                .containsExactly(
                        "2 names of classes are spelt in another way, such as 'SIX ' for 'six'",
                        "1 of 3 classes were never among the best of any image and count as wrong, such as 'POLISH'");
    }

    @Test
    void numbersAreIndicesWhereTheyAreNoNames() {
        TruthClasses truths = of(named("zero", "one", "one"), "0", "02", "7");
        assertThat(truths.classes())
                .containsOnly(Map.entry("0", meaning("zero", 0)), Map.entry("02", meaning("one", 2)));
        assertThat(truths.remarks())
                .containsExactly(
                        "1 of 3 classes were never among the best of any image and count as wrong, such as '7'");
        assertThat(of(List.of(new Seen(3, Optional.empty())), "3").classes()).containsEntry("3", meaning("3", 3));
    }

    @Test
    void numbersThatAreNamesAreNamesAndThatIsSaidWhereItMatters() {
        assertThat(of(named("0", "1"), "0", "1").remarks()).isEmpty();
        TruthClasses shifted = of(named("1", "2"), "1");
        assertThat(shifted.classes()).containsEntry("1", meaning("1", 0));
        assertThat(shifted.remarks()).containsExactly("'1' is taken for the name of class 0, not for an index");
    }

    @Test
    void aNameOfTwoClassesIsEitherOfThem() {
        TruthClasses truths = of(named("crane", "heron", "crane"), "crane");
        assertThat(truths.classes()).containsEntry("crane", meaning("crane", 0, 2));
        assertThat(truths.remarks())
                .containsExactly("'crane' is the name of classes [0, 2]: each of them counts as right");
    }

    @Test
    void wordsOfAnotherModelAreNoClasses() {
        assertThat(of(named("six"), "hund").classes()).isEmpty();
    }
}
