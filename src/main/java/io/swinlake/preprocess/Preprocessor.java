package io.swinlake.preprocess;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import io.swinlake.image.Pixels;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Resizes and crops an image as a {@link Recipe} says, to the bit as Pillow and torchvision do. Only the rows and columns
 * that the crop keeps are computed. Thread-safe.
 */
public final class Preprocessor {
    /** Weights of one axis, at most: a side of a million pixels, squashed, needs about four million. */
    private static final long MAX_WEIGHTS = 1 << 22;

    private static final int CHANNELS = 3;

    private final Recipe recipe;
    private final WeightCache cache = new WeightCache();

    private Preprocessor(Recipe recipe) {
        this.recipe = recipe;
    }

    public static Preprocessor of(Recipe recipe) {
        return new Preprocessor(recipe);
    }

    /**
     * Writes the network's input for one image.
     *
     * @param image at least one pixel
     * @param target receives {@code [cropHeight, cropWidth, 3]} RGB samples from its position on, which moves past them
     * @throws ImageException when the image is too elongated to be resized
     */
    public void apply(Pixels image, ByteBuffer target) throws ImageException {
        long width = resizedWidth(image);
        long height = resizedHeight(image);
        Axis columns = axis(image, image.width(), width, recipe.cropWidth());
        Axis rows = axis(image, image.height(), height, recipe.cropHeight());
        byte[] line = emptyLine();
        putEmpty(target, rows.before);
        RowSource resized = isVerticalFirst(image, width, height)
                ? new VerticalFirst(image, columns.weights, rows.weights)
                : new Resampler(image, columns.weights, rows.weights);
        for (int y = 0; y < rows.count; y++) {
            resized.row(y, line, columns.before * CHANNELS);
            target.put(line);
        }
        putEmpty(target, recipe.cropHeight() - rows.before - rows.count);
    }

    /**
     * Which pass Pillow makes first, since version 13: the vertical one where it takes away far more than the horizontal one.
     * Between the two, samples are rounded, so the order shows.
     */
    static boolean isVerticalFirst(Pixels image, long width, long height) {
        long rows = image.height() - height;
        return rows > 0 && rows > 2 * (image.width() - width);
    }

    /** What the crop shows where the resized image does not reach: black, or the mean colour of a recipe that fits it in. */
    private byte[] emptyLine() {
        byte[] line = new byte[recipe.cropWidth() * CHANNELS];
        if (recipe.resize() == Recipe.Resize.FIT) {
            for (int i = 0; i < line.length; i++) {
                line[i] = (byte) Math.rint(255 * recipe.mean().get(i % CHANNELS));
            }
        }
        return line;
    }

    private void putEmpty(ByteBuffer target, int rows) {
        byte[] line = emptyLine();
        for (int y = 0; y < rows; y++) {
            target.put(line);
        }
    }

    private long resizedWidth(Pixels image) {
        return switch (recipe.resize()) {
            case SQUASH -> recipe.resizeWidth();
            case SHORT_SIDE -> inProportion(recipe.resizeWidth(), image.width(), image.height());
            case COVER, FIT -> Math.max(1, (long) Math.rint(image.width() / ratio(image)));
        };
    }

    private long resizedHeight(Pixels image) {
        return switch (recipe.resize()) {
            case SQUASH -> recipe.resizeHeight();
            case SHORT_SIDE -> inProportion(recipe.resizeHeight(), image.height(), image.width());
            case COVER, FIT -> Math.max(1, (long) Math.rint(image.height() / ratio(image)));
        };
    }

    /** By how much timm's ResizeKeepRatio divides both sides. */
    private double ratio(Pixels image) {
        double rows = (double) image.height() / recipe.resizeHeight();
        double columns = (double) image.width() / recipe.resizeWidth();
        return recipe.resize() == Recipe.Resize.COVER ? Math.min(rows, columns) : Math.max(rows, columns);
    }

    private static long inProportion(int shortSide, int side, int otherSide) {
        return side <= otherSide ? shortSide : (long) shortSide * side / otherSide;
    }

    /** One axis of resize and crop. */
    private Axis axis(Pixels image, int size, long resized, int crop) throws ImageException {
        if (resized > Integer.MAX_VALUE) {
            throw new ImageException(
                    ErrorCode.TOO_ELONGATED,
                    "%dx%d pixels would be resized to a side of %d pixels, at most %d are possible: crop the image",
                    image.width(),
                    image.height(),
                    resized,
                    Integer.MAX_VALUE);
        }
        int kept = (int) Math.min(crop, resized);
        long weights = (long) ResampleWeights.stride(recipe.filter(), size, (int) resized) * kept;
        if (weights > MAX_WEIGHTS) {
            throw new ImageException(
                    ErrorCode.TOO_ELONGATED,
                    "shrinking a side of %d pixels to %d takes %d weights, at most %d are kept: crop the image",
                    size,
                    resized,
                    weights,
                    MAX_WEIGHTS);
        }
        int start = roundHalfToEven(resized - kept);
        return new Axis(
                cache.weights(new WeightKey(recipe.filter(), size, (int) resized, start, kept)),
                (crop - kept) / 2,
                kept);
    }

    /** Half of a length, as Python's {@code round(length / 2)}: 73 gives 36, 75 gives 38. */
    private static int roundHalfToEven(long length) {
        return (int) Math.rint(length / 2.0);
    }

    /**
     * What one axis of the crop needs.
     *
     * @param weights of the pixels that the crop keeps
     * @param before zeros in front of them, when the crop is larger than the resized image
     * @param count pixels that the crop keeps
     */
    private record Axis(ResampleWeights weights, int before, int count) {}

    private record WeightKey(Recipe.Filter filter, int inSize, int outSize, int outStart, int outCount) {}

    /** The latest weight tables: images of a lake share few sizes. */
    private static final class WeightCache {
        private static final int MAX_TABLES = 256;
        private static final int MAX_CACHED_WEIGHTS = 1 << 15;

        private final Map<WeightKey, ResampleWeights> tables = new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<WeightKey, ResampleWeights> eldest) {
                return size() > MAX_TABLES;
            }
        };

        ResampleWeights weights(WeightKey key) {
            synchronized (tables) {
                ResampleWeights known = tables.get(key);
                if (known != null) {
                    return known;
                }
            }
            ResampleWeights made = ResampleWeights.of(key.filter, key.inSize, key.outSize, key.outStart, key.outCount);
            if (made.weights().length <= MAX_CACHED_WEIGHTS) {
                synchronized (tables) {
                    tables.put(key, made);
                }
            }
            return made;
        }
    }
}
