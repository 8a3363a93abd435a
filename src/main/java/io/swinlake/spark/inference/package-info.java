/**
 * The work of one task: files are fetched and read ahead, decoded into slots, computed in batches and turned into rows. Start
 * at {@code RowPipeline}; {@link io.swinlake.spark.inference.InferSettings} is what a driver ships to it.
 */
package io.swinlake.spark.inference;
