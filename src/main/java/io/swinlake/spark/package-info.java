/**
 * Swinlake in Spark: the ML Transformer, readers, SQL functions and searches; one model per executor and device. Start at
 * {@link io.swinlake.spark.SwinTransformer} for inference (its tasks run {@code RowBatches}), at {@link
 * io.swinlake.spark.SwinlakeExtensions} for SQL.
 */
package io.swinlake.spark;
