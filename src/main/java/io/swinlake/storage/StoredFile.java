package io.swinlake.storage;

/**
 * A file, or an object of a store, as a listing tells it.
 *
 * @param uri names it for {@link Storage}, and is the {@code path} of its row
 * @param length bytes
 * @param modificationMillis when it was written, milliseconds since 1970
 * @param etag the store's own word for its content; {@link #NO_ETAG} where there is none
 */
public record StoredFile(String uri, long length, long modificationMillis, String etag) {
    public static final String NO_ETAG = "";

    /** The last part of its path. */
    public String name() {
        return uri.substring(uri.lastIndexOf('/') + 1);
    }

    /** What its reader may hold it to. */
    public Listed listed() {
        return Listed.as(length, modificationMillis, etag);
    }
}
