package io.swinlake.storage;

import java.io.FileNotFoundException;
import java.io.OutputStream;
import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/** Takes files and forgets them: what it costs to make a table, without a place for it. */
public final class DiscardingFileSystem extends FileSystem {
    private static final String SCHEME = "swinlake-discarded";

    /** Lets a configuration find it, and returns a folder in it. */
    public static Path register(Configuration configuration) {
        configuration.set("fs." + SCHEME + ".impl", DiscardingFileSystem.class.getName());
        return new Path(SCHEME + ":///rows");
    }

    @Override
    public String getScheme() {
        return SCHEME;
    }

    @Override
    public URI getUri() {
        return URI.create(SCHEME + ":///");
    }

    @Override
    public FSDataOutputStream create(
            Path file,
            FsPermission permission,
            boolean overwrite,
            int bufferSize,
            short replication,
            long blockSize,
            Progressable progress) {
        return new FSDataOutputStream(OutputStream.nullOutputStream(), statistics);
    }

    /** Of a file that was written: a name with a dot. Nothing else is there. */
    @Override
    public FileStatus getFileStatus(Path path) throws FileNotFoundException {
        if (!path.getName().contains(".")) {
            throw new FileNotFoundException(path.toString());
        }
        return new FileStatus(1, false, 1, 1, 0, path);
    }

    @Override
    public FileStatus[] listStatus(Path folder) {
        return new FileStatus[0];
    }

    @Override
    public FSDataInputStream open(Path file, int bufferSize) throws FileNotFoundException {
        throw new FileNotFoundException(file + ": was thrown away");
    }

    @Override
    public FSDataOutputStream append(Path file, int bufferSize, Progressable progress) throws FileNotFoundException {
        throw new FileNotFoundException(file + ": was thrown away");
    }

    @Override
    public boolean rename(Path from, Path to) {
        return true;
    }

    @Override
    public boolean delete(Path path, boolean recursive) {
        return true;
    }

    @Override
    public boolean mkdirs(Path folder, FsPermission permission) {
        return true;
    }

    @Override
    public void setWorkingDirectory(Path folder) {}

    @Override
    public Path getWorkingDirectory() {
        return new Path(getUri());
    }
}
