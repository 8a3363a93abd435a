package io.swinlake.spark.inference;

/** A storage that gives a task nothing. The message says all; it has no cause. */
final class UnreadableStorageException extends RuntimeException {
    /** @param last the last of these files and what was wrong with it */
    UnreadableStorageException(int files, String last) {
        super(
                ("%s files in a row cannot be read; the storage may be down or the credentials have expired. If these files"
                                + " are not for this job, leave them out with --glob. The last was %s")
                        .formatted(files, last));
    }
}
