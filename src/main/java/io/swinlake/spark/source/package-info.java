/**
 * Where images may lie besides in files of their own: columns of tables, members of tar shards. Start at {@link
 * io.swinlake.spark.source.SourceKind}.
 */
package io.swinlake.spark.source;
