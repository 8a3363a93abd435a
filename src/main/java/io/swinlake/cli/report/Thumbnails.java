package io.swinlake.cli.report;

import io.swinlake.image.DecodeOptions;
import io.swinlake.image.ImageException;
import io.swinlake.image.Pixels;
import io.swinlake.image.format.ImageDecoder;
import io.swinlake.preprocess.Preprocessor;
import io.swinlake.preprocess.Recipe;
import io.swinlake.storage.Listed;
import io.swinlake.storage.Storage;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import javax.imageio.ImageIO;
import org.apache.hadoop.conf.Configuration;

/** Images of a lake as small {@code data:} URIs, at most 20 kB each. */
final class Thumbnails {
    private static final int SIDE = 144;
    private static final int MAX_FILE_BYTES = 64 << 20;
    private static final int MAX_THUMBNAIL_BYTES = 15_000;

    /** No more than this is decoded for a thumbnail: 150 MB. */
    private static final long MAX_PIXELS = 50_000_000;

    private final Storage storage;
    private final ImageDecoder decoder =
            ImageDecoder.create(new DecodeOptions(MAX_PIXELS, DecodeOptions.Orientation.IGNORE));

    Thumbnails(Configuration configuration) {
        this.storage = new Storage(configuration);
    }

    /** The thumbnails of those images that can be read, by path; read side by side, since each is a request. */
    Map<String, String> of(Collection<String> paths) {
        Map<String, String> thumbnails = new ConcurrentHashMap<>();
        paths.parallelStream().forEach(path -> of(path).ifPresent(uri -> thumbnails.put(path, uri)));
        return new TreeMap<>(thumbnails);
    }

    /** Empty if the image is gone since, or cannot be shown: a report with a gap is better than none. */
    private Optional<String> of(String path) {
        try {
            return dataUri(shrunk(decoder.decode(storage.read(path, Listed.NOTHING, MAX_FILE_BYTES))));
        } catch (IOException | ImageException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Both sides in proportion, the longer one to {@link #SIDE} pixels; a smaller image as it is. */
    private static BufferedImage shrunk(Pixels image) throws ImageException {
        int longer = Math.max(image.width(), image.height());
        int width = longer <= SIDE ? image.width() : Math.max(1, image.width() * SIDE / longer);
        int height = longer <= SIDE ? image.height() : Math.max(1, image.height() * SIDE / longer);
        ByteBuffer rgb = ByteBuffer.allocate(width * height * 3);
        Preprocessor.of(new Recipe(
                        "thumbnail",
                        Recipe.Resize.SQUASH,
                        height,
                        width,
                        height,
                        width,
                        Recipe.Filter.BICUBIC,
                        List.of(0.0, 0.0, 0.0),
                        List.of(1.0, 1.0, 1.0)))
                .apply(image, rgb);
        BufferedImage small = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        rgb.flip();
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                small.setRGB(x, y, (rgb.get() & 0xFF) << 16 | (rgb.get() & 0xFF) << 8 | (rgb.get() & 0xFF));
            }
        }
        return small;
    }

    /** PNG where that is small, as for drawings, else JPEG. */
    private static Optional<String> dataUri(BufferedImage image) throws IOException {
        byte[] jpeg = encoded(image, "jpeg");
        byte[] png = encoded(image, "png");
        byte[] smaller = png.length <= jpeg.length ? png : jpeg;
        if (smaller.length > MAX_THUMBNAIL_BYTES) {
            return Optional.empty();
        }
        return Optional.of("data:image/" + (smaller == png ? "png" : "jpeg") + ";base64,"
                + Base64.getEncoder().encodeToString(smaller));
    }

    private static byte[] encoded(BufferedImage image, String format) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        if (!ImageIO.write(image, format, bytes)) {
            throw new IOException("this JDK writes no " + format);
        }
        return bytes.toByteArray();
    }
}
