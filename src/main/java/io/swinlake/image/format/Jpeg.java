package io.swinlake.image.format;

import io.swinlake.image.ImageException;
import io.swinlake.image.Samples;
import io.swinlake.image.TimeBudget;
import io.swinlake.image.jpeg.ColorTransform;
import io.swinlake.image.jpeg.JpegSegments;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageReadParam;

/**
 * JPEG (ITU-T T.81). The segments are walked here, and the JDK's libjpeg is given only those that make pixels, with an
 * Adobe segment that states the colour transform which libjpeg, and so Pillow, would choose. Profiles, EXIF and
 * thumbnails, on which the JDK's reader is strict, slow or not thread-safe, never reach it.
 */
final class Jpeg implements EncodedImage {
    /** Each block of 8x8 pixels takes at least the one bit of its first coefficient. */
    private static final long MAX_PIXELS_PER_BYTE = 512;

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

    private Jpeg(byte[] file, JpegSegments segments, ColorTransform colors) {
        this.width = segments.width();
        this.height = segments.height();
        this.colors = colors;
        this.essence = segments.framed(colors);
        this.oneScan = segments.isOneScan();
        this.ended = segments.isEnded();
        this.fileBytes = file.length;
    }

    static Jpeg open(byte[] file) throws ImageException {
        JpegSegments segments = JpegSegments.of(file);
        return new Jpeg(file, segments, segments.colors());
    }

    /**
     * Opens a JPEG whose colours the file around it tells.
     *
     * @param ycbcr whether three components are Y, Cb and Cr
     */
    static Jpeg inTiff(byte[] file, boolean ycbcr) throws ImageException {
        JpegSegments segments = JpegSegments.of(file);
        ColorTransform colors =
                switch (segments.components()) {
                    case 1 -> ColorTransform.GRAY;
                    case 3 -> ycbcr ? ColorTransform.YCBCR : ColorTransform.RGB;
                    default -> ColorTransform.CMYK;
                };
        return new Jpeg(file, segments, colors);
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
            throw JpegSegments.truncated(fileBytes);
        }
        return result;
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
}
