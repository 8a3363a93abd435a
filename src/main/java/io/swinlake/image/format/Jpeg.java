package io.swinlake.image.format;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import io.swinlake.image.Samples;
import io.swinlake.image.TimeBudget;
import java.awt.Point;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import javax.imageio.ImageReadParam;

/**
 * JPEG (ITU-T T.81). The segments are walked here, and the JDK's libjpeg is given only those that make pixels, with an
 * Adobe segment that states the colour transform which libjpeg, and so Pillow, would choose. Profiles, EXIF and
 * thumbnails, on which the JDK's reader is strict, slow or not thread-safe, never reach it.
 */
final class Jpeg implements EncodedImage {
    /** A progressive image needs about ten; each of them costs a pass over all coefficients. */
    private static final int MAX_SCANS = 500;

    /** Each block of 8x8 pixels takes at least the one bit of its first coefficient. */
    private static final long MAX_PIXELS_PER_BYTE = 512;

    private static final int SOI = 0xD8;
    private static final int EOI = 0xD9;
    private static final int SOS = 0xDA;
    private static final int APP0 = 0xE0;
    private static final int APP14 = 0xEE;

    private final int width;
    private final int height;
    private final ColorTransform colors;
    /** Start of image, tables, frame, scans, end of image. */
    private final byte[] essence;
    /** Whether each pixel is decoded once and for all. */
    private final boolean oneScan;
    /** Whether the end-of-image marker is the file's own. Without it the pixels may be whole nevertheless. */
    private final boolean ended;

    private final int fileBytes;

    /** How the stored components are to be read. */
    private enum ColorTransform {
        GRAY,
        RGB,
        YCBCR,
        CMYK,
        YCCK;

        int components() {
            return switch (this) {
                case GRAY -> 1;
                case RGB, YCBCR -> 3;
                case CMYK, YCCK -> 4;
            };
        }
    }

    private Jpeg(Walk walk, ColorTransform colors) {
        this.width = walk.width;
        this.height = walk.height;
        this.colors = colors;
        this.essence = walk.framed(colors);
        this.oneScan = walk.isOneScan();
        this.ended = !walk.endLost;
        this.fileBytes = walk.file.length;
    }

    static Jpeg open(byte[] file) throws ImageException {
        Walk walk = new Walk(file);
        return walk.toEnd(components -> walk.colors());
    }

    /**
     * Opens a JPEG whose colours the file around it tells.
     *
     * @param ycbcr whether three components are Y, Cb and Cr
     */
    static Jpeg inTiff(byte[] file, boolean ycbcr) throws ImageException {
        return new Walk(file).toEnd(components -> switch (components) {
            case 1 -> ColorTransform.GRAY;
            case 3 -> ycbcr ? ColorTransform.YCBCR : ColorTransform.RGB;
            default -> ColorTransform.CMYK;
        });
    }

    int components() {
        return colors.components();
    }

