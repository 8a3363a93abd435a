package io.swinlake.image.format;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import io.swinlake.image.TimeBudget;
import io.swinlake.image.libwebp.LibWebp;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * WebP (RFC 9649). The chunks are walked here and libwebp is given the first image alone, profile and EXIF never reach it.
 * The first frame of an animation lies on a black canvas, as Pillow puts it.
 */
final class WebP implements EncodedImage {
    private static final int RIFF_HEADER_BYTES = 12;
    private static final int CHUNK_HEADER_BYTES = 8;
    private static final int FRAME_HEADER_BYTES = 16;
    private static final int CANVAS_BYTES = 10;
    private static final int ALPHA = 0x10;

    /** A block of 16x16 pixels takes 3.4 bits at the least: the modes of a key frame have fixed probabilities (RFC 6386, 11.2). */
    private static final long LOSSY_PIXELS_PER_BYTE = 600;

    private final Frame frame;
    private final int width;
    private final int height;

    /** Where the image lies on the canvas, and its chunks as a file of its own. */
    @SuppressWarnings("ArrayRecordComponent") // copied never, compared never
    private record Frame(int left, int top, int width, int height, boolean lossless, byte[] file) {}

    private WebP(Frame frame, int width, int height) {
        this.frame = frame;
        this.width = width;
        this.height = height;
    }

    static WebP open(byte[] file) throws ImageException {
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        long size = (in.getInt(4) & 0xFFFFFFFFL) + CHUNK_HEADER_BYTES;
        if (size > file.length) {
            throw truncated(file, size);
        }
        in.position(RIFF_HEADER_BYTES);
        int canvasWidth = 0; // simple files have none
        int canvasHeight = 0;
        ByteBuffer alpha = ByteBuffer.allocate(0);
        while (in.remaining() >= CHUNK_HEADER_BYTES) {
            int start = in.position();
            String type = type(in);
            int length = in.getInt();
            if (length < 0 || length > in.remaining()) {
                throw truncated(file, size);
            }
            switch (type) {
                case "VP8X" -> {
                    in.getInt(); // features
                    canvasWidth = uint24(in) + 1;
                    canvasHeight = uint24(in) + 1;
                }
                case "ALPH" -> alpha = in.slice(start, CHUNK_HEADER_BYTES + length);
                case "VP8 ", "VP8L" -> {
                    Frame still = image(0, 0, type, in.slice(start, CHUNK_HEADER_BYTES + length), alpha);
                    if (canvasWidth == 0) {
                        return new WebP(still, still.width, still.height);
                    }
                    checkSize(still, canvasWidth, canvasHeight);
                    return new WebP(still, canvasWidth, canvasHeight);
                }
                case "ANMF" -> {
                    return animation(in.slice(start, CHUNK_HEADER_BYTES + length), canvasWidth, canvasHeight);
                }
                default -> {}
            }
            in.position(Math.min(in.limit(), start + CHUNK_HEADER_BYTES + length + (length & 1)));
        }
        throw truncated(file, size);
    }

    /** The first frame: its place, then its chunks. */
    private static WebP animation(ByteBuffer chunk, int canvasWidth, int canvasHeight) throws ImageException {
        ByteBuffer in = chunk.order(ByteOrder.LITTLE_ENDIAN).position(CHUNK_HEADER_BYTES);
        int left = 2 * uint24(in);
        int top = 2 * uint24(in);
        int width = uint24(in) + 1;
        int height = uint24(in) + 1;
        if ((long) left + width > canvasWidth || (long) top + height > canvasHeight) {
            throw new ImageException(
                    ErrorCode.CORRUPT,
                    "the WebP's first frame, %dx%d at %d, %d, lies outside its canvas of %dx%d",
                    width,
                    height,
                    left,
                    top,
                    canvasWidth,
                    canvasHeight);
        }
        in.position(CHUNK_HEADER_BYTES + FRAME_HEADER_BYTES);
        ByteBuffer alpha = ByteBuffer.allocate(0);
        while (in.remaining() >= CHUNK_HEADER_BYTES) {
            int start = in.position();
            String type = type(in);
            int length = in.getInt();
            if (length < 0 || length > in.remaining()) {
                break;
            }
            if (type.equals("ALPH")) {
                alpha = in.slice(start, CHUNK_HEADER_BYTES + length);
            } else if (type.equals("VP8 ") || type.equals("VP8L")) {
                Frame frame = image(left, top, type, in.slice(start, CHUNK_HEADER_BYTES + length), alpha);
                checkSize(frame, width, height);
                return new WebP(frame, canvasWidth, canvasHeight);
            }
            in.position(Math.min(in.limit(), start + CHUNK_HEADER_BYTES + length + (length & 1)));
        }
        throw new ImageException(
                ErrorCode.TRUNCATED, "the WebP's first frame ends before its picture: write the file again");
    }

