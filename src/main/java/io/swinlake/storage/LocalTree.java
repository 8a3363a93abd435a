package io.swinlake.storage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.util.functional.RemoteIterators;

/**
 * Local files, past Hadoop. Its local file system leaves out what it cannot stat (names of another encoding, dangling links),
 * follows links round and round, takes a file for corrupt if an old {@code .name.crc} lies beside it, cannot open names with a
 * colon, and starts a process for each file of a recursive listing to ask who owns it.
 */
final class LocalTree implements FileTree {
    private static final String SCHEME = "file:";

    private static final int LONGEST_NAME = 255; // bytes, on all file systems of Linux but a few

    private final SeenFiles seen = new SeenFiles();

    static boolean isLocal(String uri) {
        return uri.startsWith(SCHEME);
    }

    static Path file(String uri) {
        return LocalNames.file(uri.substring(SCHEME.length()));
    }

    static String uri(Path file) {
        return SCHEME + LocalNames.text(file);
    }

    /** The last part of an absolute path, as text. */
    static String name(Path file) {
        String text = LocalNames.text(file);
        return text.substring(text.lastIndexOf('/') + 1);
    }

    @Override
    public Optional<Entry> find(String uri) throws IOException {
        Path file = file(uri);
        try {
            return Optional.of(entry(file, Files.readAttributes(file, BasicFileAttributes.class)));
        } catch (AccessDeniedException e) {
            throw denied(e);
        } catch (FileSystemException e) {
            if (Files.isSymbolicLink(file)) {
                return Optional.of(new Entry(dangling(file), Entry.Kind.FILE));
            }
            if (e instanceof NoSuchFileException || cannotExist(file)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Whether a path leads through a file or has too long a name, as a pattern may: the system's own messages are translated. */
    private static boolean cannotExist(Path file) {
        for (String name : LocalNames.text(file).split("/", -1)) {
            if (name.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
                return true;
            }
        }
        Path folder = file.getParent();
        while (folder != null && !Files.exists(folder)) {
            folder = folder.getParent();
        }
        return folder != null && !Files.isDirectory(folder);
    }

    private static Entry entry(Path file, BasicFileAttributes attributes) {
        return new Entry(stored(file, attributes), attributes.isDirectory() ? Entry.Kind.FOLDER : Entry.Kind.FILE);
    }

    static StoredFile stored(Path file, BasicFileAttributes attributes) {
        return new StoredFile(
                uri(file), attributes.size(), attributes.lastModifiedTime().toMillis(), StoredFile.NO_ETAG);
    }

    /** A link that leads nowhere: a file without content, which will not be found when it is read. */
    static StoredFile dangling(Path link) throws IOException {
        BasicFileAttributes own = Files.readAttributes(link, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        return new StoredFile(uri(link), 0, own.lastModifiedTime().toMillis(), StoredFile.NO_ETAG);
    }

    static List<Path> pathsIn(Path folder) throws IOException {
        List<Path> paths = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
            stream.forEach(paths::add);
        } catch (AccessDeniedException e) {
            throw denied(e);
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return paths;
    }

    @Override
    public List<Entry> children(String folder) throws IOException {
        List<Entry> children = new ArrayList<>();
        for (Path child : pathsIn(file(folder))) {
            find(uri(child)).ifPresent(children::add); // else it is gone since
        }
        return children;
    }

    @Override
    public RemoteIterator<Entry> iterate(String folder) throws IOException {
        return RemoteIterators.remoteIteratorFromIterable(children(folder));
    }

    @Override
    public boolean canBeCut() {
        return false;
    }

    @Override
    public RemoteIterator<StoredFile> below(String folder, KeyRange keys, Selection selection) throws IOException {
        return new LocalWalk(file(folder), selection, seen);
    }

    @Override
    public RemoteIterator<StoredFile> alone(StoredFile file, Selection selection) throws IOException {
        Path path = file(file.uri());
        boolean isNew = seen.enterSingle(LocalWalk.target(path).orElse(path), selection);
        return RemoteIterators.remoteIteratorFromIterable(isNew ? List.of(file) : List.of());
    }

    @Override
    public boolean isWithin(String uri, String folder) throws IOException {
        return isLocal(folder) && real(file(uri)).startsWith(real(file(folder)));
    }

    /** Without links where it exists; an output may not exist yet. */
    static Path real(Path path) throws IOException {
        try {
            return path.toRealPath();
        } catch (FileSystemException e) {
            Path parent = path.toAbsolutePath().normalize().getParent();
            return parent == null ? path : real(parent).resolve(path.getFileName());
        }
    }

    @Override
    public boolean opensAtNoCost() {
        return true;
    }

    @Override
    public InputStream open(String uri, Listed listed) throws IOException {
        Path file = file(uri);
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            if (!attributes.isRegularFile()) { // a pipe that nobody writes to would let its reader wait for ever
                throw new UnusableFileException(
                        UnusableFileException.Fault.NOT_A_FILE,
                        "%s, not a file",
                        attributes.isDirectory() ? "a folder" : "a pipe or a device");
            }
            return Files.newInputStream(file);
        } catch (NoSuchFileException e) {
            throw notFound(e);
        } catch (AccessDeniedException e) {
            throw denied(e);
        }
    }

    @Override
    public void requireUnchanged(String uri, Listed listed) throws IOException {
        if (listed.modificationMillis().isEmpty()) {
            return;
        }
        try {
            long written = Files.getLastModifiedTime(file(uri)).toMillis();
            listed.requireSame(written, StoredFile.NO_ETAG);
        } catch (NoSuchFileException e) {
            // it went after it was read
        }
    }

    @Override
    public boolean tellsOfChange(IOException failure) {
        return false;
    }

    private static FileNotFoundException notFound(NoSuchFileException e) {
        FileNotFoundException same = new FileNotFoundException(e.getFile() + ": no such file");
        same.initCause(e);
        return same;
    }

    /** With a message: Java's has the path alone. */
    static AccessDeniedException denied(AccessDeniedException e) {
        return new AccessDeniedException(e.getFile(), null, "permission denied");
    }
}
