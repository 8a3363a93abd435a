package io.swinlake.jobs;

import io.swinlake.model.Setting;
import io.swinlake.model.SwinModel;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
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
    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelArguments model;

    @Option(names = "--json", description = "Print one line of JSON only.")
    private boolean json;

    /** The last line on stdout. */
    private record Summary(
            String command,
            String name,
            String sha256,
            long parameters,
            int classes,
            int embeddingSize,
            List<Setting> settings) {}

    @Override
    public Integer call() {
        SwinModel opened = model.request().open(Sessions.hadoopConfiguration());
        Summary summary = new Summary(
                "inspect",
                opened.name(),
                opened.sha256(),
                0,
                opened.config().classes(),
                opened.config().embeddingSize(),
                opened.settings());
        PrintWriter out = spec.commandLine().getOut();
        if (!json) {
            print(summary, out);
        }
        out.println(Json.line(summary));
        return Exit.GOOD.code();
    }

    private static void print(Summary summary, PrintWriter out) {
        out.printf("%s%n%n", summary.name());
        out.printf("%-20s %s%n", "sha256", summary.sha256());
        summary.settings()
                .forEach(setting -> out.printf("%-20s %-24s %s%n", setting.name(), setting.value(), setting.source()));
        out.println();
    }
}
