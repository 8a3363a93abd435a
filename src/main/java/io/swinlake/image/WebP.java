package io.swinlake.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * WebP. The chunks are walked here and the reader is given the first image's colours alone: profile, EXIF and the alpha
 * plane, which is dropped anyway, never reach it.
 */
final class WebP implements EncodedImage {
    private static final int RIFF_HEADER_BYTES = 12;
    private static final int CHUNK_HEADER_BYTES = 8;
    private static final int FRAME_HEADER_BYTES = 16;

    private final int width;
    private final int height;
    /** RIFF header and one {@code VP8 } or {@code VP8L} chunk. */
    private final byte[] essence;

    private WebP(int width, int height, byte[] essence) {
        this.width = width;
        this.height = height;
        this.essence = essence;
    }

    static WebP open(byte[] file) throws ImageException {
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        long size = (in.getInt(4) & 0xFFFFFFFFL) + CHUNK_HEADER_BYTES;
        if (size > file.length) {
            throw truncated(file, size);
        }
        in.position(RIFF_HEADER_BYTES);
        while (in.remaining() >= CHUNK_HEADER_BYTES) {
            int start = in.position();
            String type = type(in);
            int length = in.getInt();
            if (length < 0 || length > in.remaining()) {
                throw truncated(file, size);
            }
            switch (type) {
                case "VP8 ", "VP8L" -> {
                    return still(type, in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN));
                }
                case "ANMF" -> in.position(start + CHUNK_HEADER_BYTES + FRAME_HEADER_BYTES);
                default -> in.position(start + CHUNK_HEADER_BYTES + length + (length & 1));
            }
        }
        throw truncated(file, size);
    }

    private static WebP still(String type, ByteBuffer data) {
        int width;
        int height;
        if (type.equals("VP8L")) {
            long bits = data.getInt(1) & 0xFFFFFFFFL;
            width = (int) (bits & 0x3FFF) + 1;
            height = (int) (bits >> 14 & 0x3FFF) + 1;
        } else {
            width = data.getShort(6) & 0x3FFF;
            height = data.getShort(8) & 0x3FFF;
        }
        int padded = data.limit() + (data.limit() & 1);
        ByteBuffer essence = ByteBuffer.allocate(RIFF_HEADER_BYTES + CHUNK_HEADER_BYTES + padded)
                .order(ByteOrder.LITTLE_ENDIAN);
        essence.put(ascii("RIFF")).putInt(essence.capacity() - CHUNK_HEADER_BYTES);
        essence.put(ascii("WEBP")).put(ascii(type)).putInt(data.limit()).put(data);
        return new WebP(width, height, essence.array());
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

    @Override
    public byte[] rgb() throws ImageException, IOException {
        return Samples.toRgb(Codecs.webp(essence, reader -> reader.read(0)));
    }
}
