package io.swinlake.image;

import java.io.IOException;

/** An image file whose header has been read and checked, its pixels not yet decoded. */
interface EncodedImage {
    int width();

    int height();

    /**
     * Decodes the pixels.
     *
     * @return {@code [height, width, 3]} samples as Pillow's {@code convert('RGB')} gives them
     * @throws ImageException when the data is recognised as unusable
     * @throws IOException when the codec gives up
     */
    byte[] rgb() throws ImageException, IOException;
}
