package io.swinlake.image.format;

import java.util.List;
import java.util.Locale;

/** Names of formats that are known by their first bytes and not read, so that a row says what its file is. */
final class ForeignFormats {
    private static final String HEIC_BRANDS =
            "heic heix heim heis hevc hevx hevm hevs mif1 msf1 mif2 avci avcs j2ki j2is vvic vvis jpeg jpgs";

    private static final String AVIF_BRANDS = "avif avis avio";

    /** First bytes and names. */
    private static final List<String[]> NAMES = List.of(
            name("\0\0\0\u000CjP  ", "a JPEG 2000 image"),
            name("\u00FFO\u00FFQ", "a JPEG 2000 image"),
            name("\0\0\0\u000CJXL ", "a JPEG XL image"),
            name("\u00FF\n", "a JPEG XL image"),
            name("II\u00BC\1", "a JPEG XR image"),
            name("DDS ", "a DirectDraw surface (DDS)"),
            name("icns", "a macOS icon (ICNS)"),
            name("P7\n", "a PAM image"),
            name("PF\n", "a PFM image of three colours"),
            name("%PDF", "a PDF document"),
            name("%!PS", "a PostScript program"),
            name("\u00C5\u00D0\u00D3\u00C6", "a PostScript program"),
            name("#?RADIANCE", "a Radiance HDR image"),
            name("#?RGBE", "a Radiance HDR image"),
            name("v/1\1", "an OpenEXR image"),
            name("SIMPLE  =", "a FITS image"),
            name("/* XPM", "an XPM image"),
            name("\u00D7\u00CD\u00C6\u009A", "a Windows metafile"),
            name("gimp xcf", "a GIMP image"),
            name("FLIF", "a FLIF image"),
            name("BPG\u00FB", "a BPG image"),
            name("farbfeld", "a farbfeld image"),
            name("AT&TFORM", "a DjVu document"),
            name("\u008AMNG", "an MNG animation"),
            name("\u008BJNG", "a JNG image"),
            name("\u001AE\u00DF\u00A3", "a Matroska or WebM video"),
            name("\0\0\1\u00BA", "an MPEG video"),
            name("\0\0\1\u00B3", "an MPEG video"),
            name("OggS", "an Ogg file"),
            name("PK\u0003\u0004", "a zip archive"),
            name("Rar!", "a RAR archive"),
            name("7z\u00BC\u00AF", "a 7-Zip archive"),
            name("\u001F\u008B", "a gzip file"),
            name("BZh", "a bzip2 file"),
            name("\u00FD7zXZ", "an xz file"),
            name("(\u00B5/\u00FD", "a Zstandard file"));

    private ForeignFormats() {}

    private static String[] name(String magic, String name) {
        return new String[] {magic, name};
    }

    /**
     * Name of a format that is known but not read; empty for bytes that mean nothing.
     *
     * @param start of the file, a character for each byte
     */
    static String nameOf(String start) {
        String text = start.stripLeading().toLowerCase(Locale.ROOT);
        if (text.startsWith("<!doctype html") || text.startsWith("<html")) {
            return "an HTML page, perhaps an error page saved as an image";
        }
        if (text.startsWith("<") && text.contains("<svg")) {
            return "an SVG drawing";
        }
        for (String[] each : NAMES) {
            if (start.startsWith(each[0])) {
                return each[1];
            }
        }
        if (start.startsWith("ftyp", 4) && start.length() >= 12) {
            return container(start.substring(8, 12));
        }
        if (start.startsWith("RIFF") && start.startsWith("AVI ", 8)) {
            return "an AVI video";
        }
        if (start.startsWith(" EMF", 40)) {
            return "a Windows metafile";
        }
        boolean isText = start.chars().allMatch(c -> (c >= ' ' && c < 127) || c == '\n' || c == '\r' || c == '\t');
        return isText ? "text" : "";
    }

    /** Of ISO 14496-12, by the brand. */
    private static String container(String brand) {
        if (List.of(AVIF_BRANDS.split(" ", -1)).contains(brand)) {
            return "an AVIF image";
        }
        if (List.of(HEIC_BRANDS.split(" ", -1)).contains(brand)) {
            return "a HEIC image";
        }
        return brand.equals("crx ") ? "a Canon raw image (CR3)" : "an MP4 or QuickTime file";
    }
}
