package io.swinlake.swin;

import io.swinlake.graph.GraphException;
import io.swinlake.graph.Value;
import java.util.Arrays;

/**
 * How one block cuts its map into windows: the shifted windows of arXiv:2103.14030, section 3.2 and figure 4. The map is
 * rolled by the shift, so that windows that would be cut by the edge become whole; the mask keeps tokens apart that the
 * roll has made neighbours.
 *
 * @param height of the map, tokens
 * @param width of the map, tokens
 * @param window size of a window, tokens
 * @param shiftRows how far the map is rolled up, tokens; 0 for regular windows
 * @param shiftColumns how far the map is rolled to the left, tokens
 * @param rollFirst whether the map is rolled before it is padded to whole windows, as timm does, not after
 */
record WindowGrid(int height, int width, ImageSize window, int shiftRows, int shiftColumns, boolean rollFirst) {
    /** Added to the score of two tokens that are no neighbours; finite, as every published implementation has it. */
    private static final float MASKED = -100;

    /**
     * The windows of a block.
     *
     * @param map the stage's map at the size it is run at
     * @param shifted whether it is one of every second block, which shift
     */
    static WindowGrid of(SwinConfig config, int stage, ImageSize map, boolean shifted) {
        Window window = config.windows().get(stage);
        if (config.convention().isTimm()) {
            return timm(config, stage, map, shifted);
        }
        if (window.height() != window.width()) {
            throw new GraphException(
                    "stage %d: windows of %s tokens; only timm has such that are not square", stage, window);
        }
        int side = window.height();
        int shift = shifted ? side / 2 : 0;
        int shortSide = Math.min(map.height(), map.width());
        int nominalHeight = config.nominalMap(stage).height();
        WindowGrid grid =
                switch (config.convention()) {
                    case MICROSOFT ->
                        shortSide <= side ? square(map, shortSide, 0, 0) : square(map, side, shift, shift);
                    case HUGGINGFACE ->
                        config.version() == SwinVersion.V1
                                ? unclamped(config, stage, map, shortSide <= side ? 0 : shift)
                                : square(
                                        map,
                                        Math.min(side, nominalHeight),
                                        nominalHeight <= side ? 0 : shift,
                                        nominalHeight <= side ? 0 : shift);
                    case TORCHVISION ->
                        square(
                                map,
                                side,
                                side >= roundUp(map.height(), side) ? 0 : shift,
                                side >= roundUp(map.width(), side) ? 0 : shift);
                    case DETECTION, HUGGINGFACE_BACKBONE -> square(map, side, shift, shift);
                    case MMPRETRAIN -> unclamped(config, stage, map, shortSide == side ? 0 : shift);
                    case TIMM, TIMM_FLOOR -> throw new IllegalStateException("returned above");
                };
        if (config.convention() == Convention.MICROSOFT
                && (grid.paddedHeight() != map.height() || grid.paddedWidth() != map.width())) {
            throw new GraphException(
                    "stage %d: a map of %s tokens does not divide into windows of %s: use an image size that %d divides",
                    stage, map, grid.window, (config.patchSize() * side) << (config.stages() - 1));
        }
        return grid;
    }

    private static WindowGrid timm(SwinConfig config, int stage, ImageSize map, boolean shifted) {
        Window target = config.windows().get(stage);
        Window window = target;
        int shiftRows = shifted ? target.height() / 2 : 0;
        int shiftColumns = shifted ? target.width() / 2 : 0;
        if (!config.alwaysPartition()) {
            ImageSize nominal = config.nominalMap(stage);
            window = new Window(Math.min(target.height(), nominal.height()), Math.min(target.width(), nominal.width()));
            shiftRows = nominal.height() <= window.height() ? 0 : shiftRows;
            shiftColumns = nominal.width() <= window.width() ? 0 : shiftColumns;
        }
        ImageSize size = new ImageSize(window.height(), window.width());
        return new WindowGrid(map.height(), map.width(), size, shiftRows, shiftColumns, true);
    }

    private static WindowGrid square(ImageSize map, int window, int shiftRows, int shiftColumns) {
        return new WindowGrid(map.height(), map.width(), ImageSize.square(window), shiftRows, shiftColumns, false);
    }

    /** For code bases whose window never shrinks, so that a smaller map cannot be run. */
    private static WindowGrid unclamped(SwinConfig config, int stage, ImageSize map, int shift) {
        int side = config.windows().get(stage).height();
        if (Math.min(map.height(), map.width()) < side) {
            throw new GraphException(
                    "stage %d: a map of %s tokens is smaller than the window of %d, which %s refuses: use a larger image",
                    stage, map, side, config.convention());
        }
        return square(map, side, shift, shift);
    }

