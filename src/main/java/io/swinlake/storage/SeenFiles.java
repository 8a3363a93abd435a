package io.swinlake.storage;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** What a listing has met so far, by paths without links: so that a link adds nothing twice and leads nowhere for ever. */
final class SeenFiles {
    private final Set<Path> folders = new HashSet<>();
    private final Set<Path> linked = new HashSet<>(); // files listed under another name than their own

    /** Whether a folder is met for the first time. */
    boolean enter(Path folder) {
        return folders.add(folder);
    }

    /** Whether a file with its own name has been listed already, by a link. */
    boolean isLinked(Path file) {
        return linked.contains(file);
    }

    /** Whether the file that a link leads to is listed neither under its own name nor by another link. */
    boolean isNewTarget(Path file, Selection selection) {
        boolean listedAsItself = folders.contains(file.getParent()) && selection.takes(LocalTree.name(file));
        return !listedAsItself && linked.add(file);
    }
}
