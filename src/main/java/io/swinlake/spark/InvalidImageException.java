package io.swinlake.spark;

import io.swinlake.image.ImageException;

/** An image that cannot be used, where the user asked that the job fails then. */
final class InvalidImageException extends RuntimeException {
    InvalidImageException(String image, String outcome, ImageException cause) {
        super("%s: %s: %s".formatted(image, outcome, cause.getMessage()), cause);
    }
}
