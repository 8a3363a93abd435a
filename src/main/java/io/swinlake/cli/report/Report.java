package io.swinlake.cli.report;

import io.swinlake.cli.command.CommandException;
import io.swinlake.cli.command.EmbeddingsTable;
import io.swinlake.cli.command.Exit;
import io.swinlake.cli.command.Json;
import io.swinlake.cli.command.Outputs;
import io.swinlake.cli.command.Sessions;
import io.swinlake.report.ReportData;
import io.swinlake.report.ReportPage;
import io.swinlake.storage.Messages;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** One HTML page about a table that infer wrote. */
@Command(
        name = "report",
        description =
                "Writes one HTML page about a table: counts, errors, classes, confidence, samples, nearest images, a"
                        + " map, speed. It needs no network and no other file.",
        sortOptions = false,
        mixinStandardHelpOptions = true)
public final class Report implements Callable<Integer> {
    private static final int MOST_IMAGES = 200;

    @Spec
    private CommandSpec spec;

    @Option(names = "--embeddings", required = true, paramLabel = "URI", description = "Table that infer wrote.")
    private String embeddings;

    @Option(
            names = "--output",
            required = true,
            paramLabel = "FILE",
            description = "The page to write, such as report.html; must not exist.")
    private String output;

    @Option(
            names = "--images",
            defaultValue = "24",
            paramLabel = "N",
            description =
                    "Images on the contact sheet, 0 to 200; with 0 no image is opened. Default: ${DEFAULT-VALUE}.")
    private int images;

    /** The last line on stdout. */
    record Summary(String command, String embeddings, String output, long images, long failed, long bytes) {}

    @Override
    public Integer call() {
        if (images < 0 || images > MOST_IMAGES) {
            throw new ParameterException(spec.commandLine(), "--images is from 0 to 200, found " + images);
        }
        SparkSession spark = Sessions.open("report");
        Configuration configuration = spark.sessionState().newHadoopConf();
        Outputs.requireNew(output, configuration);
        ReportData data =
                new ReportQueries(spark, embeddings, EmbeddingsTable.readOneModel(spark, embeddings), images).gather();
        byte[] page = ReportPage.of(data).getBytes(StandardCharsets.UTF_8);
        Path file = new Path(output);
        try (OutputStream out = file.getFileSystem(configuration).create(file, false)) {
            out.write(page);
        } catch (IOException e) {
            throw CommandException.failed("%s: cannot be written: %s", output, Messages.reason(e));
        }
        Summary summary = new Summary(
                "report",
                embeddings,
                output,
                data.counts().images(),
                data.counts().failed(),
                page.length);
        spec.commandLine().getOut().println(Json.line(summary));
        return Exit.GOOD.code();
    }
}
