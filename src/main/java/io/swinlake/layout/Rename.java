package io.swinlake.layout;

import java.util.Optional;

/** One line of a layout's table: how names begin in the file, and how they begin among the canonical names. */
record Rename(NamePattern inFile, NamePattern canonical) {
    static Rename of(String inFile, String canonical) {
        return new Rename(new NamePattern(inFile), new NamePattern(canonical));
    }

    Optional<String> toCanonical(String name) {
        return inFile.match(name).map(canonical::name);
    }

    Optional<String> toFile(String name) {
        return canonical.match(name).map(inFile::name);
    }
}
