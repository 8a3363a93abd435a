package io.swinlake.runtime.batch;

import io.swinlake.runtime.device.BrokenDeviceException;
import io.swinlake.runtime.device.DeviceException;
import java.nio.ByteBuffer;
import java.util.concurrent.Future;

/** Gives a task's images their scores, in batches of its own making. Belongs to one thread; another may close it. */
public interface Scorer extends AutoCloseable {
    /** How many images should be waiting for their scores at once, so that the device has work and memory is bounded. */
    int window();

    /**
     * Takes an image.
     *
     * @param pixels uint8 {@code [height, width, 3]} from position 0; unchanged until the scores are there
     * @return fails with a {@link DeviceException} where the device is to blame, and with what the engine threw where the
     *     network fails on this image
     * @throws BrokenDeviceException if the device computes nothing any more
     * @throws java.util.concurrent.CancellationException if this is closed
     */
    Future<ImageScores> submit(ByteBuffer pixels);

    /**
     * Says that no image will follow before those submitted have their scores: batches that are not full run too.
     *
     * @throws BrokenDeviceException if the device computes nothing any more
     * @throws java.util.concurrent.CancellationException if this is closed
     */
    void flush();

    /** Forgets the images that wait. */
    @Override
    void close();
}
