package io.swinlake.runtime.batch;

import ai.djl.pytorch.jni.JniUtils;
import io.swinlake.runtime.device.BrokenDeviceException;
import io.swinlake.runtime.device.DeviceHealth;
import io.swinlake.runtime.device.OutOfDeviceMemoryException;
import io.swinlake.runtime.device.Target;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Runs images as batches of one buffer. Where a batch does not fit the device it is halved and goes on in order; where it
 * fails for another reason each image runs alone, so that only the guilty one loses its scores. An image is guilty if a grey
 * one runs where it failed; if that fails too, the device is broken. Belongs to one thread at a time.
 */
public final class BatchRunner {
    private final Forward forward;
    private final Target target;
    private final BatchLimit limit;
    private final DeviceHealth health;
    private ByteBuffer staging = ByteBuffer.allocateDirect(0);

    /**
     * Runs nothing yet.
     *
     * @param limit shared by all that run on the same device
     * @param health likewise
     */
    public BatchRunner(Forward forward, Target target, BatchLimit limit, DeviceHealth health) {
        this.forward = forward;
        this.target = target;
        this.limit = limit;
        this.health = health;
    }

    /**
     * Settles the scores of all images, with a failure if need be.
     *
     * @param full size of a full batch; there are at most as many images
     * @throws BrokenDeviceException if the device computes nothing any more; images are left without scores then
     */
    void run(List<PendingImage> images, int full) {
        int done = 0;
        while (done < images.size()) {
            int most = limit.of(full);
            List<PendingImage> part = images.subList(done, Math.min(done + most, images.size()));
            // A GPU's libraries choose and keep their plans by shape: it sees one.
            int batch = target.isCuda() ? most : part.size();
            if (runPart(part, batch)) {
                done += part.size();
            }
        }
    }

    /** Whether the images are settled; if not, the limit is lower now. */
    private boolean runPart(List<PendingImage> images, int batch) {
        health.check();
        Scores scores;
        try {
            scores = forward.run(stage(images, batch), batch);
        } catch (RuntimeException failure) {
            if (isOutOfMemory(failure)) {
                releaseCachedMemory();
                if (batch > 1) {
                    limit.exceededBy(batch);
                    return false;
                }
                images.get(0).scores().completeExceptionally(new OutOfDeviceMemoryException(target.device(), failure));
            } else if (isDeviceLost(failure)) {
                throw health.broken(BrokenDeviceException.lost(target.device(), failure));
            } else if (images.size() > 1) {
                images.forEach(this::runAlone);
            } else {
                tryGrey(images.get(0), failure);
                images.get(0).scores().completeExceptionally(failure);
            }
            return true;
        }
        limit.passedBy(batch);
        for (int i = 0; i < images.size(); i++) {
            images.get(i).scores().complete(scores.image(i));
        }
        return true;
    }

    /** Nothing of this size is easier to compute: where it fails, the image before it is not to blame. */
    private void tryGrey(PendingImage failed, RuntimeException failure) {
        byte[] grey = new byte[failed.pixels().limit()];
        Arrays.fill(grey, (byte) 128);
        try {
            forward.run(stage(List.of(PendingImage.of(ByteBuffer.wrap(grey))), 1), 1);
        } catch (RuntimeException again) {
            failure.addSuppressed(again);
            throw health.broken(BrokenDeviceException.failsForAnyImage(target.device(), failure));
        }
    }

    private void runAlone(PendingImage image) {
        boolean settled = runPart(List.of(image), 1);
        if (!settled) {
            throw new AssertionError("a batch of one is settled always");
        }
    }

    /** The images one behind the other; what follows them up to {@code batch} is of no interest. */
    private ByteBuffer stage(List<PendingImage> images, int batch) {
        int imageBytes = images.get(0).pixels().limit();
        int bytes = Math.multiplyExact(batch, imageBytes);
        if (staging.capacity() < bytes) {
            staging = ByteBuffer.allocateDirect(bytes);
        }
        for (int i = 0; i < images.size(); i++) {
            staging.put(i * imageBytes, images.get(i).pixels(), 0, imageBytes);
        }
        return staging.slice(0, bytes);
    }

    /** What the caching allocator keeps is in pieces of the sizes that were too large. */
    private void releaseCachedMemory() {
        if (target.isCuda()) {
            JniUtils.emptyCudaCache();
        }
    }

    /**
     * libtorch has no error code for it: "CUDA out of memory. Tried to allocate 20.00 MiB", "CUBLAS_STATUS_ALLOC_FAILED",
     * and "DefaultCPUAllocator: can't allocate memory" on the CPU.
     */
    public static boolean isOutOfMemory(RuntimeException failure) {
        String message = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
        return message.contains("out of memory")
                || message.contains("alloc_failed")
                || message.contains("can't allocate memory");
    }

    /**
     * After these CUDA refuses all further work of the process, whatever the image: "CUDA error: device-side assert
     * triggered", "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling ...", "cuDNN error: CUDNN_STATUS_...".
     */
    static boolean isDeviceLost(RuntimeException failure) {
        String message = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
        return Stream.of("cuda error", "cuda driver error", "device-side assert", "cublas_status_", "cudnn_status_")
                .anyMatch(message::contains);
    }
}
