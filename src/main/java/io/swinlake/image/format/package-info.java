/**
 * Bytes of an image file to uint8 RGB pixels, as Pillow decodes them. Start at
 * {@link io.swinlake.image.format.ImageDecoder}; a further format is a constant of {@code ImageFormat} and a class that
 * decodes it.
 */
package io.swinlake.image.format;
