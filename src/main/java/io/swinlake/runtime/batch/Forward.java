package io.swinlake.runtime.batch;

import io.swinlake.runtime.SwinRunner;
import java.nio.ByteBuffer;

/** A network on some device; {@link SwinRunner#run} is one. */
@FunctionalInterface
public interface Forward {
    /**
     * Scores of some images.
     *
     * @param pixels direct, uint8 {@code [batch, height, width, 3]}, from position 0
     */
    Scores run(ByteBuffer pixels, int batch);
}
