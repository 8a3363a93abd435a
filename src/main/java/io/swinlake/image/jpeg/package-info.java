/** The structure of JPEG files. Start at {@link io.swinlake.image.jpeg.JpegSegments}. */
package io.swinlake.image.jpeg;
