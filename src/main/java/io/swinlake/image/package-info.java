/**
 * What everyone knows of an image: its pixels, what may be wrong with it, and what decoding it may cost in memory and time.
 * Start at {@link io.swinlake.image.ErrorCode}; the decoder is in {@link io.swinlake.image.format}.
 */
package io.swinlake.image;
