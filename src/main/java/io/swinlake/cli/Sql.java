package io.swinlake.cli;

import io.swinlake.cli.SqlScript.Statement;
import io.swinlake.cli.command.CommandException;
import io.swinlake.cli.command.EmbeddingsTable;
import io.swinlake.cli.command.Exit;
import io.swinlake.cli.command.Sessions;
import io.swinlake.spark.inference.UserText;
import io.swinlake.storage.Messages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import scala.Console;
import scala.runtime.BoxedUnit;

/** Runs the queries of a file on a table that {@code infer} wrote, and prints their results. */
@Command(
        name = "sql",
        description = "Runs Spark SQL on the view 'embeddings' and prints the results.",
        sortOptions = false,
        mixinStandardHelpOptions = true)
final class Sql implements Callable<Integer> {
    private static final int MAX_ROWS = 100;

    @Spec
    private CommandSpec spec;

    @Option(names = "--embeddings", required = true, paramLabel = "URI", description = "Table that infer wrote.")
    private String embeddings;

    @Parameters(
            paramLabel = "FILE|URI",
            description = "Statements, separated by semicolons. All are parsed before the first one is run.")
    private String file;

    @Override
    public Integer call() {
        List<Statement> statements = statements();
        SparkSession spark = Sessions.open("sql");
        for (Statement statement : statements) {
            parse(spark, statement);
        }
        EmbeddingsTable.read(spark, embeddings).createOrReplaceTempView("embeddings");
        for (Statement statement : statements) {
            spec.commandLine().getOut().println(run(spark, statement));
        }
        return Exit.GOOD.code();
    }

    private List<Statement> statements() {
        List<Statement> statements;
        try {
            statements = SqlScript.split(UserText.read(location(), Sessions.hadoopConfiguration()));
        } catch (IOException e) {
            throw CommandException.preflight("%s: cannot be read: %s", file, e.getMessage());
        }
        if (statements.isEmpty()) {
            throw CommandException.preflight("%s: holds no statement", file);
        }
        return statements;
    }

    /** A file of this machine comes first, also where the file system without a scheme is another. */
    private String location() {
        return file.matches("[A-Za-z][A-Za-z0-9+.-]*:.*") || !Files.exists(Path.of(file))
                ? file
                : "file:" + Path.of(file).toAbsolutePath();
    }

    private void parse(SparkSession spark, Statement statement) {
        try {
            spark.sessionState().sqlParser().parsePlan(statement.inPlace());
        } catch (Exception e) { // Spark's are checked, and not declared
            throw CommandException.preflight("%s: statement %d: %s", file, statement.number(), Messages.reason(e));
        }
    }

    private String run(SparkSession spark, Statement statement) {
        try {
            return shown(spark.sql(statement.inPlace()));
        } catch (Exception e) { // as above
            throw CommandException.failed(
                    "%s: statement %d, line %d: %s", file, statement.number(), statement.line(), Messages.reason(e));
        }
    }

    /** What Spark would print; the method that returns it as text is another one in Spark 4. */
    private static String shown(Dataset<Row> result) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(text, false, StandardCharsets.UTF_8);
        Console.withOut(out, () -> {
            result.show(MAX_ROWS, 0);
            return BoxedUnit.UNIT;
        });
        out.flush();
        return text.toString(StandardCharsets.UTF_8).stripTrailing() + "\n";
    }
}
