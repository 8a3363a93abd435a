/**
 * SQL: vector functions, the table function, and what else touches Catalyst, so all that differs between Spark's lines. Start at
 * {@link io.swinlake.spark.sql.VectorFunction}, the list of the functions; {@link io.swinlake.spark.sql.VectorMath} computes them.
 */
package io.swinlake.spark.sql;
