package io.swinlake.storage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.util.functional.RemoteIterators;

/**
 * The files that inputs of a job name. As in Spark's own readers, names that begin with {@code _} or {@code .} do not count
 * below a folder; a file that is named itself always does. A link is another name of a file, which is listed once.
 */
public final class Listing {
    /** Some pages of a store. */
    private static final int MOST_FILES_AMONG_FOLDERS = 20_000;

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
        return new FilesOfRoots(storage.place(input).tree(), roots(input).iterator());
    }

    /** Which objects count that something else than a listing tells of. */
    public static final class Choice {
        private final Selection selection;

        /** As of {@link Listing}. */
        public Choice(String glob, List<String> leftOut) throws IOException {
            this.selection = Selection.of(glob, leftOut);
        }

        /**
         * Whether an object counts.
         *
         * @param root of its store: folders below it may be hidden
         */
        public boolean takes(String uri, String root) {
            return HadoopTree.takes(uri, root.length(), selection);
        }
    }

    /** How much of a folder a {@link Piece} is. */
    public enum Depth {
        /** A single file. */
        FILE,
        /** The files right in a folder. */
        FOLDER,
        /** The files at any depth below a folder. */
        ALL_BELOW
    }

    /**
     * A piece of an input, which can be listed by itself.
     *
     * @param keys {@link KeyRange#ALL} but in an object store
     */
    public record Piece(String uri, Depth depth, KeyRange keys) {
        Piece(String uri, Depth depth) {
            this(uri, depth, KeyRange.ALL);
        }
    }

    /** Whether {@link #pieces} may cut an input: of local files, which may have several names, one walk has to know all. */
    public boolean canBeCut(String input) throws IOException {
        return storage.place(input).tree().canBeCut();
    }

    /** Whether an input names no file twice, as patterns may that are several: {@code {a,a/b}}. */
    public boolean namesEachOnce(String input) throws IOException {
        Storage.Place place = storage.place(input);
        return place.tree().find(place.uri()).isPresent()
                || Wildcards.of(place.uri()).size() == 1;
    }

    /**
     * An input in pieces that can be listed side by side, also on other machines. Folders are opened until there are enough
     * pieces; one with very many files is cut, with all that lies below it, into ranges of keys where its store has them, and
     * else is one piece.
     *
     * @param wanted how many pieces, if there are as many folders
     * @throws FileNotFoundException if nothing is there
     */
    public List<Piece> pieces(String input, int wanted) throws IOException {
        FileTree tree = storage.place(input).tree();
        List<Piece> pieces = new ArrayList<>();
        ArrayDeque<String> folders = new ArrayDeque<>();
        List<String> outside = new ArrayList<>();
        for (Root root : roots(input)) {
            outside.addAll(root.selection().leftOut());
            if (root.entry().isFolder()) {
                folders.add(root.entry().uri());
            } else {
                pieces.add(new Piece(root.entry().uri(), Depth.FILE));
            }
        }
        while (!folders.isEmpty() && folders.size() + pieces.size() < wanted) {
            String folder = folders.remove();
            Optional<List<String>> below = foldersIn(tree, folder, outside);
            if (below.isPresent()) {
                pieces.add(new Piece(folder, Depth.FOLDER));
                folders.addAll(below.get());
            } else {
                int share = (wanted - pieces.size()) / (folders.size() + 1);
                for (KeyRange keys : tree.ranges(folder, share)) {
                    pieces.add(new Piece(folder, Depth.ALL_BELOW, keys));
                }
            }
        }
        folders.forEach(folder -> pieces.add(new Piece(folder, Depth.ALL_BELOW)));
        return pieces;
    }

    /** Empty where there are so many files that looking for folders among them is no work for one. */
    private static Optional<List<String>> foldersIn(FileTree tree, String folder, List<String> leftOut)
            throws IOException {
        List<String> folders = new ArrayList<>();
        int files = 0;
        RemoteIterator<Entry> entries = tree.iterate(folder);
        while (entries.hasNext()) {
            Entry entry = entries.next();
            if (!entry.isFolder()) {
                files++;
                if (files > MOST_FILES_AMONG_FOLDERS) {
                    return Optional.empty();
                }
            } else if (!Selection.isHidden(entry.name()) && !isWithinAny(tree, entry.uri(), leftOut)) {
                folders.add(entry.uri());
            }
        }
        return Optional.of(folders);
    }

    /** The files of a piece. */
    public RemoteIterator<StoredFile> of(Piece piece) throws IOException {
        Storage.Place place = storage.place(piece.uri());
        FileTree tree = place.tree();
        Selection selection = selection(tree, place.uri(), places());
        return switch (piece.depth()) {
            case FILE ->
                RemoteIterators.remoteIteratorFromIterable(
                        tree.find(place.uri()).map(Entry::file).stream().toList());
            case FOLDER ->
                RemoteIterators.mappingRemoteIterator(
                        RemoteIterators.filteringRemoteIterator(
                                tree.iterate(place.uri()), entry -> !entry.isFolder() && selection.takes(entry.name())),
                        Entry::file);
            case ALL_BELOW -> tree.below(place.uri(), piece.keys(), selection);
        };
    }

    private List<String> places() throws IOException {
        List<String> places = new ArrayList<>();
        for (String folder : leftOut) {
            places.add(storage.place(folder).uri());
        }
        return places;
    }

    private List<Root> roots(String input) throws IOException {
        Storage.Place place = storage.place(input);
        FileTree tree = place.tree();
        List<String> places = places();
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
        return roots;
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
        return Selection.of(glob, outside);
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
                        ? tree.below(root.entry().uri(), KeyRange.ALL, root.selection())
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
