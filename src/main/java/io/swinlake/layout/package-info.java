/**
 * The tensor names of each code base that publishes Swin checkpoints, as tables of renames read by one engine. Start at the
 * tables in {@code Layouts}; {@link io.swinlake.layout.Layout#recognise} picks one, {@link io.swinlake.layout.NamedTensors}
 * is what it gives.
 */
package io.swinlake.layout;
