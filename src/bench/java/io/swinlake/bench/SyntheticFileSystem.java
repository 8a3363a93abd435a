package io.swinlake.bench;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.EtagSource;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PathFilter;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;
import org.apache.hadoop.util.functional.RemoteIterators;

/**
 * {@code synthetic://N/}: N objects without a disk, in folders of 10,000, whose names, sizes, times and etags follow from their
 * number. They can be listed, not read.
 */
public final class SyntheticFileSystem extends FileSystem {
    public static final int FOLDER = 10_000;
    public static final long TIME = 1_700_000_000_000L;

    /** Names that a store gives with one answer. */
    private static final int PAGE = 1000;

    private static final AtomicLong PAGES = new AtomicLong();

    private URI uri;
    private long objects;

    @Override
    public void initialize(URI name, Configuration configuration) throws IOException {
        super.initialize(name, configuration);
        setConf(configuration);
        uri = URI.create("synthetic://" + name.getAuthority());
        objects = Long.parseLong(name.getAuthority());
    }

    @Override
    public String getScheme() {
        return "synthetic";
    }

    @Override
    public URI getUri() {
        return uri;
    }

    /** Requests that a store had needed for what was listed since the last call. */
    public static long takeRequests() {
        return PAGES.getAndSet(0);
    }

    private static String folder(long index) {
        return "photos-of-the-lake-" + padded(Long.toString(index), 6);
    }

    /** Path of an object, as {@link #etag} and {@link #length} by its number. */
    static String path(long objects, long number) {
        return "synthetic://" + objects + "/" + folder(number / FOLDER) + "/" + "photo-"
                + padded(Long.toString(number), 32) + ".jpg";
    }

    static String etag(long number) {
        return padded(Long.toHexString(number * 0x9E3779B97F4A7C15L), 16) + padded(Long.toHexString(number), 16);
    }

    private static String padded(String digits, int length) {
        return "0".repeat(Math.max(0, length - digits.length())) + digits;
    }

    static long length(long number) {
        return 50_000 + number % 100_000;
    }

    private static final class Status extends FileStatus implements EtagSource {
        private static final long serialVersionUID = 1;

        private final String etag;

        Status(long number, Path path) {
            super(length(number), false, 1, 1 << 20, TIME, path);
            this.etag = etag(number);
        }

        @Override
        public String getEtag() {
            return etag;
        }
    }

    private FileStatus file(long number) {
        return new Status(number, new Path(path(objects, number)));
    }

    private FileStatus directory(Path path) {
        return new FileStatus(0, true, 1, 1, TIME, path);
    }

    @Override
    public RemoteIterator<FileStatus> listStatusIterator(Path path) throws IOException {
        if (path.isRoot()) {
            return new Counting(0, (objects + FOLDER - 1) / FOLDER) {
                @Override
                FileStatus at(long index) {
                    return directory(new Path(uri + "/" + folder(index)));
                }
            };
        }
        String name = path.getName();
        long folder = Long.parseLong(name.substring(name.lastIndexOf('-') + 1));
        return new Counting(folder * FOLDER, Math.min(objects, (folder + 1) * FOLDER)) {
            @Override
            FileStatus at(long index) {
                return file(index);
            }
        };
    }

    /** With etags, as S3A's have them. */
    @Override
    protected RemoteIterator<LocatedFileStatus> listLocatedStatus(Path path, PathFilter filter) throws IOException {
        return RemoteIterators.mappingRemoteIterator(listStatusIterator(path), Located::new);
    }

    private static final class Located extends LocatedFileStatus implements EtagSource {
        private static final long serialVersionUID = 1;

        private final String etag;

        Located(FileStatus status) {
            super(status, null);
            this.etag = status instanceof EtagSource source ? source.getEtag() : null;
        }

        @Override
        public String getEtag() {
            return etag;
        }
    }

    @Override
    public FileStatus[] listStatus(Path path) throws IOException {
        return RemoteIterators.toArray(listStatusIterator(path), new FileStatus[0]);
    }

    /** Numbers in their order, as statuses. */
    private abstract static class Counting implements RemoteIterator<FileStatus> {
        private final long start;
        private final long end;
        private long next;

        Counting(long start, long end) {
            this.start = start;
            this.next = start;
            this.end = end;
        }

        abstract FileStatus at(long index);

        @Override
        public boolean hasNext() {
            return next < end;
        }

        @Override
        public FileStatus next() {
            if ((next - start) % PAGE == 0) {
                PAGES.incrementAndGet();
            }
            return at(next++);
        }
    }

    @Override
    public FileStatus getFileStatus(Path path) throws IOException {
        if (path.isRoot() || (path.getParent().isRoot() && path.getName().startsWith("photos-"))) {
            return directory(makeQualified(path));
        }
        throw new FileNotFoundException(path + ": no such object");
    }

    @Override
    public FSDataInputStream open(Path path, int bufferSize) throws IOException {
        throw new FileNotFoundException(path + ": has no bytes");
    }

    @Override
    public FSDataOutputStream create(
            Path path,
            FsPermission permission,
            boolean overwrite,
            int bufferSize,
            short replication,
            long blockSize,
            Progressable progress)
            throws IOException {
        throw new IOException("nothing can be written here");
    }

    @Override
    public FSDataOutputStream append(Path path, int bufferSize, Progressable progress) throws IOException {
        throw new IOException("nothing can be written here");
    }

    @Override
    public boolean rename(Path from, Path to) throws IOException {
        throw new IOException("nothing can be written here");
    }

    @Override
    public boolean delete(Path path, boolean recursive) throws IOException {
        throw new IOException("nothing can be written here");
    }

    @Override
    public boolean mkdirs(Path path, FsPermission permission) throws IOException {
        throw new IOException("nothing can be written here");
    }

    @Override
    public void setWorkingDirectory(Path path) {}

    @Override
    public Path getWorkingDirectory() {
        return new Path(uri + "/");
    }
}
