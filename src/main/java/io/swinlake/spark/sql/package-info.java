/**
 * SQL: functions of vectors and of images, and what else touches Catalyst, so all that differs between Spark's lines. Start at
 * {@link io.swinlake.spark.sql.VectorFunction}, the list of the vector functions, and {@link
 * io.swinlake.spark.sql.BatchImageCalls}, which computes images in batches.
 */
package io.swinlake.spark.sql;
