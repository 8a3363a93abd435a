package io.swinlake.cli.evaluate;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which classes of a model the words of a truth file mean: names as they are, else in another case or another form of
 * Unicode where only one class has it, else indices.
 *
 * @param classes by word; words that are no class of the table are not among them
 * @param remarks what the person should know, a line each
 */
record TruthClasses(Map<String, TruthClass> classes, List<String> remarks) {
    /** A class that was among the best of some image. */
    record Seen(int index, Optional<String> label) {}

    /**
     * What a word means.
     *
     * @param indices more than one where classes share a name
     */
    record TruthClass(String name, SortedSet<Integer> indices) {}

    TruthClasses {
        classes = Map.copyOf(classes);
        remarks = List.copyOf(remarks);
    }

    static TruthClasses of(Collection<Seen> seen, Collection<String> words) {
        Map<String, TruthClass> byName = byName(seen);
        Map<String, TruthClass> byIndex = byIndex(seen);
        boolean numbers = words.stream().allMatch(word -> index(word).isPresent());
        boolean names = words.stream().anyMatch(byName::containsKey);
        return byName.isEmpty() || (numbers && !names) ? asIndices(words, byIndex) : asNames(words, byName, byIndex);
    }

    private static TruthClasses asIndices(Collection<String> words, Map<String, TruthClass> byIndex) {
        Map<String, TruthClass> classes = new HashMap<>();
        for (String word : words) {
            index(word).map(byIndex::get).ifPresent(found -> classes.put(word, found));
        }
        List<String> remarks = new ArrayList<>();
        unknown(words, classes).ifPresent(remarks::add);
        return new TruthClasses(classes, remarks);
    }

    private static TruthClasses asNames(
            Collection<String> words, Map<String, TruthClass> byName, Map<String, TruthClass> byIndex) {
        Map<String, Set<String>> folded = new HashMap<>();
        byName.keySet().forEach(name -> folded.computeIfAbsent(fold(name), key -> new TreeSet<>())
                .add(name));
        Map<String, TruthClass> classes = new LinkedHashMap<>();
        List<String> remarks = new ArrayList<>();
        int respelt = 0;
        String example = "";
        for (String word : words) {
            Set<String> alike = folded.getOrDefault(fold(word), Set.of());
            if (byName.containsKey(word)) {
                classes.put(word, byName.get(word));
            } else if (alike.size() == 1) {
                String name = alike.iterator().next();
                classes.put(word, byName.get(name));
                example = respelt++ == 0 ? "'%s' for '%s'".formatted(word, name) : example;
            }
        }
        if (respelt > 0) {
            remarks.add("%s names of classes are spelt in another way, such as %s".formatted(respelt, example));
        }
        classes.forEach((word, meant) -> {
            if (meant.indices().size() > 1) {
                remarks.add("'%s' is the name of classes %s: each of them counts as right"
                        .formatted(meant.name(), meant.indices()));
            }
        });
        classes.entrySet().stream()
                .filter(entry -> index(entry.getKey())
                        .map(byIndex::get)
                        .filter(other ->
                                !other.indices().equals(entry.getValue().indices()))
                        .isPresent())
                .findFirst()
                .ifPresent(entry -> remarks.add("'%s' is taken for the name of class %s, not for an index"
                        .formatted(entry.getKey(), entry.getValue().indices().first())));
        unknown(words, classes).ifPresent(remarks::add);
        return new TruthClasses(classes, remarks);
    }

    private static Optional<String> unknown(Collection<String> words, Map<String, TruthClass> classes) {
        List<String> unknown = words.stream()
                .filter(word -> !classes.containsKey(word))
                .sorted()
                .toList();
        return unknown.isEmpty()
                ? Optional.empty()
                : Optional.of("%s of %s classes were never among the best of any image and count as wrong, such as '%s'"
                        .formatted(unknown.size(), words.size(), unknown.get(0)));
    }

    private static Map<String, TruthClass> byName(Collection<Seen> seen) {
        Map<String, TruthClass> byName = new TreeMap<>();
        for (Seen one : seen) {
            one.label().ifPresent(label -> byName.computeIfAbsent(label, name -> new TruthClass(name, new TreeSet<>()))
                    .indices()
                    .add(one.index()));
        }
        return byName;
    }

    private static Map<String, TruthClass> byIndex(Collection<Seen> seen) {
        Map<String, TruthClass> byIndex = new HashMap<>();
        for (Seen one : seen) {
            String index = Integer.toString(one.index());
            byIndex.put(index, new TruthClass(one.label().orElse(index), new TreeSet<>(Set.of(one.index()))));
        }
        return byIndex;
    }

    /** The index that a word is, without zeros before it. */
    private static Optional<String> index(String word) {
        String stripped = word.strip();
        return stripped.matches("[0-9]{1,9}")
                ? Optional.of(Integer.toString(Integer.parseInt(stripped)))
                : Optional.empty();
    }

    private static String fold(String name) {
        return Normalizer.normalize(name.strip(), Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
    }
}
