package io.swinlake.spark.inference;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;

/**
 * Tells a storage that is down, or credentials that have expired, from single files that cannot be read. Those are rows; for
 * the others a table of error rows would be no result, so the task fails and Spark tries it again. Told of a task's files in
 * the order of its rows.
 */
final class StorageWatch {
    /**
     * Twice as many as are asked for at once, so that at least two rounds of requests failed, and each of them again and
     * again before S3A gave it up. Where one file of ten cannot be read for a reason of its own, 64 in a row are never met.
     */
    static final int IN_A_ROW = 64;

    private int inARow;

    /** A file was read. */
    void answered() {
        inARow = 0;
    }

    /**
     * A file was not read.
     *
     * @throws UnreadableStorageException if it is one too many
     */
    void failed(String uri, ImageException problem) {
        ErrorCode code = problem.code();
        if (code == ErrorCode.DENIED || code == ErrorCode.IO) {
            inARow++;
            if (inARow >= IN_A_ROW) {
                throw new UnreadableStorageException(
                        inARow, "%s: %s: %s".formatted(uri, code.word(), problem.getMessage()));
            }
        } else if (code == ErrorCode.NOT_FOUND || code == ErrorCode.CHANGED) {
            answered();
        } // the others are known without asking the storage
    }

    /** A storage that gives a task nothing. The message says all; it has no cause. */
    static final class UnreadableStorageException extends RuntimeException {
        /** @param last the last of these files and what was wrong with it */
        UnreadableStorageException(int files, String last) {
            super(
                    ("%s files in a row cannot be read; the storage may be down or the credentials have expired. If these files"
                                    + " are not for this job, leave them out with --glob. The last was %s")
                            .formatted(files, last));
        }
    }
}
