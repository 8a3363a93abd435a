/**
 * libwebp, which is written in C: unpacked from the jar, loaded once, called. Start at
 * {@link io.swinlake.image.libwebp.LibWebp}.
 */
package io.swinlake.image.libwebp;
