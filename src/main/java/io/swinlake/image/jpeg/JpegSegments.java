package io.swinlake.image.jpeg;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The segments of a JPEG file (ITU-T T.81, annex B), found in one pass: its size, how its components are to be read, and those
 * segments that make pixels.
 */
public final class JpegSegments {
    /** A progressive image needs about ten; each of them costs a pass over all coefficients. */
    private static final int MAX_SCANS = 500;

    private static final int SOI = 0xD8;
    private static final int EOI = 0xD9;
    private static final int SOS = 0xDA;
    private static final int APP0 = 0xE0;
    private static final int APP14 = 0xEE;

    /** Marker, length and content, with the scan's data where it has one; in bytes of the file. */
    private record Segment(int start, int length) {}

    private final byte[] file;
    private final ByteBuffer in;
    private final List<Segment> essence = new ArrayList<>();
    private int width;
    private int height;
    private byte[] componentIds = {};
    private int scans;
    private boolean sequential;
    private int componentsOfScan;
    private boolean endLost;
    private boolean jfif;
    /** Of the Adobe segment; -1 when there is none. */
    private int adobeTransform = -1;

    private JpegSegments(byte[] file) {
        this.file = file;
        this.in = ByteBuffer.wrap(file).position(2);
    }

    /**
     * Reads a file that begins with a start-of-image marker.
     *
     * @throws ImageException if it is damaged, cut, or coded in a way that libjpeg's baseline does not read
     */
    public static JpegSegments of(byte[] file) throws ImageException {
        JpegSegments segments = new JpegSegments(file);
        segments.readToEnd();
        return segments;
    }

    private void readToEnd() throws ImageException {
        int marker = nextMarker();
        while (marker != EOI) {
            if (marker == SOI) {
                throw corrupt("a second start-of-image marker");
            }
            segment(marker);
            marker = nextMarker();
        }
        if (scans == 0) {
            throw corrupt("an end-of-image marker before any scan");
        }
    }

