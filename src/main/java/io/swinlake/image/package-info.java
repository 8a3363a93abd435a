/**
 * Bytes of an image file to the uint8 pixels that the network reads: decode, convert to RGB, resize and crop exactly as
 * Pillow does. Start at {@link io.swinlake.image.ImageDecoder} and {@link io.swinlake.image.Preprocessor}.
 */
package io.swinlake.image;
