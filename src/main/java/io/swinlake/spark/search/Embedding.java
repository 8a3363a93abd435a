package io.swinlake.spark.search;

/**
 * A row of a table of embeddings, as a task reads it.
 *
 * @param elements of the embedding, none of them null; an array of its own
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Embedding<I extends Comparable<? super I>>(I id, float[] elements) {}