    private void segment(int marker) throws ImageException {
        int start = in.position() - 2;
        if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7)) {
            return; // these stand alone and mean nothing here
        }
        int length = in.getShort() & 0xFFFF;
        if (length < 2) {
            throw corrupt(String.format(Locale.ROOT, "a segment 0x%02X of length %d", marker, length));
        }
        int end = start + 2 + length;
        if (end > file.length) {
            throw truncated(file.length);
        }
        switch (marker) {
            case 0xC0, 0xC1, 0xC2 -> {
                sequential = marker != 0xC2;
                frame();
            }
            case 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF ->
                throw new ImageException(
                        ErrorCode.UNSUPPORTED_FORMAT,
                        "the JPEG is coded by process SOF%d, Huffman-coded SOF0, SOF1 and SOF2 are read: convert"
                                + " it",
                        marker - 0xC0);
            case APP0 -> jfif |= length >= 16 && startsWith("JFIF\0");
            case APP14 -> {
                if (length >= 14 && startsWith("Adobe")) {
                    adobeTransform = file[start + 15] & 0xFF;
                }
            }
            case SOS -> {
                scans++;
                componentsOfScan = in.get() & 0xFF;
                end = endOfScan(end);
                if (scans > MAX_SCANS) {
                    throw new ImageException(
                            ErrorCode.TOO_MANY_SCANS,
                            "the JPEG has more than %d scans, an image needs about 10: treat the file as hostile",
                            MAX_SCANS);
                }
            }
            default -> {}
        }
        if (makesPixels(marker)) {
            essence.add(new Segment(start, end - start));
        }
        in.position(end);
    }

    /** Tables, restart interval, frame and scans. */
    private static boolean makesPixels(int marker) {
        return switch (marker) {
            case 0xC0, 0xC1, 0xC2, 0xC4, 0xDB, 0xDD, SOS -> true;
            default -> false;
        };
    }

    private void frame() throws ImageException {
        if (componentIds.length > 0) {
            throw corrupt("a second frame header");
        }
        int bits = in.get() & 0xFF;
        height = in.getShort() & 0xFFFF;
        width = in.getShort() & 0xFFFF;
        componentIds = new byte[in.get() & 0xFF];
        if (bits != 8 || (componentIds.length != 1 && componentIds.length != 3 && componentIds.length != 4)) {
            throw new ImageException(
                    ErrorCode.UNSUPPORTED_FORMAT,
                    "the JPEG has %d components of %d bits, 1, 3 or 4 of 8 bits are read: convert it",
                    componentIds.length,
                    bits);
        }
        for (int i = 0; i < componentIds.length; i++) {
            componentIds[i] = in.get();
            in.getShort(); // sampling factors, quantisation table
        }
    }

    /** Index of the marker behind a scan's entropy-coded bytes. */
    private int endOfScan(int from) throws ImageException {
        for (int i = from; i + 1 < file.length; i++) {
            if (file[i] == (byte) 0xFF) {
                int next = file[i + 1] & 0xFF;
                boolean data = next == 0 || next == 0xFF || (next >= 0xD0 && next <= 0xD7);
                if (!data) {
                    return i;
                }
            }
        }
        requireWhole();
        return file.length;
    }

    /** Later scans of a file that is cut would be missed by nobody. */
    private void requireWhole() throws ImageException {
        if (!isOneScan()) {
            throw truncated(file.length);
        }
        endLost = true;
    }

    public int width() {
        return width;
    }

    public int height() {
        return height;
    }

    /** Number of colour components: 1, 3 or 4. */
    public int components() {
        return componentIds.length;
    }

    /** Whether the end-of-image marker is the file's own. Without it the pixels may be whole nevertheless. */
    public boolean isEnded() {
        return !endLost;
    }

    /** Whether each pixel is decoded once and for all. */
    public boolean isOneScan() {
        return sequential && scans == 1 && componentsOfScan == componentIds.length;
    }

    private int nextMarker() throws ImageException {
        int at = in.position();
        while (at < file.length && file[at] != (byte) 0xFF) {
            at++; // stray bytes between segments: libjpeg skips them with a warning
        }
        while (at < file.length && file[at] == (byte) 0xFF) {
            at++;
        }
        if (at >= file.length) {
            requireWhole();
            return EOI;
        }
        in.position(at + 1);
        return file[at] & 0xFF;
    }

    private boolean startsWith(String name) {
        for (int i = 0; i < name.length(); i++) {
            if (file[in.position() + i] != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** libjpeg's rule, jdapimin.c {@code default_decompress_parms}. */
    public ColorTransform colors() {
        return switch (componentIds.length) {
            case 1 -> ColorTransform.GRAY;
            case 3 -> isRgb() ? ColorTransform.RGB : ColorTransform.YCBCR;
            default -> adobeTransform == -1 || adobeTransform == 0 ? ColorTransform.CMYK : ColorTransform.YCCK;
        };
    }

    private boolean isRgb() {
        if (jfif) {
            return false;
        }
        return adobeTransform == -1 ? Arrays.equals(componentIds, new byte[] {'R', 'G', 'B'}) : adobeTransform == 0;
    }

    /** A file of the segments that make pixels, behind an Adobe segment that states the transform. */
    public byte[] framed(ColorTransform colors) {
        int transform =
                switch (colors) {
                    case GRAY, RGB, CMYK -> 0;
                    case YCBCR -> 1;
                    case YCCK -> 2;
                };
        byte[] head = {
            (byte) 0xFF,
            (byte) SOI,
            (byte) 0xFF,
            (byte) APP14,
            0,
            14,
            'A',
            'd',
            'o',
            'b',
            'e',
            0,
            100,
            0,
            0,
            0,
            0,
            (byte) transform
        };
        int bytes = head.length + 2;
        for (Segment segment : essence) {
            bytes += segment.length;
        }
        ByteBuffer framed = ByteBuffer.allocate(bytes).put(head);
        for (Segment segment : essence) {
            framed.put(file, segment.start, segment.length);
        }
        return framed.put((byte) 0xFF).put((byte) EOI).array();
    }

    private static ImageException corrupt(String found) {
        return new ImageException(ErrorCode.CORRUPT, "the JPEG has %s: write it again", found);
    }

    /** The file ends too early. */
    public static ImageException truncated(int bytes) {
        return new ImageException(
                ErrorCode.TRUNCATED,
                "the JPEG ends after %d bytes without an end-of-image marker: write it again",
                bytes);
    }
}
