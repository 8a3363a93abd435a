package io.swinlake.image.format;

import io.swinlake.image.ExifOrientation;
import io.swinlake.image.ImageException;
import io.swinlake.image.tiff.TiffDirectory;
import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The orientation that a JPEG, PNG or WebP names in EXIF, else in XMP: where Pillow's {@code exif_transpose} looks for it. */
final class Exif {
    private static final byte[] EXIF = ascii("Exif\0\0");
    private static final byte[] XMP = ascii("http://ns.adobe.com/xap/1.0/\0");
    private static final byte[] PNG_XMP = ascii("XML:com.adobe.xmp\0\0");
    private static final Pattern ORIENTATION = Pattern.compile("tiff:Orientation(?:=\"|>)([0-9])");

    private final ByteArrayOutputStream exif = new ByteArrayOutputStream();
    private byte[] xmp = {};

    private Exif() {}

    /** The orientation of an image file: normal when it has none, or none that can be read. */
    static ExifOrientation orientation(ImageFormat format, byte[] file) {
        Exif found = new Exif();
        try {
            switch (format) {
                case JPEG -> found.walkJpeg(file);
                case PNG -> found.walkChunks(ByteBuffer.wrap(file).position(8));
                case WEBP ->
                    found.walkChunks(
                            ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).position(12));
                default -> {}
            }
            return ExifOrientation.ofTag(found.tag());
        } catch (ImageException | BufferUnderflowException | IndexOutOfBoundsException | IllegalArgumentException e) {
            return ExifOrientation.NORMAL; // Pillow too takes broken EXIF for none: the pixels are good
        }
    }

    private int tag() throws ImageException {
        int inXmp = 0;
        if (xmp.length > 0) {
            Matcher matcher = ORIENTATION.matcher(new String(xmp, StandardCharsets.ISO_8859_1));
            inXmp = matcher.find() ? matcher.group(1).charAt(0) - '0' : 0;
        }
        byte[] block = exif.toByteArray();
        return block.length < 8 ? inXmp : TiffDirectory.read(block).getInt(TiffDirectory.ORIENTATION, inXmp);
    }

    /** A block, with or without the name that JPEG has in front of it. */
    private void addExif(byte[] block) {
        exif.writeBytes(startsWith(block, 0, EXIF) ? Arrays.copyOfRange(block, EXIF.length, block.length) : block);
    }

    private void walkJpeg(byte[] file) {
        int at = 2;
        while (at + 4 <= file.length) {
            int marker = file[at + 1] & 0xFF;
            boolean alone = marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7);
            if (file[at] != (byte) 0xFF || marker == 0xFF) {
                at++;
            } else if (alone) {
                at += 2;
            } else if (marker == 0xDA || marker == 0xD9) {
                return;
            } else {
                int end = at + 2 + ((file[at + 2] & 0xFF) << 8 | (file[at + 3] & 0xFF));
                if (marker == 0xE1 && end <= file.length && startsWith(file, at + 4, EXIF)) {
                    exif.write(file, at + 4 + EXIF.length, end - at - 4 - EXIF.length);
                } else if (marker == 0xE1 && end <= file.length && startsWith(file, at + 4, XMP)) {
                    xmp = Arrays.copyOfRange(file, at + 4 + XMP.length, end);
                }
                at = Math.max(end, at + 4);
            }
        }
    }

    /** PNG has the length in front of the name and a checksum behind the chunk, WebP the length behind and even sizes. */
    private void walkChunks(ByteBuffer in) {
        boolean png = in.order() == ByteOrder.BIG_ENDIAN;
        byte[] name = new byte[4];
        while (in.remaining() >= 8) {
            int start = in.position();
            in.get(start + (png ? 4 : 0), name);
            int length = in.getInt(start + (png ? 0 : 4));
            if (length < 0 || length > in.remaining() - 8) {
                return;
            }
            switch (new String(name, StandardCharsets.ISO_8859_1)) {
                case "eXIf", "EXIF" -> addExif(content(in, start + 8, length));
                case "XMP " -> xmp = content(in, start + 8, length);
                case "iTXt" -> {
                    byte[] text = content(in, start + 8, length);
                    xmp = startsWith(text, 0, PNG_XMP) ? text : xmp;
                }
                default -> {}
            }
            in.position(Math.min(in.limit(), start + 8 + length + (png ? 4 : length & 1)));
        }
    }

    private static byte[] content(ByteBuffer in, int from, int length) {
        byte[] content = new byte[length];
        in.get(from, content);
        return content;
    }

    private static boolean startsWith(byte[] bytes, int at, byte[] start) {
        return at + start.length <= bytes.length && Arrays.equals(bytes, at, at + start.length, start, 0, start.length);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
