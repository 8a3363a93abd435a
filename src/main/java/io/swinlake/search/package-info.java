/**
 * Exact nearest embeddings, in memory: a float32 matrix product proposes, float64 decides. Start at
 * {@link io.swinlake.search.NearestRows} for the best of each query, at {@link io.swinlake.search.SimilarRows} for all
 * pairs above a similarity; {@link io.swinlake.search.Cells} is for searches that may miss some.
 */
package io.swinlake.search;
