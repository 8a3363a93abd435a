package io.swinlake.cli;

import io.swinlake.cli.command.Exit;
import io.swinlake.cli.command.Json;
import io.swinlake.cli.command.ModelArguments;
import io.swinlake.cli.command.Sessions;
import io.swinlake.model.Setting;
import io.swinlake.model.SwinModel;
import io.swinlake.model.SwinStatistics;
import io.swinlake.preprocess.Recipe;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What a checkpoint is, and where each value of its configuration was found. Starts no Spark session. */
@Command(
        name = "inspect",
        description = "Shows what a checkpoint is, and where each value was found.",
        sortOptions = false,
        mixinStandardHelpOptions = true)
final class Inspect implements Callable<Integer> {
    private static final int MAX_WIDTH = 40;

    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelArguments model;

    @Option(names = "--json", description = "Print one line of JSON only.")
    private boolean json;

    /**
     * The last line on stdout.
     *
     * @param gflops of one image, counted as the papers do: multiply-accumulates, in units of 10^9
     */
    private record Summary(
            String command,
            String name,
            String variant,
            long parameters,
            double gflops,
            int embeddingSize,
            int classes,
            Recipe recipe,
            String sha256,
            List<Setting> settings) {}

    @Override
    public Integer call() {
        SwinModel opened = model.request().open(Sessions.hadoopConfiguration());
        SwinStatistics statistics = SwinStatistics.of(opened.config());
        Summary summary = new Summary(
                "inspect",
                opened.name(),
                statistics.variant(),
                statistics.parameters(),
                Math.round(statistics.gigaOperations() * 1000) / 1000.0,
                opened.config().embeddingSize(),
                opened.config().classes(),
                opened.recipe(),
                opened.sha256(),
                opened.settings());
        PrintWriter out = spec.commandLine().getOut();
        if (!json) {
            print(summary, out);
        }
        out.println(Json.line(summary));
        return Exit.GOOD.code();
    }

    private static void print(Summary summary, PrintWriter out) {
        out.printf("%s: %s%n", summary.name(), summary.variant());
        out.printf(Locale.ROOT, "parameters  %,d%n", summary.parameters());
        out.printf(Locale.ROOT, "gflops      %s%n", summary.gflops());
        out.printf(Locale.ROOT, "embedding   %d%n", summary.embeddingSize());
        out.printf(Locale.ROOT, "classes     %d%n", summary.classes());
        out.printf("sha256      %s%n%n", summary.sha256());
        int nameWidth = width(summary.settings(), Setting::name);
        int valueWidth = width(summary.settings(), Setting::value);
        String format = "%-" + nameWidth + "s  %-" + valueWidth + "s  %s%n";
        out.printf(format, "setting", "value", "found in");
        summary.settings().forEach(setting -> out.printf(format, setting.name(), setting.value(), setting.source()));
        out.println();
    }

    private static int width(List<Setting> settings, Function<Setting, String> column) {
        return settings.stream()
                .mapToInt(setting -> Math.min(MAX_WIDTH, column.apply(setting).length()))
                .max()
                .orElse(1);
    }
}
