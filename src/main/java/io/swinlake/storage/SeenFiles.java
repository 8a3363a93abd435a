package io.swinlake.storage;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** What a listing has met so far, by paths without links: so that a link adds nothing twice and leads nowhere for ever. */
final class SeenFiles {
    private final Set<Path> folders = new HashSet<>();
    private final Set<Path> single = new HashSet<>(); // files listed by a link, or as an input of their own

    /** Whether a folder is met for the first time. */
    boolean enter(Path folder) {
        return folders.add(folder);
    }

    /** Whether a file of a folder has been listed already: by a link, or as an input of its own. */
    boolean hasSingle(Path file) {
        return single.contains(file);
    }

    /** Whether a file that a link leads to, or that is an input of its own, is met for the first time. */
    boolean enterSingle(Path file, Selection selection) {
        boolean listedAsItself = folders.contains(file.getParent()) && selection.takes(LocalTree.name(file));
        return !listedAsItself && single.add(file);
    }
}
