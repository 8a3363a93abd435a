package io.swinlake.preprocess;

/** Gives the rows of a resized image. */
interface RowSource {
    /** Writes output row {@code y}; rows are asked for in order. */
    void row(int y, byte[] target, int offset);
}
