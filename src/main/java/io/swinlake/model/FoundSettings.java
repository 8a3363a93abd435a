package io.swinlake.model;

import io.swinlake.layout.NamedTensors.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** The values of a config that are known so far, each with its source; asks the sources in their order. */
final class FoundSettings {
    private final List<Setting> settings = new ArrayList<>();

    List<Setting> all() {
        return List.copyOf(settings);
    }

    void add(Setting setting) {
        settings.add(setting);
    }

    <T> Optional<T> asked(
            String name,
            List<DeclaredValues> sources,
            Function<DeclaredValues, Optional<DeclaredValues.Sourced<T>>> question,
            Optional<T> option,
            String optionName) {
        Optional<DeclaredValues.Sourced<T>> told = firstTold(sources, question);
        Optional<DeclaredValues.Sourced<T>> answer = option.map(value -> new DeclaredValues.Sourced<>(
                        value,
                        told.map(found -> "%s instead of %s, %s".formatted(optionName, found.value(), found.source()))
                                .orElse(optionName)))
                .or(() -> told);
        answer.ifPresent(found -> settings.add(found.as(name)));
        return answer.map(DeclaredValues.Sourced::value);
    }

    <T> T told(
            String name,
            List<DeclaredValues> sources,
            Function<DeclaredValues, Optional<DeclaredValues.Sourced<T>>> question,
            DeclaredValues.Sourced<T> otherwise) {
        DeclaredValues.Sourced<T> found = firstTold(sources, question).orElse(otherwise);
        settings.add(found.as(name));
        return found.value();
    }

    static <T> Optional<DeclaredValues.Sourced<T>> firstTold(
            List<DeclaredValues> sources, Function<DeclaredValues, Optional<DeclaredValues.Sourced<T>>> question) {
        return sources.stream().map(question).flatMap(Optional::stream).findFirst();
    }

    <T> T found(String name, T value, String source) {
        settings.add(new DeclaredValues.Sourced<>(value, source).as(name));
        return value;
    }

    <T> T found(String name, T value, Optional<Entry> source) {
        return found(name, value, source.map(Entry::toString).orElse("no such tensor"));
    }

    boolean has(String name, Optional<Entry> tensor) {
        return found(name, tensor.isPresent(), tensor);
    }
}
