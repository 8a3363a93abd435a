package io.swinlake.runtime;

import java.io.IOException;
import java.nio.file.Path;

/** libtorch cannot be started from the folder that its libraries are unpacked into; the message says what to set. */
public final class EngineStartException extends RuntimeException {
    private static final String OTHER_FOLDER =
            "set DJL_CACHE_DIR to a folder on another file system, on executors by spark.executorEnv.DJL_CACHE_DIR";

    private final String reason;

    private EngineStartException(String reason, Throwable cause) {
        super(reason + ": " + OTHER_FOLDER, cause);
        this.reason = reason;
    }

    /** What is wrong. */
    public String reason() {
        return reason;
    }

    /** What to set. */
    public String advice() {
        return OTHER_FOLDER;
    }

    /** The failure in words, if the folder is its reason; else the failure itself. */
    static RuntimeException of(Path cache, Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String message = String.valueOf(cause.getMessage());
            if (cause instanceof UnsatisfiedLinkError && message.contains("failed to map segment")) {
                return new EngineStartException(
                        cache + ": libtorch cannot be loaded from here, most likely because it is mounted noexec",
                        failure);
            }
            if (message.contains("No space left on device")) {
                return new EngineStartException(
                        cache + ": libtorch cannot be unpacked here, the disk is full (it takes 500 MB)", failure);
            }
            if (cause instanceof IOException) {
                return new EngineStartException(cache + ": libtorch cannot be unpacked here: " + message, failure);
            }
        }
        if (failure instanceof Error error) {
            throw error;
        }
        return (RuntimeException) failure;
    }
}
