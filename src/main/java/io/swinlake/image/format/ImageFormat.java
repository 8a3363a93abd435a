package io.swinlake.image.format;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/** The formats that are read, told apart by their first bytes: names lie. */
enum ImageFormat {
    JPEG("JPEG"),
    PNG("PNG"),
    GIF("GIF"),
    BMP("BMP"),
    WEBP("WebP"),
    TIFF("TIFF");

    private static final String READ = "JPEG, PNG, GIF, BMP, WebP and TIFF are read";

    private final String label;

    ImageFormat(String label) {
        this.label = label;
    }

    /** The format of a file. */
    static ImageFormat of(byte[] file) throws ImageException {
        if (file.length == 0) {
            throw new ImageException(
                    ErrorCode.EMPTY, "the object holds 0 bytes, an image was expected: write it again");
        }
        // Latin-1 maps each byte to the character of the same number.
        String start = new String(file, 0, Math.min(file.length, 1024), StandardCharsets.ISO_8859_1);
        if (start.startsWith("\u00FF\u00D8")) {
            return JPEG;
        } else if (start.startsWith("\u0089PNG\r\n\u001A\n")) {
            return PNG;
        } else if (start.startsWith("GIF87a") || start.startsWith("GIF89a")) {
            return GIF;
        } else if (start.startsWith("BM")) {
            return BMP;
        } else if (start.startsWith("RIFF") && start.startsWith("WEBP", 8)) {
            return WEBP;
        } else if (isTiff(start)) {
            return TIFF;
        }
        throw notRead(file, start);
    }

    /** Also BigTIFF, and with the number in the wrong byte order, as Pillow has it. */
    private static boolean isTiff(String start) {
        return List.of("II*\0", "MM\0*", "II\0*", "MM*\0", "II+\0", "MM\0+").stream()
                .anyMatch(start::startsWith);
    }

    /** Reads the structure of a file of this format. */
    EncodedImage open(byte[] file) throws ImageException {
        return switch (this) {
            case JPEG -> Jpeg.open(file);
            case PNG -> Png.open(file);
            case GIF -> Gif.open(file);
            case BMP -> Bmp.open(file);
            case WEBP -> WebP.open(file);
            case TIFF -> Tiff.open(file);
        };
    }

    @Override
    public String toString() {
        return label;
    }

    private static ImageException notRead(byte[] file, String start) {
        String other = otherFormat(start);
        if (other.isEmpty()) {
            return new ImageException(
                    ErrorCode.UNKNOWN_FORMAT,
                    "the first bytes %s belong to no known image format: %s",
                    HexFormat.ofDelimiter(" ").withUpperCase().formatHex(file, 0, Math.min(file.length, 8)),
                    READ);
        }
        return new ImageException(
                ErrorCode.UNSUPPORTED_FORMAT, "this is %s, not an image that is read: %s", other, READ);
    }

    /** Name of a format that is known but not read; empty for bytes that mean nothing. */
    private static String otherFormat(String start) {
        String text = start.stripLeading().toLowerCase(Locale.ROOT);
        if (text.startsWith("<!doctype html") || text.startsWith("<html")) {
            return "an HTML page, perhaps an error page saved as an image";
        } else if (text.startsWith("<") && text.contains("<svg")) {
            return "an SVG drawing";
        } else if (start.startsWith("ftypavif", 4) || start.startsWith("ftypavis", 4)) {
            return "an AVIF image";
        } else if (start.startsWith("ftyphei", 4) || start.startsWith("ftypmif1", 4)) {
            return "a HEIC image";
        } else if (start.startsWith("ftyp", 4)) {
            return "an MP4 or QuickTime file";
        } else if (start.startsWith("\0\0\0\u000CjP  ") || start.startsWith("\u00FFO\u00FFQ")) {
            return "a JPEG 2000 image";
        } else if (start.startsWith("\0\0\0\u000CJXL ") || start.startsWith("\u00FF\n")) {
            return "a JPEG XL image";
        } else if (start.startsWith("8BPS")) {
            return "a Photoshop document";
        } else if (start.startsWith("%PDF")) {
            return "a PDF document";
        } else if (start.startsWith("\0\0\1\0")) {
            return "a Windows icon";
        } else if (start.startsWith("PK\u0003\u0004")) {
            return "a zip archive";
        } else if (start.startsWith("\u001F\u008B")) {
            return "a gzip file";
        } else if (start.chars().allMatch(c -> (c >= ' ' && c < 127) || c == '\n' || c == '\r' || c == '\t')) {
            return "text";
        }
        return "";
    }
}
