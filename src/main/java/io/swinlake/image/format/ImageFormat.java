package io.swinlake.image.format;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

/** The formats that are read, told apart by their first bytes: names lie. */
enum ImageFormat {
    JPEG("JPEG"),
    PNG("PNG"),
    GIF("GIF"),
    BMP("BMP"),
    WEBP("WebP"),
    TIFF("TIFF"),
    PNM("PNM"),
    ICO("ICO"),
    CUR("CUR"),
    PSD("PSD"),
    QOI("QOI"),
    SGI("SGI"),
    PCX("PCX"),
    /** Last, as it has no magic. */
    TGA("TGA");

    private static final String READ = "JPEG, PNG, GIF, BMP, WebP, TIFF, PNM, ICO, PSD, QOI, SGI, PCX and TGA are read";

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
        } else if (start.matches("(?s)P[1-6f]\\s.*")) {
            return PNM;
        } else if (start.startsWith("\0\0\1\0")) {
            return ICO;
        } else if (start.startsWith("\0\0\2\0") && start.length() > 5 && start.charAt(5) == 0 && !Tga.accepts(file)) {
            return CUR;
        } else if (start.startsWith("8BPS")) {
            return PSD;
        } else if (start.startsWith("qoif")) {
            return QOI;
        } else if (start.startsWith("\1\u00DA")) {
            return SGI;
        } else if (start.matches("(?s)\n[\0\2\3\5]\1.*")) {
            return PCX;
        }
        String other = ForeignFormats.nameOf(start);
        if (other.isEmpty() && Tga.accepts(file)) {
            return TGA;
        }
        throw notRead(file, other);
    }

    static boolean isPng(byte[] file, int at) {
        return at >= 0
                && at <= file.length - 8
                && new String(file, at, 8, StandardCharsets.ISO_8859_1).equals("\u0089PNG\r\n\u001A\n");
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
            case PNM -> Pnm.open(file);
            case ICO -> Icon.icon(file);
            case CUR -> Icon.cursor(file);
            case PSD -> Psd.open(file);
            case QOI -> Qoi.open(file);
            case SGI -> Sgi.open(file);
            case PCX -> Pcx.open(file);
            case TGA -> Tga.open(file);
        };
    }

    @Override
    public String toString() {
        return label;
    }

    private static ImageException notRead(byte[] file, String other) {
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
}
