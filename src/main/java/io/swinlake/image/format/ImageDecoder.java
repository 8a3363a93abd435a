package io.swinlake.image.format;

import io.swinlake.image.DecodeOptions;
import io.swinlake.image.DecodeOptions.Orientation;
import io.swinlake.image.ErrorCode;
import io.swinlake.image.ExifOrientation;
import io.swinlake.image.ImageException;
import io.swinlake.image.Pixels;
import io.swinlake.image.SharedHeap;
import io.swinlake.image.TimeBudget;
import io.swinlake.image.libwebp.LibWebp;
import java.io.EOFException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Image files to RGB pixels, the same as Pillow's {@code Image.open(file).convert('RGB')}. The format is told by content;
 * sizes are checked in the header, and the memory for them is waited for, before anything is allocated; data that Pillow
 * refuses as truncated is refused. Colour profiles, gamma and alpha are ignored and the first frame of an animation counts,
 * as in Pillow. What differs on purpose is said in {@code docs/images.md}. Thread-safe.
 */
public final class ImageDecoder {
    private final DecodeOptions options;

    private ImageDecoder(DecodeOptions options) {
        this.options = options;
    }

    public static ImageDecoder create(DecodeOptions options) {
        return new ImageDecoder(options);
    }

    /**
     * Loads the native libraries that decoders need, before the first image needs them.
     *
     * @throws ImageException with {@link ErrorCode#NO_LIBRARY} and what to do
     */
    public static void loadLibraries() throws ImageException {
        LibWebp.load();
    }

    /**
     * Decodes one image whose pixels are used by nobody who shares the heap.
     *
     * @param file the whole file; read, never written
     * @throws ImageException for whatever is wrong with it: nothing else is thrown, whatever the bytes are
     */
    public Pixels decode(byte[] file) throws ImageException {
        AtomicReference<Pixels> pixels = new AtomicReference<>();
        SharedHeap.use(share -> pixels.set(decode(file, share)));
        return pixels.get();
    }

    /**
     * Decodes one image.
     *
     * @param file the whole file; read, never written
     * @param share of the heap, in which the pixels stay
     * @throws ImageException for whatever is wrong with it: nothing else is thrown, whatever the bytes are
     */
    public Pixels decode(byte[] file, SharedHeap.Share share) throws ImageException {
        ImageFormat format = ImageFormat.of(file);
        TimeBudget time = TimeBudget.start(options.timeout());
        EncodedImage image = open(format, file);
        checkSize(format, image);
        long pixels = image.pixels();
        if (pixels > image.mostPixels()) {
            throw new ImageException(
                    ErrorCode.TRUNCATED,
                    "%d bytes of %s cannot hold %dx%d pixels: write it again",
                    file.length,
                    format,
                    image.width(),
                    image.height());
        }
        ExifOrientation orientation =
                options.orientation() == Orientation.APPLY ? Exif.orientation(format, file) : ExifOrientation.NORMAL;
        int turned = orientation == ExifOrientation.NORMAL ? 0 : 3;
        share.reserve(
                "an image of %sx%s pixels".formatted(image.width(), image.height()),
                Math.max(image.heapBytes(), pixels * (3 + turned)),
                image.nativeBytes());
        time.allowFor(pixels);
        return orientation.apply(pixels(format, image, time));
    }

    private static EncodedImage open(ImageFormat format, byte[] file) throws ImageException {
        try {
            return format.open(file);
        } catch (BufferUnderflowException | IndexOutOfBoundsException | IllegalArgumentException e) {
            // What a ByteBuffer throws when read, by offset read, or positioned behind its end.
            throw new ImageException(
                            ErrorCode.TRUNCATED,
                            "the %s file ends after %d bytes, inside its header: write it again",
                            format,
                            file.length)
                    .because(e);
        } catch (RuntimeException | Error e) {
            throw ImageException.of("the %s header cannot be read".formatted(format), e);
        }
    }

    private void checkSize(ImageFormat format, EncodedImage image) throws ImageException {
        if (image.width() < 1 || image.height() < 1) {
            throw new ImageException(
                    ErrorCode.NO_PIXELS,
                    "the %s header says %dx%d pixels, at least 1x1 was expected",
                    format,
                    image.width(),
                    image.height());
        }
        long pixels = image.pixels();
        if (pixels > options.maxPixels()) {
            throw new ImageException(
                    ErrorCode.TOO_MANY_PIXELS,
                    "the %s header says %dx%d = %d pixels, the limit is %d: a decompression bomb, or raise maxPixels",
                    format,
                    image.width(),
                    image.height(),
                    pixels,
                    options.maxPixels());
        }
    }

    static Pixels pixels(ImageFormat format, EncodedImage image, TimeBudget time) throws ImageException {
        try {
            return new Pixels(image.width(), image.height(), image.rgb(time));
        } catch (EOFException e) {
            throw new ImageException(
                            ErrorCode.TRUNCATED,
                            "the %s data ends before the last of %d rows: write the file again",
                            format,
                            image.height())
                    .because(e);
        } catch (IOException | RuntimeException | Error e) {
            throw ImageException.of("the %s data cannot be decoded".formatted(format), e);
        }
    }
}
