package io.swinlake.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.swinlake.cli.doctor.CheckResult.Wrong;
import io.swinlake.storage.Listing;
import io.swinlake.storage.Storage;
import io.swinlake.storage.StoredFile;
import io.swinlake.table.SwinlakeTable;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;

/** Whether a place in a lake can be listed, read and written from this JVM, found out by doing it. */
final class StorageCheck {
    /** One page of a listing in S3: enough to know, however large the lake is. */
    private static final int LISTED = 1000;

    private static final String IMAGE_NAME = ".*\\.(jpe?g|png|webp|gif|bmp|tiff?)";

    private StorageCheck() {}

    /** Of one object: more than any photo. */
    private static final int MOST_BYTES = 32 << 20;

    /**
     * An object of an input: the first image by its name's ending, else the first object.
     *
     * @param bytes of its beginning, at most {@link #MOST_BYTES}
     * @param length bytes that it has
     * @param listed objects seen, at most {@link #LISTED}
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Sample(String path, byte[] bytes, long length, int listed) {
        /** Whether all of it was read. */
        boolean isWhole() {
            return bytes.length == length;
        }

        @Override
        public String toString() {
            return "listed %s%s objects, read %s of %s"
                    .formatted(
                            listed == LISTED ? "the first " : "",
                            listed,
                            path.substring(path.lastIndexOf('/') + 1),
                            isWhole() ? length + " bytes" : length + " bytes, the first " + bytes.length + " of them");
        }
    }

    /** Lists the beginning of an input and reads one object. */
    static Sample listAndRead(String input, Configuration configuration) throws IOException, Wrong {
        RemoteIterator<StoredFile> files = new Listing(configuration, "*", List.of()).of(input);
        StoredFile sample = null;
        boolean isImage = false;
        int listed = 0;
        while (listed < LISTED && files.hasNext()) {
            StoredFile file = files.next();
            listed++;
            if (sample == null || (!isImage && looksLikeAnImage(file))) {
                sample = file;
                isImage = looksLikeAnImage(file);
            }
        }
        if (sample == null) {
            throw new Wrong("check the name", "%s", "there are no objects");
        }
        try (InputStream in = new Storage(configuration).open(sample.uri(), sample.listed())) {
            return new Sample(sample.uri(), in.readNBytes(MOST_BYTES), sample.length(), listed);
        }
    }

    private static boolean looksLikeAnImage(StoredFile file) {
        return file.name().toLowerCase(Locale.ROOT).matches(IMAGE_NAME)
                && file.length() > 0
                && file.length() <= MOST_BYTES;
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
            if (fileSystem.getUri().getScheme().equals("s3a") && committer.equals("rename")) {
                throw new Wrong(
                        "leave spark.sql.sources.commitProtocolClass, spark.sql.parquet.output.committer.class and"
                                + " spark.hadoop.fs.s3a.committer.name as they are without a setting",
                        "%s",
                        "tables are committed by renaming, which is not safe in S3: a job that fails can leave or lose rows");
            }
            return "wrote, committed (by %s), listed and deleted a table of one row%s"
                    .formatted(committer, empty ? "" : "; there is something there already" + left(output, spark));
        } finally {
            fileSystem.delete(probe, true);
            for (Path path : missing) {
                if (fileSystem.exists(path) && fileSystem.listStatus(path).length == 0) {
                    fileSystem.delete(path, false);
                }
            }
        }
    }

    /** What runs have left there, as far as a line has room for it. */
    private static String left(String output, SparkSession spark) throws IOException {
        List<String> left = SwinlakeTable.leftovers(spark, output);
        return left.isEmpty()
                ? ""
                : "; left there: %s%s"
                        .formatted(left.get(0), left.size() == 1 ? "" : ", and " + (left.size() - 1) + " more");
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
