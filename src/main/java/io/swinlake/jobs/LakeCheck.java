package io.swinlake.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swinlake.jobs.Finding.Wrong;
import io.swinlake.spark.FilesBelow;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;

/** Whether a place in a lake can be listed, read and written from this JVM, found out by doing it. */
final class LakeCheck {
    /** One page of a listing in S3: enough to know, however large the lake is. */
    private static final int LISTED = 1000;

    private static final String IMAGE_NAME = ".*\\.(jpe?g|png|webp|gif|bmp|tiff?)";

    private LakeCheck() {}

    /**
     * An object of an input: the first image by its name's ending, else the first object.
     *
     * @param listed objects seen, at most {@link #LISTED}
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Sample(String path, byte[] bytes, int listed) {
        @Override
        public String toString() {
            return "listed %s%s objects, read %s of %s bytes"
                    .formatted(listed == LISTED ? "the first " : "", listed, new Path(path).getName(), bytes.length);
        }
    }

    /** Lists the beginning of an input and reads one object whole. */
    static Sample listAndRead(String input, Configuration configuration) throws IOException, Wrong {
        Path pattern = new Path(input);
        FileSystem fileSystem = pattern.getFileSystem(configuration);
        FileStatus[] roots = fileSystem.globStatus(pattern);
        if (roots == null || roots.length == 0) {
            throw new FileNotFoundException("no such file or directory");
        }
        FileStatus first = null;
        FileStatus image = null;
        int listed = 0;
        for (FileStatus root : roots) {
            RemoteIterator<? extends FileStatus> files = FilesBelow.of(root, fileSystem);
            while (listed < LISTED && image == null && files.hasNext()) {
                FileStatus file = files.next();
                listed++;
                first = first == null ? file : first;
                if (file.getPath().getName().toLowerCase(Locale.ROOT).matches(IMAGE_NAME) && file.getLen() > 0) {
                    image = file;
                }
            }
            while (listed < LISTED && files.hasNext()) {
                files.next();
                listed++;
            }
        }
        if (first == null) {
            throw new Wrong("check the name", "%s", "there are no objects");
        }
        FileStatus sample = image == null ? first : image;
        try (FSDataInputStream in = fileSystem.open(sample.getPath())) {
            return new Sample(sample.getPath().toString(), in.readAllBytes(), listed);
        }
    }

    /**
     * Lets Spark commit a table of one row in a folder of its own below the output, and removes it: an executor writes, the
     * driver commits, lists and deletes. Folders that were not there before are gone afterwards.
     */
    static String write(String output, SparkSession spark) throws IOException, Wrong {
        Path folder = new Path(output);
        Path probe = new Path(folder, "_swinlake_doctor_" + UUID.randomUUID());
        FileSystem fileSystem = folder.getFileSystem(spark.sessionState().newHadoopConf());
        Deque<Path> missing = missing(folder, fileSystem);
        boolean empty = !missing.isEmpty() || fileSystem.listStatus(folder).length == 0;
        try {
            spark.range(1).coalesce(1).write().mode(SaveMode.ErrorIfExists).parquet(probe.toString());
            String committer = committer(fileSystem, new Path(probe, "_SUCCESS"));
            if (fileSystem.getScheme().equals("s3a") && committer.equals("rename")) {
                throw new Wrong(
                        "submit with the committer settings of conf/spark-defaults.conf",
                        "%s",
                        "tables are committed by renaming, which is not safe in S3: a job that fails can leave or lose rows");
            }
            return "wrote, committed (by %s), listed and deleted a table of one row%s"
                    .formatted(committer, empty ? "" : "; there is something there already");
        } finally {
            fileSystem.delete(probe, true);
            for (Path path : missing) {
                if (fileSystem.exists(path) && fileSystem.listStatus(path).length == 0) {
                    fileSystem.delete(path, false);
                }
            }
        }
    }

    /** The folder and those above it that do not exist, the deepest first. */
    private static Deque<Path> missing(Path folder, FileSystem fileSystem) throws IOException {
        Deque<Path> missing = new ArrayDeque<>();
        for (Path path = folder; path != null && !path.isRoot() && !fileSystem.exists(path); path = path.getParent()) {
            missing.addLast(path);
        }
        return missing;
    }

    /** S3A's committers describe themselves in the file that others leave empty. */
    private static String committer(FileSystem fileSystem, Path success) throws IOException {
        try (FSDataInputStream in = fileSystem.open(success)) {
            byte[] bytes = in.readAllBytes();
            JsonNode json = bytes.length == 0 ? null : new ObjectMapper().readTree(bytes);
            return json == null ? "rename" : json.path("committer").asText("rename");
        }
    }
}
