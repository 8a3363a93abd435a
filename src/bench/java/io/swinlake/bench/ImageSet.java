package io.swinlake.bench;

import io.swinlake.image.DecodeOptions;
import io.swinlake.image.ImageException;
import io.swinlake.image.format.ImageDecoder;
import io.swinlake.preprocess.Preprocessor;
import io.swinlake.preprocess.Recipe;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The same images as every runtime wants them, prepared before anything is measured. */
public final class ImageSet {
    private static final int COLOURS = 3;

    private final int count;
    private final int height;
    private final int width;
    private final ByteBuffer pixels;
    private final FloatBuffer normalised;

    private ImageSet(int count, Recipe recipe) {
        this.count = count;
        this.height = recipe.cropHeight();
        this.width = recipe.cropWidth();
        this.pixels = ByteBuffer.allocateDirect(count * values());
        this.normalised = ByteBuffer.allocateDirect(count * values() * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    /** Decodes, resizes and normalises some files. */
    public static ImageSet read(List<Path> files, Recipe recipe) throws IOException, ImageException {
        ImageSet images = new ImageSet(files.size(), recipe);
        ImageDecoder decoder = ImageDecoder.create(DecodeOptions.defaults());
        Preprocessor preprocessor = Preprocessor.of(recipe);
        for (Path file : files) {
            preprocessor.apply(decoder.decode(Files.readAllBytes(file)), images.pixels);
        }
        for (int i = 0; i < images.normalised.capacity(); i++) {
            int image = i / images.values();
            int channel = i % images.values() / (images.height * images.width);
            int place = i % (images.height * images.width);
            int value = images.pixels.get(image * images.values() + place * COLOURS + channel) & 0xff;
            images.normalised.put(i, (float)
                    ((value / 255.0 - recipe.mean().get(channel)) / recipe.std().get(channel)));
        }
        return images;
    }

    private int values() {
        return height * width * COLOURS;
    }

    public int count() {
        return count;
    }

    /** uint8 {@code [number, height, width, 3]}, direct: what Swinlake takes. */
    public ByteBuffer pixels(int first, int number) {
        return pixels.slice(first * values(), number * values());
    }

    /** float32 {@code [number, 3, height, width]}, direct, normalised: what the other runtimes take. */
    public FloatBuffer normalised(int first, int number) {
        return normalised.slice(first * values(), number * values());
    }

    /** Of {@link #normalised}. */
    public long[] shape(int number) {
        return new long[] {number, COLOURS, height, width};
    }
}
