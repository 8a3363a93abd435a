package io.swinlake.spark.inference;

import io.swinlake.image.ImageException;

/** An image that cannot be used, where the user asked that the job fails then. The message says all; it has no cause. */
final class InvalidImageException extends RuntimeException {
    InvalidImageException(String image, String outcome, ImageException problem) {
        super("%s: %s: %s".formatted(image, outcome, problem.getMessage()));
    }
}
