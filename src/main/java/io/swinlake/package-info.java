/**
 * The mark of the types for other programs, {@link io.swinlake.PublicApi}. Nothing else lies here: each package below is a room
 * of its own. Start at {@code io.swinlake.spark.SwinTransformer}.
 */
package io.swinlake;
