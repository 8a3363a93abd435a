package io.swinlake.image;

import io.swinlake.image.DecodeOptions.Orientation;
import java.io.EOFException;
import java.io.IOException;
import java.nio.BufferUnderflowException;

/**
 * Image files to RGB pixels, the same as Pillow's {@code Image.open(file).convert('RGB')}. The format is told by content;
 * sizes are checked in the header before anything is allocated; data that Pillow refuses as truncated is refused. Colour
 * profiles, gamma and alpha are ignored and the first frame of an animation counts, as in Pillow. The one deliberate
 * difference: 16-bit grey keeps its high byte, as 16-bit RGB does, where Pillow clips it to white. Thread-safe.
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
     * Decodes one image.
     *
     * @param file the whole file; read, never written
     * @throws ImageException for whatever is wrong with it: nothing else is thrown, whatever the bytes are
     */
    public Pixels decode(byte[] file) throws ImageException {
        ImageFormat format = ImageFormat.of(file);
        EncodedImage image = open(format, file);
        checkSize(format, image);
        try {
            Pixels pixels = new Pixels(image.width(), image.height(), rgb(format, image));
            return options.orientation() == Orientation.APPLY
                    ? ExifOrientation.of(file).apply(pixels)
                    : pixels;
        } catch (OutOfMemoryError e) {
            throw doesNotFit("an image of %sx%s pixels".formatted(image.width(), image.height()), e);
        }
    }

    private static EncodedImage open(ImageFormat format, byte[] file) throws ImageException {
        try {
            return format.open(file);
        } catch (BufferUnderflowException | IndexOutOfBoundsException | IllegalArgumentException e) {
            // What a ByteBuffer throws when read, by offset read, or positioned behind its end.
            throw because(
                    e,
                    new ImageException(
                            ErrorCode.TRUNCATED,
                            "the %s file ends after %d bytes, inside its header: write it again",
                            format,
                            file.length));
        } catch (OutOfMemoryError e) {
            throw doesNotFit("a %s file of %s bytes".formatted(format, file.length), e);
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
        long pixels = (long) image.width() * image.height();
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

    /** Codecs meet hostile bytes with whatever their code happens to throw. */
    private static byte[] rgb(ImageFormat format, EncodedImage image) throws ImageException {
        try {
            return image.rgb();
        } catch (EOFException e) {
            throw because(
                    e,
                    new ImageException(
                            ErrorCode.TRUNCATED,
                            "the %s data ends before the last of %d rows: write the file again",
                            format,
                            image.height()));
        } catch (IOException | RuntimeException | StackOverflowError e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof OutOfMemoryError full) { // which the JDK's PNG reader wraps like any damage
                    throw full;
                }
            }
            throw because(
                    e, new ImageException(ErrorCode.CORRUPT, "the %s data cannot be decoded: %s", format, oneLine(e)));
        }
    }

    static ImageException doesNotFit(String what, OutOfMemoryError cause) {
        return because(
                cause,
                new ImageException(
                        ErrorCode.OUT_OF_MEMORY,
                        "%s does not fit into the heap of %d MB: give the executor more, or lower maxPixels",
                        what,
                        Runtime.getRuntime().maxMemory() >> 20));
    }

    private static ImageException because(Throwable cause, ImageException exception) {
        exception.initCause(cause);
        return exception;
    }

    private static String oneLine(Throwable e) {
        return e.getMessage() == null
                ? e.getClass().getSimpleName()
                : e.getMessage().lines().findFirst().orElse("");
    }
}
