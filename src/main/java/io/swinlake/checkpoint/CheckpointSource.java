package io.swinlake.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** The files that a checkpoint is made of, wherever they lie: one weights file with its neighbours, or a directory. */
public interface CheckpointSource {
    /** What the user named: a file or directory, as a path or URI. Error messages begin with it. */
    String location();

    /** Names of the files there: only the last path segment, sorted. For a single file: that file and its neighbours. */
    List<String> files() throws IOException;

    /** Names of the folders there, sorted: for a message that says where the weights may be. */
    List<String> folders() throws IOException;

    /** The file that the user named; empty if it was a directory. */
    java.util.Optional<String> chosenFile();

    /**
     * Opens a file of any size.
     *
     * @param name one of {@link #files()}
     */
    RangedFile open(String name) throws IOException;

    /**
     * All bytes of a small file.
     *
     * @param name one of {@link #files()}
     * @return a read-only buffer, little-endian, possibly mapped
     */
    default ByteBuffer read(String name) throws IOException {
        RangedFile file = open(name);
        if (file.length() > RangedFile.MAX_PART) {
            throw new CheckpointException(
                    "%s: %s has %d bytes, at most %d are read.", location(), name, file.length(), RangedFile.MAX_PART);
        }
        return file.whole();
    }
}
