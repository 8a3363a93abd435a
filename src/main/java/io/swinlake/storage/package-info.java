/**
 * Listing folders and opening files, wherever Hadoop reaches; no Spark. Start at {@link io.swinlake.storage.Storage}, which
 * opens, {@link io.swinlake.storage.Listing}, which lists, and {@link io.swinlake.storage.TextFile}, which commits. Local files go past Hadoop: {@code LocalTree} says why.
 */
package io.swinlake.storage;
