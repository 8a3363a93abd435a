package io.swinlake.runtime;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/**
 * An image on its way to its scores.
 *
 * @param pixels uint8 {@code [height, width, 3]} from position 0
 */
record Submission(ByteBuffer pixels, CompletableFuture<ImageScores> scores) {
    static Submission of(ByteBuffer pixels) {
        return new Submission(pixels, new CompletableFuture<>());
    }
}
