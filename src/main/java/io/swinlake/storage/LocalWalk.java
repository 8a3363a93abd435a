package io.swinlake.storage;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Queue;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * The files below a local folder, folder by folder: first all that have a place of their own there, then what links lead to,
 * in the order of the links' names, so that the same lake gives the same paths each time.
 */
final class LocalWalk implements RemoteIterator<StoredFile> {
    private final Selection selection;
    private final List<Path> leftOut = new ArrayList<>(); // without links
    private final SeenFiles seen;

    private final Deque<Folder> folders = new ArrayDeque<>();
    private final Queue<Path> links = new PriorityQueue<>();
    private final Deque<StoredFile> ready = new ArrayDeque<>();

    /**
     * A folder to list.
     *
     * @param shown as the rows' paths name it
     * @param real without links
     */
    private record Folder(Path shown, Path real) {}

    LocalWalk(Path root, Selection selection, SeenFiles seen) throws IOException {
        this.selection = selection;
        this.seen = seen;
        for (String uri : selection.leftOut()) {
            if (LocalTree.isLocal(uri)) {
                leftOut.add(LocalTree.real(LocalTree.file(uri)));
            }
        }
        folders.push(new Folder(root, LocalTree.real(root)));
    }

    @Override
    public boolean hasNext() throws IOException {
        while (ready.isEmpty() && !(folders.isEmpty() && links.isEmpty())) {
            if (!folders.isEmpty()) {
                list(folders.pop());
            } else {
                follow(links.remove());
            }
        }
        return !ready.isEmpty();
    }

    @Override
    public StoredFile next() throws IOException {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return ready.remove();
    }

    private void list(Folder folder) throws IOException {
        if (isLeftOut(folder.real()) || !seen.enter(folder.real())) {
            return;
        }
        for (Path child : childrenIfStillThere(folder.shown())) {
            String name = LocalTree.name(child);
            if (!Selection.isHidden(name)) {
                take(child, name, folder.real().resolve(child.getFileName()));
            }
        }
    }

    private static List<Path> childrenIfStillThere(Path folder) throws IOException {
        try {
            return LocalTree.pathsIn(folder);
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    private void take(Path child, String name, Path real) throws IOException {
        BasicFileAttributes attributes;
        try {
            attributes = Files.readAttributes(child, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            return; // gone since its folder was listed
        } catch (AccessDeniedException e) {
            throw LocalTree.denied(e); // it may be a folder
        }
        if (attributes.isSymbolicLink()) {
            links.add(child);
        } else if (attributes.isDirectory()) {
            folders.push(new Folder(child, real));
        } else if (selection.takes(name) && !seen.hasSingle(real)) {
            ready.add(LocalTree.stored(child, attributes));
        }
    }

    private void follow(Path link) throws IOException {
        Optional<Path> target = target(link);
        boolean takes = selection.takes(LocalTree.name(link));
        if (target.isEmpty()) {
            if (takes) {
                ready.add(LocalTree.dangling(link));
            }
            return;
        }
        Path real = target.get();
        BasicFileAttributes attributes;
        try {
            attributes = Files.readAttributes(real, BasicFileAttributes.class);
        } catch (NoSuchFileException e) {
            return; // gone since
        }
        if (attributes.isDirectory()) {
            folders.push(new Folder(link, real));
        } else if (takes && !isLeftOut(real) && seen.enterSingle(real, selection)) {
            ready.add(LocalTree.stored(link, attributes));
        }
    }

    /** The path without links; empty if it leads nowhere. */
    static Optional<Path> target(Path link) throws IOException {
        try {
            return Optional.of(link.toRealPath());
        } catch (AccessDeniedException e) {
            throw LocalTree.denied(e);
        } catch (FileSystemException e) {
            return Optional.empty();
        }
    }

    private boolean isLeftOut(Path real) {
        return leftOut.stream().anyMatch(real::startsWith);
    }
}
