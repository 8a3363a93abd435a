package io.swinlake;

import java.util.List;
import java.util.Optional;

/**
 * A reader of texts that strangers or hurried people write.
 *
 * @param name of the kind
 * @param seeds texts that it reads, to be damaged
 */
public record TextTarget(String name, List<String> seeds, Reading reading) {
    public TextTarget {
        seeds = List.copyOf(seeds);
    }

    /** Reads a text. */
    public interface Reading {
        /** Empty if it was read, else the message of its refusal; whatever is thrown breaks the promise. */
        Optional<String> read(String text) throws Exception;
    }
}
