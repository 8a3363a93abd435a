package io.swinlake.table;

import java.io.IOException;
import java.net.URI;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.spark.sql.SparkSession;

/** Local files under a scheme of their own, which remembers what was listed and opened. */
public final class CountingFileSystem extends RawLocalFileSystem {
    private static final Queue<String> LISTED = new ConcurrentLinkedQueue<>();
    private static final Queue<String> OPENED = new ConcurrentLinkedQueue<>();

    static void register(SparkSession spark) {
        spark.sparkContext().hadoopConfiguration().set("fs.counting.impl", CountingFileSystem.class.getName());
    }

    static void reset() {
        LISTED.clear();
        OPENED.clear();
    }

    static long listings(String folder) {
        return LISTED.stream().filter(folder::equals).count();
    }

    static long opened(String name) {
        return OPENED.stream().filter(name::equals).count();
    }

    @Override
    public URI getUri() {
        return URI.create("counting:///");
    }

    @Override
    public FileStatus[] listStatus(Path folder) throws IOException {
        LISTED.add(folder.toUri().getPath());
        return super.listStatus(folder);
    }

    @Override
    public FSDataInputStream open(Path file, int bufferSize) throws IOException {
        OPENED.add(file.getName());
        return super.open(file, bufferSize);
    }
}
