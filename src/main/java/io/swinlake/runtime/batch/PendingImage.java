package io.swinlake.runtime.batch;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/**
 * An image on its way to its scores.
 *
 * @param pixels uint8 {@code [height, width, 3]} from position 0
 */
record PendingImage(ByteBuffer pixels, CompletableFuture<ImageScores> scores) {
    static PendingImage of(ByteBuffer pixels) {
        return new PendingImage(pixels, new CompletableFuture<>());
    }
}