    int paddedHeight() {
        return roundUp(height, window.height());
    }

    int paddedWidth() {
        return roundUp(width, window.width());
    }

    int windows() {
        return (paddedHeight() / window.height()) * (paddedWidth() / window.width());
    }

    /** Tokens in a window. */
    int tokens() {
        return window.height() * window.width();
    }

    boolean shifts() {
        return shiftRows != 0 || shiftColumns != 0;
    }

    /** Whether the windows tile the map; else its edge is padded. */
    private boolean isWhole() {
        return paddedHeight() == height && paddedWidth() == width;
    }

    /** The order that a block's tokens lie in: window by window where no padding comes between, else row by row. */
    TokenOrder order() {
        ImageSize map = new ImageSize(height, width);
        return isWhole() ? TokenOrder.of(map, positions()) : TokenOrder.rows(map);
    }

    /**
     * Where the tokens of the windows come from, {@code row * width + column}, window by window and row by row in each;
     * {@code height * width} stands for padding.
     */
    private int[] positions() {
        int[] positions = new int[windows() * tokens()];
        int place = 0;
        for (int top = 0; top < paddedHeight(); top += window.height()) {
            for (int left = 0; left < paddedWidth(); left += window.width()) {
                for (int row = top; row < top + window.height(); row++) {
                    for (int column = left; column < left + window.width(); column++) {
                        positions[place++] = position(row, column);
                    }
                }
            }
        }
        return positions;
    }

    /** The token that a roll up by {@code shiftRows} and to the left by {@code shiftColumns} brings here. */
    private int position(int row, int column) {
        int fromRow;
        int fromColumn;
        if (rollFirst) {
            if (row >= height || column >= width) {
                return height * width;
            }
            fromRow = (row + shiftRows) % height;
            fromColumn = (column + shiftColumns) % width;
        } else {
            fromRow = (row + shiftRows) % paddedHeight();
            fromColumn = (column + shiftColumns) % paddedWidth();
        }
        return fromRow < height && fromColumn < width ? fromRow * width + fromColumn : height * width;
    }

    /**
     * Cuts a map into windows.
     *
     * @param x {@code [batch, height * width, channels]}, in {@link #order()}
     * @return {@code [batch, windows * tokens, channels]}
     */
    Value partition(Value x) {
        return isWhole()
                ? x
                : x.padTo(1, x.dims().size(1) + 1)
                        .indexSelect(
                                1, Arrays.stream(positions()).asLongStream().toArray());
    }

    /**
     * Puts the windows back where {@link #partition} took them from.
     *
     * @param windows {@code [batch, windows * tokens, channels]}
     * @return {@code [batch, height * width, channels]}, in {@link #order()}
     */
    Value merge(Value windows) {
        if (isWhole()) {
            return windows;
        }
        long[] places = new long[height * width];
        int[] positions = positions();
        for (int place = 0; place < positions.length; place++) {
            if (positions[place] < places.length) {
                places[positions[place]] = place;
            }
        }
        return windows.indexSelect(1, places);
    }

    /**
     * What is added to the scores so that tokens from opposite edges of the map do not read each other.
     *
     * @return {@code [windows, tokens, tokens]} in C order: 0 or -100
     */
    float[] shiftMask() {
        int tokens = tokens();
        int columns = paddedWidth() / window.width();
        float[] mask = new float[windows() * tokens * tokens];
        for (int w = 0; w < windows(); w++) {
            int top = w / columns * window.height();
            int left = w % columns * window.width();
            for (int query = 0; query < tokens; query++) {
                for (int key = 0; key < tokens; key++) {
                    if (region(top, left, query) != region(top, left, key)) {
                        mask[(w * tokens + query) * tokens + key] = MASKED;
                    }
                }
            }
        }
        return mask;
    }

    /** Number of the part of the unrolled map that a token comes from: tokens of one part are true neighbours. */
    private int region(int top, int left, int token) {
        int row = band(top + token / window.width(), paddedHeight(), window.height(), shiftRows);
        int column = band(left + token % window.width(), paddedWidth(), window.width(), shiftColumns);
        return 3 * row + column;
    }

    private static int band(int position, int size, int window, int shift) {
        if (shift == 0 || position < size - window) {
            return 0;
        }
        return position < size - shift ? 1 : 2;
    }

    private static int roundUp(int size, int window) {
        return (size + window - 1) / window * window;
    }
}
