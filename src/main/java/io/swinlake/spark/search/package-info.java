/**
 * What the distributed searches send and compare: ids, and embeddings packed into arrays. Start at {@link
 * io.swinlake.spark.search.PackedRows}; the searches themselves are {@link io.swinlake.spark.NearestEmbeddings} and {@link
 * io.swinlake.spark.DuplicateEmbeddings}.
 */
package io.swinlake.spark.search;
