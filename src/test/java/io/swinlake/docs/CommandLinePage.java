package io.swinlake.docs;

import io.swinlake.cli.Main;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** {@code docs/cli.md}: every verb with its options, as {@code VERB --help} has them. */
final class CommandLinePage {
    private static final String HEAD = """
            # Command line

            Generated from the code by `scripts/docs`: change the options, not this page.

            `scripts/swinlake [spark-submit options] VERB [options] [-- spark-submit options]` runs one verb through
            spark-submit; in a cluster's own way of starting jobs, class `io.swinlake.cli.Main` takes the same verb and options.
            Every place (`URI`) is a local path or anything that Hadoop opens, such as `s3a://bucket/images`.
            Results go to standard output, whose last line is one JSON object; progress and failures go to standard error.
            [Exit codes](troubleshooting.md#exit-codes) are meant for schedulers.

            """;

    /** Every verb has them. */
    private static final Set<String> OF_ALL = Set.of("--help", "--version", "--verbose");

    private CommandLinePage() {}

    static String text() {
        CommandLine swinlake = new CommandLine(Main.class);
        StringBuilder page = new StringBuilder(HEAD);
        page.append("| verb | does |\n| --- | --- |\n");
        verbs(swinlake)
                .forEach(verb -> page.append("| [`%s`](#%s) | %s |\n"
                        .formatted(
                                verb.name(),
                                Page.anchor(verb.name()),
                                description(verb.usageMessage().description()))));
        page.append("\nAll verbs take `--help`, `--version` and `--verbose` (the stack trace of a failure).\n");
        verbs(swinlake).forEach(verb -> page.append(section(verb)));
        return page.toString();
    }

    static List<CommandSpec> verbs(CommandLine swinlake) {
        return swinlake.getSubcommands().values().stream()
                .map(CommandLine::getCommandSpec)
                .toList();
    }

    private static String section(CommandSpec verb) {
        StringBuilder section = new StringBuilder("\n## %s\n\n".formatted(verb.name()))
                .append(description(verb.usageMessage().description()))
                .append("\n\n| option | required | meaning |\n| --- | --- | --- |\n");
        List<ArgSpec> arguments = new ArrayList<>(verb.positionalParameters());
        verb.options().stream()
                .filter(option -> !OF_ALL.contains(option.longestName()))
                .forEach(arguments::add);
        for (ArgSpec argument : arguments) {
            section.append("| `%s` | %s | %s |\n"
                    .formatted(
                            usage(argument).replace("|", "\\|"),
                            argument.required() ? required(argument) : "",
                            withChoicesAsCode(argument, description(argument.description()))));
        }
        return section.toString();
    }

    /** An option of a group is required only where another one of the group is given. */
    private static String required(ArgSpec argument) {
        return argument.group() == null ? "yes" : "with the other model options";
    }

    private static String usage(ArgSpec argument) {
        if (argument instanceof PositionalParamSpec) {
            return argument.paramLabel();
        }
        OptionSpec option = (OptionSpec) argument;
        boolean isFlag = option.arity().max() == 0;
        String label = choices(option).isEmpty() ? option.paramLabel() : String.join("|", choices(option));
        return option.longestName() + (isFlag ? "" : " " + label);
    }

    private static String description(String... lines) {
        return Ansi.OFF
                .string(String.join(" ", lines).replace("%n", " "))
                .replace("|", "\\|")
                .replaceAll("(?<!\\w)'([^']+)'", "`$1`")
                .replaceAll("(?<![`\\w-])(--[a-z-]+)", "`$1`")
                .replaceAll("Default: ([a-z0-9.*]+)\\.$", "Default: `$1`.")
                .replaceAll("(?<!`)\\* ", "\\\\* ")
                .strip();
    }

    /** The words that an option takes, as people write them; any case will do. */
    private static List<String> choices(ArgSpec argument) {
        return argument.completionCandidates() == null
                ? List.of()
                : StreamSupport.stream(argument.completionCandidates().spliterator(), false)
                        .map(choice -> choice.toLowerCase(Locale.ROOT))
                        .toList();
    }

    private static String withChoicesAsCode(ArgSpec argument, String description) {
        List<String> choices = choices(argument);
        String code = choices.stream().map(choice -> "`" + choice + "`").collect(Collectors.joining(", "));
        return choices.isEmpty()
                ? description
                : description.replaceAll("(?i)" + Pattern.quote(String.join(", ", choices)), code);
    }
}
