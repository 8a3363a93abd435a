package io.swinlake.image.jpeg;

/** How the stored components are to be read. */
public enum ColorTransform {
    GRAY,
    RGB,
    YCBCR,
    CMYK,
    YCCK;

    public int components() {
        return switch (this) {
            case GRAY -> 1;
            case RGB, YCBCR -> 3;
            case CMYK, YCCK -> 4;
        };
    }
}
