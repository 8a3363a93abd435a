package io.swinlake.image.format;

import io.swinlake.image.ImageException;
import io.swinlake.image.TimeBudget;
import java.awt.image.Raster;
import java.io.IOException;
import java.util.Arrays;
import java.util.Iterator;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * The ImageIO readers, each chosen by name: the order of ImageIO's registry depends on the class path, and plugins in a
 * Spark application's jar are not found by its class loader at all.
 */
final class Codecs {
    private static final ImageReaderSpi JPEG = ofTheJdk("JPEG");

    private Codecs() {}

    /** What is asked of a reader. */
    interface Request<T> {
        T from(ImageReader reader) throws ImageException, IOException;
    }

    static <T> T jpeg(byte[] file, TimeBudget time, Request<T> request) throws ImageException, IOException {
        return read(JPEG, file, time, request);
    }

    private static <T> T read(ImageReaderSpi codec, byte[] file, TimeBudget time, Request<T> request)
            throws ImageException, IOException {
        ImageReader reader = codec.createReaderInstance();
        try (Input input = new Input(file, time)) {
            reader.setInput(input, true, true);
            return request.from(reader);
        } finally {
            reader.dispose();
        }
    }

    /** A file that ends when the time is up: whatever a reader does, it reads. */
    private static final class Input extends ImageInputStreamImpl {
        private static final int BYTES_BETWEEN_CHECKS = 4096;

        private final byte[] file;
        private final TimeBudget time;
        private int unchecked;

        Input(byte[] file, TimeBudget time) {
            this.file = file;
            this.time = time;
        }

        @Override
        public int read() throws IOException {
            check(1);
            bitOffset = 0;
            return streamPos < file.length ? file[(int) streamPos++] & 0xFF : -1;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            check(length);
            bitOffset = 0;
            int count = (int) Math.min(length, file.length - streamPos);
            if (count <= 0) {
                return length == 0 ? 0 : -1;
            }
            System.arraycopy(file, (int) streamPos, target, offset, count);
            streamPos += count;
            return count;
        }

        @Override
        public long length() {
            return file.length;
        }

        private void check(int bytes) throws IOException {
            unchecked += bytes;
            if (unchecked >= BYTES_BETWEEN_CHECKS) {
                unchecked = 0;
                try {
                    time.check();
                } catch (ImageException e) {
                    throw new IOException(e); // the decoder finds the cause
                }
            }
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
