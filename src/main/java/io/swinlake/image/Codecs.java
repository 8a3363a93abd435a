package io.swinlake.image;

import com.twelvemonkeys.imageio.plugins.tiff.TIFFImageReaderSpi;
import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import com.twelvemonkeys.imageio.stream.ByteArrayImageInputStream;
import java.awt.image.Raster;
import java.io.IOException;
import java.util.Arrays;
import java.util.Iterator;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;

/**
 * The ImageIO readers, each chosen by name: the order of ImageIO's registry depends on the class path, and plugins in a
 * Spark application's jar are not found by its class loader at all.
 */
final class Codecs {
    private static final ImageReaderSpi JPEG = ofTheJdk("JPEG");
    private static final ImageReaderSpi PNG = ofTheJdk("png");
    private static final ImageReaderSpi BMP = ofTheJdk("BMP");
    private static final ImageReaderSpi WEBP = new WebPImageReaderSpi();
    private static final ImageReaderSpi TIFF = new TIFFImageReaderSpi();

    private Codecs() {}

    /** What is asked of a reader. */
    interface Request<T> {
        T from(ImageReader reader) throws ImageException, IOException;
    }

    static <T> T jpeg(byte[] file, Request<T> request) throws ImageException, IOException {
        return read(JPEG, file, request);
    }

    static <T> T png(byte[] file, Request<T> request) throws ImageException, IOException {
        return read(PNG, file, request);
    }

    static <T> T bmp(byte[] file, Request<T> request) throws ImageException, IOException {
        return read(BMP, file, request);
    }

    static <T> T webp(byte[] file, Request<T> request) throws ImageException, IOException {
        return read(WEBP, file, request);
    }

    static <T> T tiff(byte[] file, Request<T> request) throws ImageException, IOException {
        return read(TIFF, file, request);
    }

    private static <T> T read(ImageReaderSpi codec, byte[] file, Request<T> request)
            throws ImageException, IOException {
        ImageReader reader = codec.createReaderInstance();
        try (ByteArrayImageInputStream input = new ByteArrayImageInputStream(file)) {
            reader.setInput(input, true, true);
            return request.from(reader);
        } finally {
            reader.dispose();
        }
    }

    private static ImageReaderSpi ofTheJdk(String format) {
        Iterator<ImageReaderSpi> all =
                IIORegistry.getDefaultInstance().getServiceProviders(ImageReaderSpi.class, false);
        while (all.hasNext()) {
            ImageReaderSpi spi = all.next();
            if (spi.getClass().getModule() == Raster.class.getModule()
                    && Arrays.asList(spi.getFormatNames()).contains(format)) {
                return spi;
            }
        }
        throw new IllegalStateException(
                "this Java runtime has no %s reader: use a full JDK 17, with module java.desktop".formatted(format));
    }
}
