/**
 * Swinlake in Spark, for users: the ML Transformer, the lister of lakes, SQL functions and searches. Start at {@link
 * io.swinlake.spark.SwinTransformer}; its tasks run {@code io.swinlake.spark.inference}, SQL is {@link
 * io.swinlake.spark.SwinlakeExtensions}.
 */
package io.swinlake.spark;
