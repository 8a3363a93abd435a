/**
 * Images into batches and batches into scores, whatever runs them ({@link io.swinlake.runtime.batch.Forward}). Start at {@link
 * io.swinlake.runtime.batch.BatchRunner}; a CPU's tasks each have a {@link io.swinlake.runtime.batch.TaskScorer}, those of a GPU
 * share a {@link io.swinlake.runtime.batch.DynamicBatcher}.
 */
package io.swinlake.runtime.batch;
