package io.swinlake.storage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.GlobFilter;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.util.functional.RemoteIterators;

/**
 * The files that inputs of a job name. As in Spark's own readers, names that begin with {@code _} or {@code .} do not count
 * below a folder; a file that is named itself always does. A link is another name of a file, which is listed once.
 */
public final class Listing {
    private final Storage storage;
    private final String glob;
    private final List<String> leftOut;

    /**
     * Lists nothing yet.
     *
     * @param glob what the name of a file in a folder must match, such as {@code *.{jpg,png}}; {@code *} takes all
     * @param leftOut folders whose files are not listed, such as a job's output; they need not exist
     */
    public Listing(Configuration configuration, String glob, List<String> leftOut) {
        this.storage = new Storage(configuration);
        this.glob = glob;
        this.leftOut = leftOut;
    }

    /** Something that an input names, and which files of it count. */
    private record Root(Entry entry, Selection selection) {}

    /**
     * The files of one more input, page by page as the file system gives them. A local file that was listed already, under
     * whatever name, is not listed again; an object of a store is.
     *
     * @param input URI of a file, or of a folder for all files at any depth below it; where nothing has that very name, a
     *     pattern of Hadoop's
     * @throws FileNotFoundException if nothing is there
     */
    public RemoteIterator<StoredFile> of(String input) throws IOException {
        Storage.Place place = storage.place(input);
        FileTree tree = place.tree();
        List<String> places = new ArrayList<>();
        for (String folder : leftOut) {
            places.add(storage.place(folder).uri());
        }
        List<Root> roots = new ArrayList<>();
        Optional<Entry> named = tree.find(place.uri());
        if (named.isPresent()) {
            roots.add(new Root(named.get(), selection(tree, place.uri(), places)));
        } else {
            for (Wildcards pattern : Wildcards.of(place.uri())) {
                Selection selection = selection(tree, pattern.base(), places);
                for (Entry entry : pattern.matches(tree)) {
                    if (!isWithinAny(tree, entry.uri(), selection.leftOut())) {
                        roots.add(new Root(entry, selection));
                    }
                }
            }
            if (roots.isEmpty()) {
                throw new FileNotFoundException(missing(input));
            }
        }
        return new FilesOfRoots(tree, roots.iterator());
    }

    /** What is left out where an input begins to look at a folder; nothing of an output that the input lies in. */
    private Selection selection(FileTree tree, String base, List<String> places) throws IOException {
        List<String> outside = new ArrayList<>();
        for (String place : places) {
            if (!tree.isWithin(base, place)) {
                outside.add(place);
            } else if (tree.isWithin(place, base)) {
                throw new IOException(
                        "it is where the output goes, whose files would be taken for images; give the output a folder of its own");
            }
        }
        return new Selection(new GlobFilter(glob), outside);
    }

    private static boolean isWithinAny(FileTree tree, String uri, List<String> folders) throws IOException {
        for (String folder : folders) {
            if (tree.isWithin(uri, folder)) {
                return true;
            }
        }
        return false;
    }

    private static String missing(String input) {
        return input.contains("\uFFFD")
                ? "no such file or directory; Java could not read this name in the present locale: set LC_ALL=C.UTF-8"
                : "no such file or directory";
    }

    /** One root after the other. */
    private static final class FilesOfRoots implements RemoteIterator<StoredFile> {
        private final FileTree tree;
        private final Iterator<Root> roots;
        private RemoteIterator<StoredFile> files = RemoteIterators.remoteIteratorFromIterable(List.of());

        FilesOfRoots(FileTree tree, Iterator<Root> roots) {
            this.tree = tree;
            this.roots = roots;
        }

        @Override
        public boolean hasNext() throws IOException {
            while (!files.hasNext() && roots.hasNext()) {
                Root root = roots.next();
                files = root.entry().isFolder()
                        ? tree.below(root.entry().uri(), root.selection())
                        : tree.alone(root.entry().file(), root.selection());
            }
            return files.hasNext();
        }

        @Override
        public StoredFile next() throws IOException {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            return files.next();
        }
    }
}
