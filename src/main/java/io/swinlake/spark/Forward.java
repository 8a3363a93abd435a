package io.swinlake.spark;

import io.swinlake.runtime.Scores;
import java.nio.ByteBuffer;

/** The network on some device. */
@FunctionalInterface
interface Forward {
    /**
     * Scores of some images.
     *
     * @param pixels direct, uint8 {@code [batch, height, width, 3]}, from position 0
     */
    Scores run(ByteBuffer pixels, int batch);
}