    /** The components of each pixel, of which three are RGB and others as they are stored. */
    byte[] stored(TimeBudget time) throws ImageException, IOException {
        return colors.components() == 4 ? raw(time) : decode(colors.components(), time);
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
    public long mostPixels() {
        return MAX_PIXELS_PER_BYTE * essence.length;
    }

    @Override
    public long heapBytes() {
        return pixels()
                * switch (colors) {
                    case GRAY -> 1 + 3;
                    case RGB, YCBCR -> 3;
                    case CMYK, YCCK -> 4 + 3;
                };
    }

    /** A progressive image's coefficients, of which the last scan may still change each. */
    @Override
    public long nativeBytes() {
        return oneScan ? 0 : pixels() * Short.BYTES * colors.components();
    }

    @Override
    public byte[] rgb(TimeBudget time) throws ImageException, IOException {
        return switch (colors) {
            case GRAY -> Samples.grayToRgb(decode(1, time));
            case RGB, YCBCR -> decode(3, time);
            case CMYK -> Samples.cmykToRgb(inverted(raw(time)));
            case YCCK -> Samples.cmykToRgb(inverted(ycckToCmyk(raw(time))));
        };
    }

    /** Decodes straight into the array that is returned: the JDK copies whole rows when the sample order is the same. */
    private byte[] decode(int components, TimeBudget time) throws ImageException, IOException {
        byte[] samples = new byte[width * height * components];
        ColorSpace space = ColorSpace.getInstance(components == 1 ? ColorSpace.CS_GRAY : ColorSpace.CS_sRGB);
        ColorModel model = new ComponentColorModel(space, false, false, ColorModel.OPAQUE, DataBuffer.TYPE_BYTE);
        int[] order = Arrays.copyOf(new int[] {0, 1, 2}, components);
        WritableRaster raster = Raster.createInterleavedRaster(
                new DataBufferByte(samples, samples.length),
                width,
                height,
                width * components,
                components,
                order,
                new Point());
        return read(time, reader -> {
            ImageReadParam into = reader.getDefaultReadParam();
            into.setDestination(new BufferedImage(model, raster, false, null));
            reader.read(0, into);
            return samples;
        });
    }

    /** The four stored components, without colour conversion. */
    private byte[] raw(TimeBudget time) throws ImageException, IOException {
        Raster raster = read(time, reader -> reader.readRaster(0, null));
        return ((DataBufferByte) raster.getDataBuffer()).getData();
    }

    /** Where the end is lost, the reader's warning tells whether it came to it before it had all pixels. */
    private <T> T read(TimeBudget time, Codecs.Request<T> request) throws ImageException, IOException {
        List<String> warnings = new ArrayList<>();
        T result = Codecs.jpeg(essence, time, reader -> {
            reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
            return request.from(reader);
        });
        boolean whole = warnings.stream().allMatch(warning -> warning.contains("extraneous bytes"));
        if (!ended && !whole) {
            throw truncated(fileBytes);
        }
        return result;
    }

    private static ImageException truncated(int bytes) {
        return new ImageException(
                ErrorCode.TRUNCATED,
                "the JPEG ends after %d bytes without an end-of-image marker: write it again",
                bytes);
    }

    /** Pillow takes every CMYK JPEG to be stored as Adobe does it, 255 being no ink. */
    private static byte[] inverted(byte[] cmyk) {
        for (int i = 0; i < cmyk.length; i++) {
            cmyk[i] = (byte) ~cmyk[i];
        }
        return cmyk;
    }

    /** What libjpeg does: the inverse of Y, Cb, Cr to RGB is C, M, Y; K stays. */
    private static byte[] ycckToCmyk(byte[] samples) {
        for (int i = 0; i < samples.length; i += 4) {
            int y = samples[i] & 0xFF;
            int cb = (samples[i + 1] & 0xFF) - 128;
            int cr = (samples[i + 2] & 0xFF) - 128;
            samples[i] = Samples.clamp(255 - (y + ((91881 * cr + 32768) >> 16)));
            samples[i + 1] = Samples.clamp(255 - (y + ((-22554 * cb - 46802 * cr + 32768) >> 16)));
            samples[i + 2] = Samples.clamp(255 - (y + ((116130 * cb + 32768) >> 16)));
        }
        return samples;
    }

    /** Marker, length and content, with the scan's data where it has one; in bytes of the file. */
    private record Segment(int start, int length) {}

    /** One pass over the segments of a file. */
    private static final class Walk {
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

        Walk(byte[] file) {
            this.file = file;
            this.in = ByteBuffer.wrap(file).position(2);
        }

        Jpeg toEnd(IntFunction<ColorTransform> colors) throws ImageException {
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
            return new Jpeg(this, colors.apply(componentIds.length));
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

        boolean isOneScan() {
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
        private ColorTransform colors() {
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

        private byte[] framed(ColorTransform colors) {
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
    }
}
