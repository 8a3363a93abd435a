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

    /** The file that the user named; empty if it was a directory. */
    java.util.Optional<String> chosenFile();

    /**
     * All bytes of a file.
     *
     * @param name one of {@link #files()}
     * @return a read-only buffer, little-endian, possibly mapped
     */
    ByteBuffer read(String name) throws IOException;
}
