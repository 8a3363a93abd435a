/**
 * Files and objects through Hadoop, without Spark: small ones that are read and written whole, and what a failure of
 * theirs says in one line. Start at {@link io.swinlake.storage.TextFile}.
 */
package io.swinlake.storage;
