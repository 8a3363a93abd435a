package io.swinlake.cli;

import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.cli.command.CommandException;
import io.swinlake.cli.command.Exit;
import io.swinlake.cli.command.NamelessUser;
import io.swinlake.cli.command.Obstacle;
import io.swinlake.cli.command.Versions;
import io.swinlake.cli.doctor.Doctor;
import io.swinlake.cli.duplicates.Duplicates;
import io.swinlake.cli.evaluate.Evaluate;
import io.swinlake.cli.report.Report;
import io.swinlake.storage.Messages;
import io.swinlake.table.TableException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;

/**
 * {@code swinlake VERB [options]}. Results go to stdout, whose last line is one JSON object when the verb has a summary;
 * everything else goes to stderr. A failure is one line there, and a stack trace only with {@code --verbose}.
 */
@Command(
        name = "swinlake",
        description = "Turns a lake of images into a table of predictions and embeddings.",
        mixinStandardHelpOptions = true,
        versionProvider = Versions.class,
        synopsisSubcommandLabel = "VERB",
        subcommands = {
            Infer.class,
            Compact.class,
            Inspect.class,
            Evaluate.class,
            Sql.class,
            Nearest.class,
            Duplicates.class,
            Report.class,
            Convert.class,
            Doctor.class
        })
public final class Main {
    /**
     * {@code scheme://user:password@host}; {@code hdfs://host:8020/a@b} is none. A scheme is looked for once in a run of its letters, and
     * the first colon that may be a password's decides: otherwise a long word takes time by the square of its length.
     */
    private static final Pattern LOGIN =
            Pattern.compile("(?<![A-Za-z0-9+.-])[0-9+.-]*+[A-Za-z][A-Za-z0-9+.-]*+://(?>[^/\\s]*?:(?!\\d+/))[^\\s]*@");

    @Option(names = "--verbose", scope = ScopeType.INHERIT, description = "Print the stack trace of a failure.")
    private boolean verbose;

    private Main() {}

    /**
     * Runs a verb, stops Spark and ends the JVM with the verb's exit code. After success it only returns: YARN, which runs
     * this inside its own process in cluster mode, takes any exit for a failure and would start the job again.
     */
    public static void main(String[] args) {
        prepareJvm();
        int code;
        try {
            code = run(
                    new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                    new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                    args);
        } finally {
            if (SparkSession.getDefaultSession().isDefined()) {
                SparkSession.getDefaultSession().get().stop();
            }
        }
        if (code != Exit.GOOD.code()) {
            System.exit(code);
        }
    }

    /** What a JVM of our own needs before it runs a verb. */
    static void prepareJvm() {
        NamelessUser.giveName();
        // Spark and Hadoop write the numbers in the names of files in its digits, which not every file system can have.
        Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
    }

    /** Runs a verb and returns its exit code. */
    static int run(PrintWriter out, PrintWriter err, String... args) {
        if (Arrays.stream(args).anyMatch(argument -> LOGIN.matcher(argument).find())) {
            err.println(
                    "swinlake: an argument is a URI with a user and a password, which would end up in logs and tables:"
                            + " leave them out and give them to the file system, see conf/spark-defaults.conf");
            return Exit.USAGE.code();
        }
        Main main = new Main();
        CommandLine line = new CommandLine(main)
                .setOut(out)
                .setErr(err)
                .setExpandAtFiles(false) // a name that begins with @ is a name
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(Main::usageError)
                .setExecutionExceptionHandler((failure, verb, parsed) -> main.failure(failure, verb));
        line.getCommandSpec()
                .usageMessage()
                .exitCodeListHeading("Exit codes:%n")
                .exitCodeList(Exit.meanings());
        try {
            return line.execute(args);
        } catch (LinkageError
                | OutOfMemoryError e) { // what a machine that is set up wrong leads to; picocli leaves errors alone
            ParseResult parsed = line.getParseResult();
            return main.failure(
                    e,
                    parsed.hasSubcommand() ? parsed.subcommand().commandSpec().commandLine() : line);
        }
    }

    private static int usageError(ParameterException e, String[] args) {
        CommandLine verb = e.getCommandLine();
        String name = verb.getCommandSpec().qualifiedName();
        verb.getErr().printf("%s: %s (%s --help lists the options)%n", name, oneLine(e.getMessage()), name);
        return Exit.USAGE.code();
    }

    private int failure(Throwable failure, CommandLine verb) {
        verb.getErr().printf("%s: %s%n", verb.getCommandSpec().qualifiedName(), oneLine(message(failure)));
        if (verbose) {
            failure.printStackTrace(verb.getErr());
        }
        return exit(failure).code();
    }

    private static String message(Throwable failure) {
        return failure instanceof CommandException
                        || failure instanceof CheckpointException
                        || failure instanceof TableException
                ? failure.getMessage()
                : Obstacle.in(failure).map(Obstacle::line).orElseGet(() -> Messages.reason(failure));
    }

    private static Exit exit(Throwable failure) {
        if (failure instanceof CommandException job) {
            return job.exit();
        }
        if (failure instanceof TableException table) {
            return table.when() == TableException.When.BEFORE_ANY_WORK ? Exit.PREFLIGHT : Exit.FAILED;
        }
        return failure instanceof CheckpointException ? Exit.PREFLIGHT : Exit.FAILED;
    }

    /** A file's names and columns stand in messages as they are there: they must not steer a terminal. */
    private static String oneLine(String message) {
        return message.strip().replaceAll("\\s*\\R\\s*", " ").replaceAll("[\\p{Cc}&&[^\t]]", "?");
    }
}
