package io.swinlake.table;

import com.fasterxml.jackson.core.type.TypeReference;
import io.swinlake.storage.TextFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.catalyst.catalog.ExternalCatalogUtils;

/**
 * What a run has before it is committed, in {@code _runs/ID}: what was asked for, and the parts of its rows that are done.
 * An attempt that dies leaves it to the next.
 *
 * <p>Two attempts may live at once, when a scheduler takes the first for dead. The parts' names never meet, and each attempt
 * uses only parts that it has seen; if one removes them, because the run is committed, the other fails.
 */
final class StagedRun {
    static final String FOLDER = "_runs";

    private static final String REQUEST = "request.json";

    private static final String LATEST = "attempt";

    private static final String PARTS = "parts";

    private static final String PLAN = "plan";

    private final FileSystem fileSystem;
    private final Path folder;
    private final TextFile request;
    private final TextFile latest;
    private final Path parts;

    private StagedRun(Configuration configuration, Path folder) throws IOException {
        this.fileSystem = folder.getFileSystem(configuration);
        this.folder = folder;
        this.request = TextFile.at(new Path(folder, REQUEST), configuration);
        this.latest = TextFile.at(new Path(folder, LATEST), configuration);
        this.parts = new Path(folder, PARTS);
    }

    /** @param home folder in which runs keep what they have so far */
    static StagedRun of(Path home, String run, Configuration configuration) throws IOException {
        return new StagedRun(configuration, folder(home, run));
    }

    static Path folder(Path home, String run) {
        return new Path(new Path(home, FOLDER), ExternalCatalogUtils.escapePathName(run));
    }

    /** Ids of the runs that have something there. */
    static List<String> all(Path home, Configuration configuration) throws IOException {
        Path folder = new Path(home, FOLDER);
        List<String> runs = new ArrayList<>();
        try {
            for (FileStatus run : folder.getFileSystem(configuration).listStatus(folder)) {
                if (run.isDirectory()) {
                    runs.add(ExternalCatalogUtils.unescapePathName(run.getPath().getName()));
                }
            }
        } catch (FileNotFoundException e) {
            return List.of();
        }
        return runs;
    }

    /** What {@code request.json} holds; in version 1, the options alone. */
    private record Request(int version, SortedMap<String, String> options) {}

    /**
     * What the first attempt was asked for, which is this one if there was none.
     *
     * @param options of this attempt
     */
    SortedMap<String, String> ask(SortedMap<String, String> options) throws IOException {
        String ours = RunRecord.json(new Request(RunRecord.VERSION, options));
        request.create(ours);
        String json = request.read().orElse(ours); // gone if another attempt has just committed the run
        String place = new Path(folder, REQUEST).toString();
        if (!json.contains("\"version\":")) {
            return RunRecord.parse(place, json, new TypeReference<TreeMap<String, String>>() {});
        }
        Request read = RunRecord.parse(place, json, new TypeReference<Request>() {});
        RunRecord.requireKnown(place, read.version);
        return read.options == null ? new TreeMap<>() : read.options;
    }

    /** Takes the run over from an earlier attempt. */
    void begin(Attempt attempt) throws IOException {
        latest.replace(attempt.name());
    }

    /** Whether no attempt has begun after this one. */
    boolean isLatest(Attempt attempt) throws IOException {
        return latest.read().equals(Optional.of(attempt.name()));
    }

    /**
     * Folders of the parts that were begun, in the order of their names. Each file in them is whole, with all rows of a task.
     */
    List<Path> parts() throws IOException {
        try {
            return Arrays.stream(fileSystem.listStatus(parts))
                    .map(FileStatus::getPath)
                    .sorted()
                    .toList();
        } catch (FileNotFoundException e) {
            return List.of();
        }
    }

    /** Folder for a part of an attempt, counted from 0. */
    Path part(Attempt attempt, int index) {
        return new Path(parts, String.format(Locale.ROOT, "%s-%05d", attempt, index));
    }

    /** Folder for objects that an attempt has still to compute. */
    Path plan(Attempt attempt, String which) {
        return new Path(new Path(new Path(folder, PLAN), attempt.name()), which);
    }

    boolean exists() throws IOException {
        return fileSystem.exists(parts)
                || request.read().isPresent()
                || latest.read().isPresent();
    }

    /** Removes what only an unfinished run needs; a record in the folder stays. */
    void delete() throws IOException {
        fileSystem.delete(parts, true);
        fileSystem.delete(new Path(folder, PLAN), true);
        request.delete();
        latest.delete();
        for (Path emptied : List.of(folder, folder.getParent())) {
            try {
                if (fileSystem.listStatus(emptied).length == 0) {
                    fileSystem.delete(emptied, false);
                }
            } catch (FileNotFoundException e) {
                return; // another attempt removes it too
            }
        }
    }
}
