package io.swinlake.cli.command;

import io.swinlake.storage.Messages;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Where a verb writes. */
public final class Outputs {
    private Outputs() {}

    /**
     * Refuses a place that holds something, before any work. A folder that a failed run left behind is empty and may be used
     * again.
     */
    public static void requireNew(String output, Configuration configuration) {
        try {
            Path path = new Path(output);
            FileSystem fileSystem = path.getFileSystem(configuration);
            if (fileSystem.exists(path)
                    && (fileSystem.getFileStatus(path).isFile() || fileSystem.listStatus(path).length > 0)) {
                throw CommandException.preflight("%s: exists already; choose another --output or delete it", output);
            }
        } catch (IOException | IllegalArgumentException e) {
            throw CommandException.preflight("%s: cannot be written: %s", output, Messages.reason(e));
        }
    }

    /** Writes a verb's last line into what it has written, where there is none yet. */
    public static void writeRecord(String output, String name, String line, Configuration configuration) {
        Path file = new Path(output, name);
        try (OutputStream out = file.getFileSystem(configuration).create(file, false)) {
            out.write(line.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw CommandException.failed("%s: cannot be written: %s", file, Messages.reason(e));
        }
    }

    /** Refuses a file that is there already. */
    public static void requireNewFile(String option, String file, Configuration configuration) {
        try {
            Path path = new Path(file);
            if (path.getFileSystem(configuration).exists(path)) {
                throw CommandException.preflight("%s: exists already; choose another %s or delete it", file, option);
            }
        } catch (IOException | IllegalArgumentException e) {
            throw CommandException.preflight("%s: cannot be written: %s", file, Messages.reason(e));
        }
    }
}
