package io.swinlake.cli;

import io.swinlake.table.RunRequest;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Which of {@code infer}'s options decide what its rows are, with their values as text. */
final class InferOptions {
    /** How fast a run goes and what is said about it; a rerun may change these, say to go on with smaller batches. */
    private static final Set<String> OF_NO_ROW = Set.of(
            "--run-id",
            "--runs",
            "--batch-size",
            "--device",
            "--max-error-rate",
            "--checkpoint-every",
            "--reuse",
            "--estimate",
            "--verbose",
            "--help",
            "--version");

    /** Which rows a run has, where the others decide what is in a row. */
    private static final Set<String> OF_THE_CHOICE = Set.of(
            "--input",
            "--uri-column",
            "--image-column",
            "--id-column",
            "--glob",
            "--limit",
            "--output",
            "--incremental",
            "--handle-invalid",
            "--format");

    /** Compared by the model's digest instead, whatever made it. */
    private static final Set<String> OF_THE_MODEL = Set.of("--model", "--recipe", "--image-size", "--window");

    private InferOptions() {}

    static RunRequest.Options of(CommandSpec infer) {
        CommandLine untouched = new CommandLine(new Infer()).setCaseInsensitiveEnumValuesAllowed(true);
        untouched.parseArgs("--model", "any", "--input", "any", "--output", "any");
        SortedMap<String, String> values = values(infer);
        return new RunRequest.Options(
                values,
                values(untouched.getCommandSpec()),
                values.keySet().stream()
                        .filter(name -> !OF_THE_CHOICE.contains(name) && !OF_THE_MODEL.contains(name))
                        .collect(Collectors.toUnmodifiableSet()));
    }

    private static SortedMap<String, String> values(CommandSpec verb) {
        SortedMap<String, String> options = new TreeMap<>();
        for (OptionSpec option : verb.options()) {
            if (!OF_NO_ROW.contains(option.longestName())) {
                options.put(option.longestName(), text(option.getValue()));
            }
        }
        return options;
    }

    private static String text(Object value) {
        if (value instanceof Optional<?> optional) {
            return optional.map(InferOptions::text).orElse("");
        }
        if (value instanceof Enum<?> constant) {
            return constant.name(); // as the records of earlier runs have it
        }
        if (value instanceof int[] numbers) {
            return Arrays.toString(numbers);
        }
        if (value instanceof List<?> list && list.size() <= 1) {
            return list.isEmpty() ? "" : list.get(0).toString();
        }
        return Objects.toString(value, "");
    }
}
