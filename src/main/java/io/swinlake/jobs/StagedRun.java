package io.swinlake.jobs;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.catalyst.catalog.ExternalCatalogUtils;
import org.apache.spark.sql.execution.streaming.CheckpointFileManager$;
import org.apache.spark.sql.execution.streaming.CheckpointFileManager.CancellableFSDataOutputStream;

/**
 * What a run has before it is committed, in {@code OUTPUT/_runs/ID}: what was asked for, and the parts of its rows that
 * are done. An attempt that dies leaves it to the next.
 *
 * <p>Two attempts may live at once, when a scheduler takes the first for dead. The parts' names never meet, each attempt
 * uses only parts that it has seen, and only the one that began last may commit.
 */
final class StagedRun {
    private static final String FOLDER = "_runs";

    private final Configuration configuration;
    private final FileSystem fileSystem;
    private final Path folder;
    private final Path request;
    private final Path parts;
    private final Path owner;
    private final String attempt = UUID.randomUUID().toString();

    private StagedRun(Configuration configuration, FileSystem fileSystem, Path folder) {
        this.configuration = configuration;
        this.fileSystem = fileSystem;
        this.folder = folder;
        this.request = new Path(folder, "request.json");
        this.parts = new Path(folder, "parts");
        this.owner = new Path(folder, "attempt");
    }

    static StagedRun of(Path output, String id, Configuration configuration) throws IOException {
        return new StagedRun(configuration, output.getFileSystem(configuration), folder(output, id));
    }

    /** The folder of a run in an output. */
    static Path folder(Path output, String id) {
        return new Path(new Path(output, FOLDER), ExternalCatalogUtils.escapePathName(id));
    }

    /** What the first attempt was asked for, as JSON; empty if there was none. */
    Optional<String> request() throws IOException {
        return read(fileSystem, request);
    }

    /** Takes the run over from an earlier attempt. */
    void begin(String json) throws IOException {
        writeAtOnce(configuration, owner, attempt);
        if (!fileSystem.exists(request)) {
            writeAtOnce(configuration, request, json);
        }
    }

    /** Folders of the parts that are done. */
    List<Path> done() throws IOException {
        List<Path> done = new ArrayList<>();
        try {
            for (FileStatus part : fileSystem.listStatus(parts)) {
                if (fileSystem.exists(new Path(part.getPath(), "_SUCCESS"))) {
                    done.add(part.getPath());
                }
            }
        } catch (FileNotFoundException e) {
            return List.of();
        }
        return done;
    }

    /** Folder for a part of this attempt, counted from 0. */
    Path part(int index) {
        return new Path(parts, String.format(Locale.ROOT, "%s-%05d", attempt, index));
    }

    /** @throws JobException if another attempt has begun since */
    void requireOurs(String id) throws IOException {
        Optional<String> now = read(fileSystem, owner);
        if (!now.equals(Optional.of(attempt))) {
            throw JobException.failed(
                    "run '%s': another process has begun to complete it; this one ends without committing", id);
        }
    }

    /** Ends what only an unfinished run needs; a record in the folder stays. */
    void delete() throws IOException {
        fileSystem.delete(parts, true);
        fileSystem.delete(request, false);
        fileSystem.delete(owner, false);
        for (Path emptied : List.of(folder, folder.getParent())) {
            if (fileSystem.exists(emptied) && fileSystem.listStatus(emptied).length == 0) {
                fileSystem.delete(emptied, false);
            }
        }
    }

    /** The text of a small object; empty if it is not there. */
    static Optional<String> read(FileSystem fileSystem, Path file) throws IOException {
        try (FSDataInputStream in = fileSystem.open(file)) {
            return Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (FileNotFoundException e) {
            return Optional.empty();
        }
    }

    /** Writes an object that readers see whole or not at all. */
    static void writeAtOnce(Configuration configuration, Path file, String text) throws IOException {
        FileSystem fileSystem = file.getFileSystem(configuration);
        fileSystem.mkdirs(file.getParent());
        CancellableFSDataOutputStream out = CheckpointFileManager$.MODULE$
                .create(file.getParent(), configuration)
                .createAtomic(file, true);
        try {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            out.cancel();
            throw e;
        }
        out.close();
    }
}
