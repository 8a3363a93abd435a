package io.swinlake.storage;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What is known of a file before it is opened: saves a store a request, and tells a file that was written again since.
 *
 * @param length bytes
 * @param modificationMillis when it was written, milliseconds since 1970
 * @param etag the store's own word for its content
 */
public record Listed(OptionalLong length, OptionalLong modificationMillis, Optional<String> etag) {
    /** Of a file that no listing told of. */
    public static final Listed NOTHING = new Listed(OptionalLong.empty(), OptionalLong.empty(), Optional.empty());

    /** Of a file of which the length alone is known. */
    public static Listed ofLength(long length) {
        return new Listed(OptionalLong.of(length), OptionalLong.empty(), Optional.empty());
    }

    static Listed as(long length, long modificationMillis, String etag) {
        return new Listed(
                OptionalLong.of(length),
                OptionalLong.of(modificationMillis),
                Optional.of(etag).filter(word -> !word.equals(StoredFile.NO_ETAG)));
    }

    /**
     * Compares etags where both sides have one, else times.
     *
     * @throws UnusableFileException if a file is not the one that was listed
     */
    void requireSame(long foundMillis, String foundEtag) throws UnusableFileException {
        if (etag.isPresent() && !foundEtag.equals(StoredFile.NO_ETAG)) {
            if (!etag.get().equals(foundEtag)) {
                throw new UnusableFileException(
                        UnusableFileException.Fault.CHANGED,
                        "listed with etag %s, found %s: it was written again since",
                        etag.get(),
                        foundEtag);
            }
        } else if (modificationMillis.isPresent() && !isSameTime(modificationMillis.getAsLong(), foundMillis)) {
            throw new UnusableFileException(
                    UnusableFileException.Fault.CHANGED,
                    "listed as of %s, found as of %s: it was written again since",
                    Instant.ofEpochMilli(modificationMillis.getAsLong()),
                    Instant.ofEpochMilli(foundMillis));
        }
    }

    /** Some stores give milliseconds in listings, but whole seconds for a single object. */
    private static boolean isSameTime(long one, long other) {
        boolean inSeconds = one % 1000 == 0 || other % 1000 == 0;
        return one == other || (inSeconds && Math.floorDiv(one, 1000L) == Math.floorDiv(other, 1000L));
    }
}
