/**
 * Listing folders and opening files, wherever Hadoop reaches; no Spark. Start at {@link io.swinlake.storage.Storage}, which
 * opens, and {@link io.swinlake.storage.Listing}, which lists. Local files go past Hadoop: {@code LocalTree} says why.
 */
package io.swinlake.storage;
