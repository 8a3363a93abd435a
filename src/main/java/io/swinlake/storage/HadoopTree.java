package io.swinlake.storage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.EtagSource;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FutureDataInputStreamBuilder;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.s3a.RemoteFileChangedException;
import org.apache.hadoop.fs.s3a.S3AFileStatus;
import org.apache.hadoop.util.functional.FutureIO;
import org.apache.hadoop.util.functional.RemoteIterators;

/** Any file system of Hadoop's. In S3, a listing takes one request for each thousand objects, and opening one GET. */
final class HadoopTree implements FileTree {
    private final FileSystem fileSystem;

    HadoopTree(FileSystem fileSystem) {
        this.fileSystem = fileSystem;
    }

    private boolean isS3a() {
        return fileSystem.getUri().getScheme().equals("s3a");
    }

    @Override
    public Optional<Entry> find(String uri) throws IOException {
        try {
            return Optional.of(entry(fileSystem.getFileStatus(new Path(uri))));
        } catch (FileNotFoundException e) {
            return Optional.empty();
        }
    }

    @Override
    public List<Entry> children(String folder) throws IOException {
        return Arrays.stream(fileSystem.listStatus(new Path(folder)))
                .map(HadoopTree::entry)
                .toList();
    }

    @Override
    public RemoteIterator<Entry> iterate(String folder) throws IOException {
        return RemoteIterators.mappingRemoteIterator(
                fileSystem.listStatusIterator(new Path(folder)), HadoopTree::entry);
    }

    @Override
    public boolean canBeCut() {
        return true;
    }

    private static Entry entry(FileStatus status) {
        return new Entry(stored(status), status.isDirectory() ? Entry.Kind.FOLDER : Entry.Kind.FILE);
    }

    private static StoredFile stored(FileStatus status) {
        return new StoredFile(status.getPath().toString(), status.getLen(), status.getModificationTime(), etag(status));
    }

    private static String etag(FileStatus status) {
        String etag = status instanceof EtagSource source ? source.getEtag() : null;
        return etag == null ? StoredFile.NO_ETAG : etag;
    }

    @Override
    public List<KeyRange> ranges(String folder, int wanted) throws IOException {
        return isS3a() && S3aKeys.haveRanges(fileSystem)
                ? new S3aKeys(fileSystem, new Path(folder)).ranges(wanted)
                : List.of(KeyRange.ALL);
    }

    @Override
    public RemoteIterator<StoredFile> below(String folder, KeyRange keys, Selection selection) throws IOException {
        Path root = new Path(folder);
        return keys.equals(KeyRange.ALL)
                ? selected(fileSystem.listFiles(root, true), root, selection)
                : selected(new S3aKeys(fileSystem, root).list(keys), root, selection);
    }

    private static <S extends FileStatus> RemoteIterator<StoredFile> selected(
            RemoteIterator<S> files, Path root, Selection selection) {
        return RemoteIterators.mappingRemoteIterator(
                RemoteIterators.filteringRemoteIterator(
                        files,
                        status -> takes(
                                status.getPath().toString(),
                                status.getPath().toUri().getPath().split("/", -1),
                                root.depth() + 1,
                                selection)),
                HadoopTree::stored);
    }

    /** @param from where in the URI the names of folders begin that may be hidden */
    static boolean takes(String uri, int from, Selection selection) {
        return takes(uri, uri.substring(from).split("/", -1), 0, selection);
    }

    private static boolean takes(String uri, String[] names, int first, Selection selection) {
        for (int i = first; i < names.length - 1; i++) {
            if (Selection.isHidden(names[i])) {
                return false;
            }
        }
        return selection.takes(names[names.length - 1])
                && selection.leftOut().stream().noneMatch(place -> isBelow(uri, place));
    }

    @Override
    public RemoteIterator<StoredFile> alone(StoredFile file, Selection selection) {
        return RemoteIterators.remoteIteratorFromSingleton(file);
    }

    @Override
    public boolean isWithin(String uri, String folder) {
        return isBelow(uri, folder);
    }

    private static boolean isBelow(String uri, String folder) {
        return uri.equals(folder) || uri.startsWith(folder.endsWith("/") ? folder : folder + "/");
    }

    @Override
    public boolean opensAtNoCost() {
        return false;
    }

    @Override
    public InputStream open(String uri, Listed listed) throws IOException {
        return open(uri, listed, fileSystem.openFile(new Path(uri)));
    }

    /** Else S3A asks for all that follows, and fetches more of it than is read. */
    @Override
    public InputStream openForParts(String uri, Listed listed) throws IOException {
        return open(
                uri,
                listed,
                fileSystem
                        .openFile(new Path(uri))
                        .opt("fs.s3a.experimental.input.fadvise", "random")
                        .opt("fs.option.openfile.read.policy", "random"));
    }

    private InputStream open(String uri, Listed listed, FutureDataInputStreamBuilder opening) throws IOException {
        Path path = new Path(uri);
        if (isS3a() && listed.length().isPresent()) {
            opening.withFileStatus(
                    S3a.status(path, listed.length().getAsLong(), listed.etag().orElse(null)));
        }
        return FutureIO.awaitFuture(opening.build());
    }

    @Override
    public void requireUnchanged(String uri, Listed listed) throws IOException {
        boolean wasChecked = isS3a(); // the etag went along with the GET
        if (wasChecked
                || (listed.etag().isEmpty() && listed.modificationMillis().isEmpty())) {
            return;
        }
        Optional<Entry> now = find(uri);
        if (now.isPresent()) { // else it went after it was read
            StoredFile file = now.get().file();
            listed.requireSame(file.modificationMillis(), file.etag());
        }
    }

    @Override
    public boolean tellsOfChange(IOException failure) {
        return isS3a() && S3a.tellsOfChange(failure);
    }

    /** Apart, so that hadoop-aws is needed only where s3a is used. */
    private static final class S3a {
        /** Its open takes no other class as a known status. With the etag it asks by If-Match. */
        static FileStatus status(Path path, long length, String etag) {
            return new S3AFileStatus(length, 0, path, length, null, etag, null);
        }

        static boolean tellsOfChange(IOException failure) {
            return failure instanceof RemoteFileChangedException;
        }
    }
}
