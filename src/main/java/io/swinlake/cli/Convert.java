package io.swinlake.cli;

import io.swinlake.cli.command.CommandException;
import io.swinlake.cli.command.Exit;
import io.swinlake.cli.command.Json;
import io.swinlake.cli.command.ModelArguments;
import io.swinlake.cli.command.Sessions;
import io.swinlake.model.SwinModel;
import io.swinlake.storage.Messages;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Any checkpoint to one safetensors file with canonical names, configuration, preprocessing and class names inside. */
@Command(
        name = "convert",
        description = "Writes a checkpoint as one safetensors file that holds all that infer needs.",
        sortOptions = false,
        mixinStandardHelpOptions = true)
final class Convert implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelArguments model;

    @Option(names = "--output", required = true, paramLabel = "URI", description = "File to write; must not exist.")
    private String output;

    @Override
    public Integer call() {
        Configuration configuration = Sessions.hadoopConfiguration();
        SwinModel opened = model.request().open(configuration);
        byte[] file = opened.toSafetensors();
        Path path = new Path(output);
        try (OutputStream out = path.getFileSystem(configuration).create(path, false)) {
            out.write(file);
        } catch (FileAlreadyExistsException e) {
            throw CommandException.preflight("%s: exists already; choose another --output or delete it", output);
        } catch (IOException e) {
            throw CommandException.failed("%s: cannot be written: %s", output, Messages.reason(e));
        }
        PrintWriter stdout = spec.commandLine().getOut();
        stdout.println(Json.line(new Summary("convert", model.model, output, opened.sha256(), file.length)));
        return Exit.GOOD.code();
    }

    /** The last line on stdout. */
    private record Summary(String command, String model, String output, String sha256, long bytes) {}
}
