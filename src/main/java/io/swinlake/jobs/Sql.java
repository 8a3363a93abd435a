package io.swinlake.jobs;

import io.swinlake.storage.Failures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
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

    @Parameters(paramLabel = "FILE", description = "Statements, each with a semicolon at the end of its last line.")
    private Path file;

    @Override
    public Integer call() {
        List<String> statements = statements();
        SparkSession spark = Sessions.open("sql");
        Embeddings.read(spark, embeddings).createOrReplaceTempView("embeddings");
        for (String statement : statements) {
            Dataset<Row> result = spark.sql(statement);
            spec.commandLine().getOut().println(result.showString(MAX_ROWS, 0, false));
        }
        return Exit.GOOD.code();
    }

    private List<String> statements() {
        try {
            return Arrays.stream(Files.readString(file).split(";[ \t]*(\\R|$)"))
                    .filter(statement -> !statement.isBlank())
                    .toList();
        } catch (NoSuchFileException e) {
            throw JobException.preflight("%s: no such file", file);
        } catch (IOException e) {
            throw JobException.preflight("%s: cannot be read: %s", file, Failures.reason(e));
        }
    }
}
