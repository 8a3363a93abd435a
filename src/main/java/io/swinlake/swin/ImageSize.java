package io.swinlake.swin;

/** Height and width of an image, in pixels. */
public record ImageSize(int height, int width) {
    public ImageSize {
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException(
                    "an image size needs at least 1x1 pixels, found %sx%s".formatted(height, width));
        }
    }

    public static ImageSize square(int side) {
        return new ImageSize(side, side);
    }

    /** {@code HxW}. */
    @Override
    public String toString() {
        return height + "x" + width;
    }
}
