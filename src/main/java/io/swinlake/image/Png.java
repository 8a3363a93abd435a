package io.swinlake.image;

import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;

/**
 * PNG. The chunks are walked here and the JDK's reader is given header, palette and data only: text, profiles, gamma and
 * transparency, some of them compressed without a limit, never reach it.
 */
final class Png implements EncodedImage {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    private static final int CHUNK_HEADER_BYTES = 8;
    private static final int CHECKSUM_BYTES = 4;

    /** Deflate expands at most this many times: 258 bytes from 2 bits. */
    private static final int MAX_EXPANSION = 1032;

    private static final int PALETTE = 3;

    private final int width;
    private final int height;
    private final int bits;
    private final int colorType;
    private final byte[] header;
    /** RGB triples. */
    private final byte[] palette;
    /** The compressed pixels, as far as they are there. */
    private final byte[] data;

    private final boolean complete;

    private Png(byte[] header, byte[] palette, byte[] data, boolean complete) {
        this.header = header;
        this.palette = palette;
        this.data = data;
        this.complete = complete;
        ByteBuffer fields = ByteBuffer.wrap(header);
        this.width = fields.getInt();
        this.height = fields.getInt();
        this.bits = fields.get();
        this.colorType = fields.get();
    }

    static Png open(byte[] file) throws ImageException {
        ByteBuffer in = ByteBuffer.wrap(file).position(SIGNATURE.length);
        byte[] header = {};
        byte[] palette = {};
        ByteArrayOutputStream data = new ByteArrayOutputStream(file.length);
        boolean complete = false;
        while (!complete && in.remaining() >= CHUNK_HEADER_BYTES) {
            int start = in.position();
            int length = in.getInt();
            String type = new String(file, start + 4, 4, StandardCharsets.ISO_8859_1);
            if (header.length == 0 && !type.equals("IHDR")) {
                throw new ImageException(ErrorCode.CORRUPT, "the PNG starts with chunk '%s', IHDR was expected", type);
            }
            int from = start + CHUNK_HEADER_BYTES;
            boolean cut = length < 0 || length > file.length - from - CHECKSUM_BYTES;
            switch (type) {
                case "IHDR" -> header = checked(file, from, length, type);
                case "PLTE" -> palette = checked(file, from, length, type);
                case "IDAT" -> data.write(file, from, cut ? file.length - from : length);
                case "IEND" -> complete = true;
                default -> {}
            }
            if (cut) {
                break; // the pixels may be complete nevertheless
            }
            in.position(from + length + CHECKSUM_BYTES);
        }
        return new Png(header, palette, data.toByteArray(), complete);
    }

    /** The bytes of a chunk, whose checksum Pillow verifies before it reads pixels. */
    private static byte[] checked(byte[] file, int from, int length, String type) throws ImageException {
        int stored = ByteBuffer.wrap(file).getInt(from + length);
        CRC32 crc = new CRC32();
        crc.update(file, from - 4, length + 4);
        if ((int) crc.getValue() != stored) {
            throw new ImageException(
                    ErrorCode.CORRUPT,
                    "the PNG's chunk '%s' has checksum %08X, its bytes give %08X: write it again",
                    type,
                    stored,
                    crc.getValue());
        }
        return Arrays.copyOfRange(file, from, from + length);
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
        int samples =
                switch (colorType) {
                    case 2 -> 3;
                    case 4 -> 2;
                    case 6 -> 4;
                    default -> 1;
                };
        long bytes = ((long) width * samples * bits + 7) / 8 * height;
        if (bytes / MAX_EXPANSION > data.length) {
            throw new ImageException(
                    ErrorCode.TRUNCATED,
                    "%d bytes of PNG data cannot hold %dx%d pixels: write it again",
                    data.length,
                    width,
                    height);
        }
        Raster raster;
        try {
            raster = Codecs.png(essence(), reader -> reader.read(0).getRaster());
        } catch (IOException e) {
            throw complete ? e : new EOFException();
        }
        return colorType == PALETTE ? Samples.paletteToRgb(raster, palette) : Samples.toRgb(raster, bits, bits, bits);
    }

    /** A PNG of header, palette and one chunk of data. */
    private byte[] essence() {
        ByteArrayOutputStream essence = new ByteArrayOutputStream(data.length + 1024);
        essence.writeBytes(SIGNATURE);
        writeChunk(essence, "IHDR", header);
        if (palette.length > 0) {
            writeChunk(essence, "PLTE", palette);
        }
        writeChunk(essence, "IDAT", data);
        writeChunk(essence, "IEND", new byte[0]);
        return essence.toByteArray();
    }

    private static void writeChunk(ByteArrayOutputStream out, String type, byte[] bytes) {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 crc = new CRC32();
        crc.update(name);
        crc.update(bytes);
        out.writeBytes(ByteBuffer.allocate(4).putInt(bytes.length).array());
        out.writeBytes(name);
        out.writeBytes(bytes);
        out.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }
}
