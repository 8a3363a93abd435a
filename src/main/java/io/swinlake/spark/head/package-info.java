/**
 * Linear layers that users trained on embeddings: read from their files, sent to the executors, and asked by SQL. Start at
 * {@link io.swinlake.spark.head.HeadFunction}.
 */
package io.swinlake.spark.head;