    /** An image by its chunk, and by that of the alpha plane in front of a lossy one. */
    private static Frame image(int left, int top, String type, ByteBuffer slice, ByteBuffer alpha) {
        ByteBuffer chunk = slice.order(ByteOrder.LITTLE_ENDIAN);
        boolean lossless = type.equals("VP8L");
        int width;
        int height;
        if (lossless) {
            long bits = chunk.getInt(CHUNK_HEADER_BYTES + 1) & 0xFFFFFFFFL;
            width = (int) (bits & 0x3FFF) + 1;
            height = (int) (bits >> 14 & 0x3FFF) + 1;
        } else {
            width = chunk.getShort(CHUNK_HEADER_BYTES + 6) & 0x3FFF;
            height = chunk.getShort(CHUNK_HEADER_BYTES + 8) & 0x3FFF;
        }
        ByteBuffer file = ByteBuffer.allocate(
                        RIFF_HEADER_BYTES + CHUNK_HEADER_BYTES + CANVAS_BYTES + padded(alpha) + padded(chunk))
                .order(ByteOrder.LITTLE_ENDIAN);
        file.put(ascii("RIFF")).putInt(file.capacity() - CHUNK_HEADER_BYTES).put(ascii("WEBP"));
        boolean separateAlpha = !lossless && alpha.hasRemaining();
        file.put(ascii("VP8X")).putInt(CANVAS_BYTES).putInt(separateAlpha ? ALPHA : 0);
        putUint24(file, width - 1);
        putUint24(file, height - 1);
        if (separateAlpha) {
            int start = file.position();
            file.put(alpha).position(start + padded(alpha));
        }
        int start = file.position();
        file.put(chunk).position(start + padded(chunk));
        file.flip().putInt(4, file.limit() - CHUNK_HEADER_BYTES);
        return new Frame(left, top, width, height, lossless, java.util.Arrays.copyOf(file.array(), file.limit()));
    }

    private static int padded(ByteBuffer chunk) {
        return chunk.limit() + (chunk.limit() & 1);
    }

    private static int uint24(ByteBuffer in) {
        return (in.getShort() & 0xFFFF) | (in.get() & 0xFF) << 16;
    }

    private static void putUint24(ByteBuffer out, int value) {
        out.putShort((short) value).put((byte) (value >> 16));
    }

    private static void checkSize(Frame frame, int width, int height) throws ImageException {
        if (frame.width != width || frame.height != height) {
            throw new ImageException(
                    ErrorCode.CORRUPT,
                    "the WebP announces %dx%d pixels, its picture has %dx%d",
                    width,
                    height,
                    frame.width,
                    frame.height);
        }
    }

    private static String type(ByteBuffer in) {
        byte[] type = new byte[4];
        in.get(type);
        return new String(type, StandardCharsets.ISO_8859_1);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static ImageException truncated(byte[] file, long size) {
        return new ImageException(
                ErrorCode.TRUNCATED,
                "the WebP holds %d bytes of the %d it announces: write it again",
                file.length,
                size);
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public int height() {
        return height;
    }

    /** Lossless pictures of one colour take no bit a pixel: only memory bounds them. */
    @Override
    public long mostPixels() {
        boolean onCanvas = frame.width != width || frame.height != height;
        return frame.lossless || onCanvas ? Long.MAX_VALUE : LOSSY_PIXELS_PER_BYTE * frame.file.length;
    }

    /** Of libwebp's picture, and the result. */
    @Override
    public long heapBytes() {
        return (Integer.BYTES + 3) * pixels();
    }

    /** The picture again, and what lossless decoding works on. */
    @Override
    public long nativeBytes() {
        return (2 * Integer.BYTES + 1) * pixels();
    }

    @Override
    public byte[] rgb(TimeBudget time) throws ImageException {
        LibWebp.Picture picture = LibWebp.decode(frame.file);
        checkSize(frame, picture.width(), picture.height());
        time.check();
        byte[] rgb = new byte[width * height * 3];
        int source = 0;
        for (int y = 0; y < frame.height; y++) {
            int target = ((frame.top + y) * width + frame.left) * 3;
            for (int x = 0; x < frame.width; x++) {
                int color = picture.argb()[source++];
                rgb[target++] = (byte) (color >> 16);
                rgb[target++] = (byte) (color >> 8);
                rgb[target++] = (byte) color;
            }
        }
        return rgb;
    }
}
