package io.swinlake.spark.inference;

/** What becomes of an image that cannot be used; the names are Spark ML's {@code handleInvalid}. */
public enum InvalidRows {
    /** A row with its {@code error} set. */
    KEEP,
    /** No row. */
    SKIP,
    /** The job fails at the first one. */
    ERROR
}
