package io.swinlake.storage;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PositionedReadable;

/** Files by their URIs, as any file system that Hadoop reaches has them. A path without a scheme lies on the default one. */
public final class Storage {
    private final Configuration configuration;
    private final LocalTree localFiles = new LocalTree();

    /**
     * Opens nothing yet.
     *
     * @param configuration a session's, so that its credentials and endpoints hold
     */
    public Storage(Configuration configuration) {
        this.configuration = configuration;
    }

    /** A place: its file system, and its full URI there. */
    record Place(FileTree tree, String uri) {}

    /** A URI as Hadoop's path. A relative name with a colon, such as {@code 10:00.jpg}, is a name here, not a scheme. */
    public static Path path(String uri) {
        int colon = uri.indexOf(':');
        int slash = uri.indexOf('/');
        boolean hasScheme = colon >= 0 && slash == colon + 1;
        boolean isRelativeName = colon >= 0 && !hasScheme && (slash < 0 || colon < slash);
        return isRelativeName ? new Path(null, null, uri) : new Path(uri);
    }

    Place place(String uri) throws IOException {
        Path path = path(uri);
        FileSystem fileSystem = path.getFileSystem(configuration);
        if (path.toUri().getPath().isEmpty()) { // s3a://bucket
            path = new Path(path, "/");
        }
        boolean isLocal = fileSystem.getUri().getScheme().equals("file");
        return new Place(
                isLocal ? localFiles : new HadoopTree(fileSystem),
                fileSystem.makeQualified(path).toString());
    }

    /** What lies at a URI; empty if nothing does. */
    public Optional<Entry> find(String uri) throws IOException {
        Place place = place(uri);
        return place.tree().find(place.uri());
    }

    /** The files right in a folder. */
    public List<StoredFile> filesIn(String folder) throws IOException {
        Place place = place(folder);
        return place.tree().children(place.uri()).stream()
                .filter(entry -> !entry.isFolder())
                .map(Entry::file)
                .toList();
    }

    /**
     * A file's content, from its beginning.
     *
     * @throws java.io.FileNotFoundException if it is not there
     * @throws java.nio.file.AccessDeniedException if it may not be read
     */
    public InputStream open(String uri, Listed listed) throws IOException {
        Place place = place(uri);
        return place.tree().open(place.uri(), listed);
    }

    /**
     * Some bytes of a file; in S3, one GET of this range.
     *
     * @throws EOFException if the file ends before
     */
    public byte[] readPart(String uri, Listed listed, long at, int count) throws IOException {
        Place place = place(uri);
        byte[] bytes = new byte[count];
        try (InputStream in = place.tree().openForParts(place.uri(), listed)) {
            if (in instanceof PositionedReadable parts) {
                parts.readFully(at, bytes);
            } else {
                in.skipNBytes(at);
                if (in.readNBytes(bytes, 0, count) < count) {
                    throw new EOFException("%s: no %s bytes from byte %s on".formatted(uri, count, at));
                }
            }
        }
        return bytes;
    }

    /** Names of the folders in a folder, sorted. */
    public List<String> foldersIn(String folder) throws IOException {
        Place place = place(folder);
        return place.tree().children(place.uri()).stream()
                .filter(Entry::isFolder)
                .map(entry -> entry.file().name())
                .sorted()
                .toList();
    }

    /**
     * A file's whole content; in S3, with one GET if the length is known.
     *
     * @param most bytes that it may have
     * @throws java.io.FileNotFoundException if it is not there
     * @throws java.nio.file.AccessDeniedException if it may not be read
     * @throws UnusableFileException if it has more bytes, is not the one that was listed, or no file
     */
    public byte[] read(String uri, Listed listed, int most) throws IOException {
        Place place = place(uri);
        FileTree tree = place.tree();
        try {
            byte[] bytes =
                    listed.length().isPresent() ? readListed(place, listed, most) : readToEnd(place, listed, most);
            tree.requireUnchanged(place.uri(), listed);
            return bytes;
        } catch (IOException e) {
            if (tree.tellsOfChange(e)) {
                throw withCause(
                        new UnusableFileException(
                                UnusableFileException.Fault.CHANGED,
                                "listed with etag %s, which it has no longer: it was written again since",
                                listed.etag().orElse(StoredFile.NO_ETAG)),
                        e);
            }
            throw e;
        }
    }

    private static byte[] readListed(Place place, Listed listed, int most) throws IOException {
        long length = listed.length().getAsLong();
        requireAtMost(length, most);
        if (length == 0 && !place.tree().opensAtNoCost()) {
            return new byte[0];
        }
        byte[] bytes = new byte[(int) length];
        try (InputStream in = place.tree().open(place.uri(), listed)) {
            int read = in.readNBytes(bytes, 0, bytes.length);
            if (read < length || in.read() >= 0) {
                throw new UnusableFileException(
                        UnusableFileException.Fault.CHANGED,
                        "listed with %d bytes, found %s: it was written again since",
                        length,
                        read < length ? String.valueOf(read) : "more");
            }
        }
        return bytes;
    }

    private static byte[] readToEnd(Place place, Listed listed, int most) throws IOException {
        try (InputStream in = place.tree().open(place.uri(), listed)) {
            byte[] bytes = in.readNBytes(most + 1);
            requireAtMost(bytes.length, most);
            return bytes;
        }
    }

    private static void requireAtMost(long bytes, int most) throws UnusableFileException {
        if (bytes > most) {
            throw new UnusableFileException(
                    UnusableFileException.Fault.TOO_LARGE,
                    "more than the %s MiB that such a file may have",
                    most >> 20);
        }
    }

    private static <E extends Exception> E withCause(E exception, Exception cause) {
        exception.initCause(cause);
        return exception;
    }
}
