package io.swinlake.spark.inference;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The results of a task's latest images, by the SHA-256 of their files: the next image of the same bytes has the same one. */
final class ResultsByContent {
    /** Some 25 MB of embeddings of the largest network, and half of the images that a task has. */
    static final int MOST = 4096;

    private final Map<ByteBuffer, ImageResult> results = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ByteBuffer, ImageResult> eldest) {
            return size() > MOST;
        }
    };
    private final MessageDigest digest;

    ResultsByContent() {
        try {
            digest = MessageDigest.getInstance("SHA-256"); // not forged as an etag can be
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    /**
     * What an earlier image of the same bytes came to, or will; else remembers what this one will. A failure is no result: it may
     * have been the moment's.
     *
     * @param own of this image
     */
    Optional<ImageResult> ofEqual(byte[] file, ImageResult own) {
        ByteBuffer content = ByteBuffer.wrap(digest.digest(file));
        ImageResult before = results.get(content);
        if (before != null && before.error().isEmpty()) {
            return Optional.of(before);
        }
        results.put(content, own);
        return Optional.empty();
    }
}
