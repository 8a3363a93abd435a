/**
 * The TIFF container and its compressions: tags, strips and tiles to plain samples. Start at
 * {@link io.swinlake.image.tiff.TiffDirectory}; what the samples mean is told by the decoder above.
 */
package io.swinlake.image.tiff;
