/**
 * {@code swinlake duplicates}: groups of images that are nearly the same, and which of each to keep. Start at {@link
 * io.swinlake.cli.duplicates.Duplicates}; {@code KeepPlan} chooses, {@code BatchManifest} names the others to S3.
 */
package io.swinlake.cli.duplicates;
