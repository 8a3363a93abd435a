package io.swinlake.swin;

import java.util.Collections;
import java.util.List;

/** Height and width of an attention window, in tokens. */
public record Window(int height, int width) {
    public Window {
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException("a window needs at least 1 token, found %sx%s".formatted(height, width));
        }
    }

    public static Window square(int side) {
        return new Window(side, side);
    }

    /** The same window in every stage. */
    public static List<Window> everywhere(Window window, int stages) {
        return Collections.nCopies(stages, window);
    }

    /** Number of different offsets between two tokens: the rows of a table of relative positions. */
    public long offsets() {
        return (2L * height - 1) * (2L * width - 1);
    }

    /** {@code 7}, or {@code 8x12}, height first. */
    @Override
    public String toString() {
        return height == width ? Integer.toString(height) : height + "x" + width;
    }
}
