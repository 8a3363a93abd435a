package io.swinlake.image.format;

import io.swinlake.image.ImageException;
import io.swinlake.image.TimeBudget;
import java.io.IOException;

/** An image file whose header has been read and checked, its pixels not yet decoded. */
interface EncodedImage {
    int width();

    int height();

    /** The most pixels that a file of so many bytes can hold: one that announces more is hollow. */
    long mostPixels();

    /** The most that decoding has on the heap at once, its result included. */
    long heapBytes();

    /** The same in a native library's memory. */
    default long nativeBytes() {
        return 0;
    }

    default long pixels() {
        return (long) width() * height();
    }

    /**
     * Decodes the pixels.
     *
     * @param time asked often enough to stop a decoder that takes too long
     * @return {@code [height, width, 3]} samples as Pillow's {@code convert('RGB')} gives them
     * @throws ImageException when the data is recognised as unusable
     * @throws IOException when the codec gives up
     */
    byte[] rgb(TimeBudget time) throws ImageException, IOException;
}
