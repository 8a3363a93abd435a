package io.swinlake.storage;

/**
 * What lies at a place.
 *
 * @param file how it is listed; of a folder, only the URI counts
 */
public record Entry(StoredFile file, Kind kind) {
    /** A file holds bytes, a folder has more below it. */
    public enum Kind {
        FILE,
        FOLDER
    }

    public boolean isFolder() {
        return kind == Kind.FOLDER;
    }

    String uri() {
        return file.uri();
    }

    String name() {
        return file.name();
    }
}
