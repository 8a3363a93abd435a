package io.swinlake.spark.inference;

import io.swinlake.image.ImageException;
import java.util.Locale;

/** What becomes of an image that cannot be used; the names are Spark ML's {@code handleInvalid}. */
public enum InvalidRows {
    /** A row with its {@code error} set. */
    KEEP,
    /** No row. */
    SKIP,
    /** The job fails at the first one. */
    ERROR;

    /** As options name it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return word();
    }

    /** An image that cannot be used, where the user asked that the job fails then. The message says all; it has no cause. */
    static final class InvalidImageException extends RuntimeException {
        InvalidImageException(String image, String outcome, ImageException problem) {
            super("%s: %s: %s".formatted(image, outcome, problem.getMessage()));
        }
    }
}
