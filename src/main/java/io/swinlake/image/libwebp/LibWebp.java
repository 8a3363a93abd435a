package io.swinlake.image.libwebp;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteOrder;

/**
 * libwebp by the JNI functions of webp-imageio. Its ImageIO reader is passed by: that unpacks the library anew for every JVM,
 * and needs Kotlin's library.
 */
public final class LibWebp {
    private static final String PACKAGE = "com.luciad.imageio.webp.";

    private static final int OUT_OF_MEMORY = 1;

    private static LibWebp loaded;

    private final Method decode;
    private final Method createOptions;
    private final Method deleteOptions;

    private LibWebp() throws ReflectiveOperationException {
        Class<?> functions = Class.forName(PACKAGE + "WebP");
        Class<?> options = Class.forName(PACKAGE + "WebPDecoderOptions");
        decode = accessible(functions.getDeclaredMethod(
                "decode", long.class, byte[].class, int.class, int.class, int[].class, boolean.class));
        createOptions = accessible(options.getDeclaredMethod("createDecoderOptions"));
        deleteOptions = accessible(options.getDeclaredMethod("deleteDecoderOptions", long.class));
    }

    /** A decoded picture. */
    @SuppressWarnings("ArrayRecordComponent") // megabytes: copied never, compared never
    public record Picture(int width, int height, int[] argb) {}

    /**
     * Decodes a still picture.
     *
     * @param file RIFF header and chunks
     * @throws ImageException if libwebp refuses it, or cannot be loaded here
     */
    public static Picture decode(byte[] file) throws ImageException {
        return load().decodeStill(file);
    }

    /**
     * Loads the library if it is not loaded yet.
     *
     * @throws ImageException with {@link ErrorCode#NO_LIBRARY} if it cannot be: the message says what to do
     */
    public static synchronized LibWebp load() throws ImageException {
        if (loaded == null) {
            try {
                NativeLibrary.load("webp-imageio", "libwebp");
                loaded = new LibWebp();
            } catch (NativeLibrary.LoadException e) {
                throw new ImageException(ErrorCode.NO_LIBRARY, "%s", e.getMessage()).because(e);
            } catch (ReflectiveOperationException e) {
                throw new ImageException(
                                ErrorCode.NO_LIBRARY,
                                "this webp-imageio has other functions than its version 0.11: take that one")
                        .because(e);
            }
        }
        return loaded;
    }

    private static Method accessible(Method method) {
        method.setAccessible(true);
        return method;
    }

    private Picture decodeStill(byte[] file) throws ImageException {
        int[] size = new int[4];
        try {
            // Holds the output while it is being made: one for each picture.
            long options = (long) createOptions.invoke(null);
            if (options == 0) {
                throw new OutOfMemoryError("libwebp's options");
            }
            try {
                boolean bigEndian = ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN;
                int[] argb = (int[]) decode.invoke(null, options, file, 0, file.length, size, bigEndian);
                if (argb == null || size[0] != 0) {
                    throw refused(size[0], hasAlphaPlane(file));
                }
                return new Picture(size[1], size[2], argb);
            } finally {
                deleteOptions.invoke(null, options);
            }
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw ImageException.of("libwebp cannot decode the WebP data", e.getCause());
        }
    }

    /** In a file whose first chunk is VP8X. */
    private static boolean hasAlphaPlane(byte[] file) {
        return file.length > 34 && file[30] == 'A' && file[31] == 'L' && file[32] == 'P' && file[33] == 'H';
    }

    /** What a status of libwebp means: {@code VP8StatusCode} in its decode.h. */
    private static ImageException refused(int status, boolean alphaPlane) {
        if (status == OUT_OF_MEMORY && !alphaPlane) { // which it also says of a damaged alpha plane
            throw new OutOfMemoryError("libwebp's picture");
        }
        return switch (status) {
            case 7 ->
                new ImageException(
                        ErrorCode.TRUNCATED, "the WebP data ends before the last pixel: write the file again");
            default ->
                new ImageException(
                        ErrorCode.CORRUPT,
                        "libwebp refuses the WebP data with its status %d: write the file again",
                        status);
        };
    }
}
