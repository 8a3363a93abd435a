package io.swinlake.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.swinlake.cli.command.Exit;
import io.swinlake.cli.command.Json;
import io.swinlake.cli.command.Sessions;
import io.swinlake.cli.command.Versions;
import io.swinlake.table.Compaction;
import io.swinlake.table.RunRecord;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The runs of a table rewritten into one, and runs removed that an earlier compaction has rewritten. */
@Command(
        name = "compact",
        description =
                "Rewrites the runs of a Parquet table into one, without replaced rows, and removes runs that were rewritten"
                        + " long ago. It may run beside infer, and be killed at any moment.",
        sortOptions = false,
        mixinStandardHelpOptions = true)
final class Compact implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--embeddings", required = true, paramLabel = "URI", description = "Table that infer wrote.")
    private String embeddings;

    @Option(
            names = "--retain",
            defaultValue = "7d",
            converter = RetentionConverter.class,
            paramLabel = "DURATION",
            description =
                    "How long rewritten runs stay, for readers that have begun: days or hours, such as 7d or 12h. 0 only while"
                            + " nobody reads or writes the table. Default: ${DEFAULT-VALUE}.")
    private Duration retain;

    @Option(names = "--remove-only", description = "Rewrite nothing, only remove.")
    private boolean removeOnly;

    /**
     * The last line on stdout.
     *
     * @param runId of the compaction; null if there was nothing to rewrite
     * @param runs that it holds the rows of
     * @param dropped rows that had given way to others
     * @param removed runs that an earlier compaction, or with {@code --retain 0} this one, has rewritten
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Summary(
            String command,
            String embeddings,
            String runId,
            long runs,
            long rows,
            long dropped,
            long removed,
            double seconds) {}

    @Override
    public Integer call() throws IOException {
        long start = System.nanoTime();
        SparkSession spark = Sessions.open("compact");
        Compaction compaction = Compaction.of(spark, embeddings);
        List<String> removed = compaction.removeOlderThan(retain);
        long runs = 0;
        long rows = 0;
        long dropped = 0;
        String id = null;
        if (!removeOnly) {
            Compaction.Outcome outcome =
                    compaction.rewrite(new RunRecord.Software(Versions.swinlake(), Versions.spark(), Versions.java()));
            if (outcome.record().isPresent()) {
                RunRecord record = outcome.record().get();
                id = record.runId();
                runs = record.compacts().size();
                rows = record.written();
                dropped = outcome.dropped();
                say(record);
            } else {
                spec.commandLine().getErr().println("one run is all that there is: nothing to rewrite");
            }
        }
        long now = retain.isZero() ? compaction.removeOlderThan(retain).size() : 0;
        spec.commandLine()
                .getOut()
                .println(Json.line(new Summary(
                        "compact",
                        embeddings,
                        id,
                        runs,
                        rows,
                        dropped,
                        removed.size() + now,
                        Math.round((System.nanoTime() - start) / 1e6) / 1e3)));
        return Exit.GOOD.code();
    }

    private void say(RunRecord record) {
        PrintWriter err = spec.commandLine().getErr();
        err.printf(Locale.ROOT, "run %s holds %d rows now%n", record.runId(), record.written());
        if (!retain.isZero()) {
            err.printf(
                    "the runs that it was made of stay: from %s on, compact removes them. Until then whoever reads **/*.parquet"
                            + " sees rows twice (docs/readers.md)%n",
                    Instant.parse(record.ended()).plus(retain));
        }
    }

    private static final class RetentionConverter implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String value) {
            if (!value.matches("0|\\d{1,5}[dh]")) {
                throw new TypeConversionException(
                        "'%s' is no duration: days or hours, such as 7d or 12h, or 0".formatted(value));
            }
            if (value.equals("0")) {
                return Duration.ZERO;
            }
            long count = Long.parseLong(value.substring(0, value.length() - 1));
            return value.endsWith("d") ? Duration.ofDays(count) : Duration.ofHours(count);
        }
    }
}
