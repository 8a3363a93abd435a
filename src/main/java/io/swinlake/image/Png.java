package io.swinlake.image;

import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32;

/**
 * PNG. The chunks are walked here and the JDK's reader is given header, palette and data only: text, profiles, gamma and
 * transparency, some of them compressed without a limit, never reach it.
 */
final class Png implements EncodedImage {
    private static final int SIGNATURE_BYTES = 8;
    private static final byte[] END = {0, 0, 0, 0, 'I', 'E', 'N', 'D', (byte) 0xAE, 0x42, 0x60, (byte) 0x82};

    /** Deflate expands at most this many times: 258 bytes from 2 bits. */
    private static final int MAX_EXPANSION = 1032;

    private static final int PALETTE = 3;

    private final int width;
    private final int height;
    private final int bits;
    private final int colorType;
    private final byte[] palette;
    /** Signature, header, palette, data, end. */
    private final byte[] essence;

    private final boolean complete;

    private Png(ByteBuffer header, byte[] palette, byte[] essence, boolean complete) {
        this.width = header.getInt();
        this.height = header.getInt();
        this.bits = header.get();
        this.colorType = header.get();
        this.palette = palette;
        this.essence = essence;
        this.complete = complete;
    }

    static Png open(byte[] file) throws ImageException {
        ByteBuffer in = ByteBuffer.wrap(file).position(SIGNATURE_BYTES);
        ByteArrayOutputStream essence = new ByteArrayOutputStream(file.length + END.length);
        essence.write(file, 0, SIGNATURE_BYTES);
        ByteBuffer header = null;
        byte[] palette = {};
        boolean complete = false;
        while (!complete && in.remaining() >= 8) {
            int start = in.position();
            int length = in.getInt();
            String type = "" + (char) in.get() + (char) in.get() + (char) in.get() + (char) in.get();
            if (header == null && !type.equals("IHDR")) {
                throw ImageException.undecodable("corrupt", "the PNG starts with chunk '%s', IHDR was expected", type);
            }
            if (length < 0 || length > in.remaining() - 4) {
                if (type.equals("IDAT")) {
                    break; // what there is of it may suffice
                }
                throw ImageException.undecodable(
                        "truncated",
                        "the PNG ends after %d bytes, inside chunk '%s' of %d bytes: write it again",
                        file.length,
                        type,
                        length & 0xFFFFFFFFL);
            }
            switch (type) {
                case "IHDR" -> {
                    checkSum(file, start, length, type);
                    header = ByteBuffer.wrap(file, start + 8, length);
                    essence.write(file, start, length + 12);
                }
                case "PLTE" -> {
                    checkSum(file, start, length, type);
                    palette = Arrays.copyOfRange(file, start + 8, start + 8 + length);
                    essence.write(file, start, length + 12);
                }
                case "IDAT" -> essence.write(file, start, length + 12);
                case "IEND" -> complete = true;
                default -> {}
            }
            in.position(start + length + 12);
        }
        if (header == null) {
            throw ImageException.undecodable(
                    "truncated", "the PNG ends after %d bytes, before its header", file.length);
        }
        essence.writeBytes(END);
        return new Png(header, palette, essence.toByteArray(), complete);
    }

    private static void checkSum(byte[] file, int start, int length, String type) throws ImageException {
        CRC32 crc = new CRC32();
        crc.update(file, start + 4, length + 4);
        int stored = ByteBuffer.wrap(file).getInt(start + 8 + length);
        if ((int) crc.getValue() != stored) {
            throw ImageException.undecodable(
                    "corrupt",
                    "the PNG's chunk '%s' has checksum %08X, its bytes give %08X",
                    type,
                    stored,
                    crc.getValue());
        }
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
        if (bytes / MAX_EXPANSION > essence.length) {
            throw ImageException.undecodable(
                    "truncated",
                    "%d bytes of PNG cannot hold %dx%d pixels: write it again",
                    essence.length,
                    width,
                    height);
        }
        Raster raster;
        try {
            raster = Codecs.png(essence, reader -> reader.read(0).getRaster());
        } catch (IOException e) {
            if (complete) {
                throw e;
            }
            ImageException truncated = ImageException.undecodable(
                    "truncated", "the PNG ends before its last of %d rows: write it again", height);
            truncated.initCause(e);
            throw truncated;
        }
        return colorType == PALETTE ? Samples.paletteToRgb(raster, palette) : Samples.toRgb(raster, bits, bits, bits);
    }
}
