package io.swinlake.storage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.RemoteIterator;

/** One file system, by the URIs of its files: text, as it stands in a table's column {@code path}. */
interface FileTree {
    /** What lies at a place; empty if nothing does. */
    Optional<Entry> find(String uri) throws IOException;

    /** What lies in a folder. */
    List<Entry> children(String folder) throws IOException;

    /** The same, page by page. */
    RemoteIterator<Entry> iterate(String folder) throws IOException;

    /** Whether its folders can be listed side by side, each by somebody else. */
    boolean canBeCut();

    /**
     * Cuts what lies below a folder, at any depth, into ranges.
     *
     * @param wanted how many, at most
     * @return ranges that together are all of it, with each file in one
     */
    default List<KeyRange> ranges(String folder, int wanted) throws IOException {
        return List.of(KeyRange.ALL);
    }

    /**
     * The selected files at any depth below a folder.
     *
     * @param keys one of its {@link #ranges}
     */
    RemoteIterator<StoredFile> below(String folder, KeyRange keys, Selection selection) throws IOException;

    /** A file that an input named itself, unless it was listed before under another name. */
    RemoteIterator<StoredFile> alone(StoredFile file, Selection selection) throws IOException;

    /** Whether a place is a folder or lies at any depth below it. */
    boolean isWithin(String uri, String folder) throws IOException;

    /** Whether opening takes no request, so that even an empty file is opened. */
    boolean opensAtNoCost();

    /**
     * A file's content.
     *
     * @throws FileNotFoundException if it is not there
     * @throws java.nio.file.AccessDeniedException if it may not be read
     * @throws UnusableFileException if it is known not to be what was listed
     */
    InputStream open(String uri, Listed listed) throws IOException;

    /** As {@link #open}, for a file of which only parts are read, each where it is. */
    default InputStream openForParts(String uri, Listed listed) throws IOException {
        return open(uri, listed);
    }

    /**
     * Called when all has been read.
     *
     * @throws UnusableFileException if the file is not the one that was listed
     */
    void requireUnchanged(String uri, Listed listed) throws IOException;

    /** Whether a failure of reading says that the file is not the one that was listed. */
    boolean tellsOfChange(IOException failure);
}
