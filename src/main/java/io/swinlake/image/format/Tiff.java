package io.swinlake.image.format;

import static io.swinlake.image.tiff.TiffDirectory.BITS_PER_SAMPLE;
import static io.swinlake.image.tiff.TiffDirectory.COLOR_MAP;
import static io.swinlake.image.tiff.TiffDirectory.COMPRESSION;
import static io.swinlake.image.tiff.TiffDirectory.EXTRA_SAMPLES;
import static io.swinlake.image.tiff.TiffDirectory.IMAGE_LENGTH;
import static io.swinlake.image.tiff.TiffDirectory.IMAGE_WIDTH;
import static io.swinlake.image.tiff.TiffDirectory.ORIENTATION;
import static io.swinlake.image.tiff.TiffDirectory.PHOTOMETRIC;
import static io.swinlake.image.tiff.TiffDirectory.SAMPLES_PER_PIXEL;
import static io.swinlake.image.tiff.TiffDirectory.SAMPLE_FORMAT;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ExifOrientation;
import io.swinlake.image.ImageException;
import io.swinlake.image.Pixels;
import io.swinlake.image.TimeBudget;
import io.swinlake.image.libwebp.LibWebp;
import io.swinlake.image.tiff.Compression;
import io.swinlake.image.tiff.Segments;
import io.swinlake.image.tiff.TiffDirectory;
import io.swinlake.image.tiff.TiffSamples;
import java.io.IOException;
import java.util.Arrays;

/** The first page of a TIFF or BigTIFF, turned as its orientation says: Pillow always does that. */
final class Tiff implements EncodedImage {
    /** RGB and three more. */
    private static final int MAX_SAMPLES_PER_PIXEL = 6;

    private final int storedWidth;
    private final int storedHeight;
    private final ExifOrientation orientation;
    private final Segments segments;
    private final TiffSamples samples;
    private final Compression compression;

    private Tiff(
            int storedWidth,
            int storedHeight,
            ExifOrientation orientation,
            Segments segments,
            TiffSamples samples,
            Compression compression) {
        this.storedWidth = storedWidth;
        this.storedHeight = storedHeight;
        this.orientation = orientation;
        this.segments = segments;
        this.samples = samples;
        this.compression = compression;
    }

    static EncodedImage open(byte[] file) throws ImageException {
        TiffDirectory directory = TiffDirectory.read(file);
        int width = directory.getInt(IMAGE_WIDTH, 0);
        int height = directory.getInt(IMAGE_LENGTH, 0);
        if (width < 1 || height < 1) {
            throw new ImageException(
                    ErrorCode.NO_PIXELS, "the TIFF header says %dx%d pixels, at least 1x1 was expected", width, height);
        }
        Compression compression = Compression.of(directory.get(COMPRESSION, 1))
                .orElseThrow(() -> new ImageException(
                        ErrorCode.UNSUPPORTED_FORMAT,
                        "the TIFF has compression %d%s: convert it to Deflate or LZW",
                        directory.get(COMPRESSION, 1),
                        name(directory.get(COMPRESSION, 1))));
        int samplesPerPixel = directory.getInt(SAMPLES_PER_PIXEL, 1);
        if (samplesPerPixel < 1 || samplesPerPixel > MAX_SAMPLES_PER_PIXEL) {
            throw new ImageException(
                    ErrorCode.UNSUPPORTED_FORMAT,
                    "the TIFF has %d samples per pixel, 1 to %d are read: convert it",
                    samplesPerPixel,
                    MAX_SAMPLES_PER_PIXEL);
        }
        long[] bits = directory.longs(BITS_PER_SAMPLE);
        int bitsPerSample = bits.length == 0 ? 1 : (int) bits[0];
        if (Arrays.stream(bits).limit(samplesPerPixel).anyMatch(each -> each != bitsPerSample)) {
            throw new ImageException(
                    ErrorCode.UNSUPPORTED_FORMAT,
                    "the TIFF has samples of %s bits, those of the same size are read: convert it",
                    Arrays.toString(bits));
        }
        TiffSamples samples = TiffSamples.of(
                directory.getInt(PHOTOMETRIC, 0),
                samplesPerPixel,
                bitsPerSample,
                directory.getInt(SAMPLE_FORMAT, 1),
                directory.longs(EXTRA_SAMPLES),
                directory.longs(COLOR_MAP),
                directory.order(),
                compression);
        return new Tiff(
                width,
                height,
                ExifOrientation.ofTag(directory.getInt(ORIENTATION, 1)),
                Segments.of(file, directory, compression, samplesPerPixel),
                samples,
                compression);
    }

    /** Of compressions that are known and not read. */
    private static String name(long compression) {
        return switch ((int) compression) {
            case 6 -> ", JPEG of the old kind, which is not read";
            case 32809 -> ", ThunderScan, which is not read";
            case 34661 -> ", JBIG, which is not read";
            case 34676, 34677 -> ", SGI LogLuv, which is not read";
            case 34712, 33003, 33005 -> ", JPEG 2000, which is not read";
            case 34887 -> ", LERC, which is not read";
            case 50002, 52546 -> ", JPEG XL, which is not read";
            default -> ", which is none that is read";
        };
    }

    @Override
    public int width() {
        return orientation.swapsSides() ? storedHeight : storedWidth;
    }

    @Override
    public int height() {
        return orientation.swapsSides() ? storedWidth : storedHeight;
    }

    @Override
    public long mostPixels() {
        return segments.mostPixels();
    }

    /** The result, twice where it is turned, and the part that is unpacked. */
    @Override
    public long heapBytes() {
        int result = orientation == ExifOrientation.NORMAL ? 3 : 6;
        int parts = compression == Compression.JPEG || compression == Compression.WEBP ? 1 + Integer.BYTES : 1;
        return result * pixels() + parts * segments.partBytes() + compression.workingBytes();
    }

    @Override
    public byte[] rgb(TimeBudget time) throws ImageException {
        byte[] rgb = new byte[storedWidth * storedHeight * 3];
        for (int i = 0; i < segments.count(); i++) {
            time.check();
            Segments.Part part =
                    segments.part(i, (image, width, height, count) -> image(image, width, height, count, time));
            for (int y = 0; y < part.height(); y++) {
                int target = ((part.top() + y) * storedWidth + part.left()) * 3;
                samples.toRgb(part.rows(), y * part.rowBytes(), part.width(), rgb, target);
            }
        }
        return orientation.apply(new Pixels(storedWidth, storedHeight, rgb)).rgb();
    }

    /** A strip or tile that is an image of its own. */
    private byte[] image(byte[] image, int width, int height, int count, TimeBudget time) throws ImageException {
        return compression == Compression.WEBP
                ? webp(image, width, height, count)
                : jpeg(image, width, height, count, time);
    }

    private byte[] jpeg(byte[] image, int width, int height, int count, TimeBudget time) throws ImageException {
        Jpeg jpeg = Jpeg.inTiff(image, samples.isYcbcr() && count == 3);
        boolean fits = jpeg.width() == width
                && jpeg.height() >= height
                && (long) jpeg.width() * jpeg.height() <= jpeg.mostPixels();
        if (!fits || jpeg.components() != count) {
            throw new ImageException(
                    ErrorCode.CORRUPT,
                    "a part of the TIFF of %dx%d pixels and %d samples holds a JPEG of %dx%d and %d",
                    width,
                    height,
                    count,
                    jpeg.width(),
                    jpeg.height(),
                    jpeg.components());
        }
        try {
            return Arrays.copyOf(jpeg.stored(time), width * height * count);
        } catch (IOException e) {
            throw ImageException.of("a JPEG inside the TIFF cannot be decoded", e);
        }
    }

    private static byte[] webp(byte[] image, int width, int height, int count) throws ImageException {
        LibWebp.Picture picture = LibWebp.decode(image);
        if (picture.width() != width || picture.height() != height || count < 3 || count > 4) {
            throw new ImageException(
                    ErrorCode.CORRUPT,
                    "a part of the TIFF of %dx%d pixels and %d samples holds a WebP of %dx%d",
                    width,
                    height,
                    count,
                    picture.width(),
                    picture.height());
        }
        byte[] samples = new byte[width * height * count];
        for (int i = 0; i < width * height; i++) {
            int color = picture.argb()[i];
            samples[i * count] = (byte) (color >> 16);
            samples[i * count + 1] = (byte) (color >> 8);
            samples[i * count + 2] = (byte) color;
            if (count == 4) {
                samples[i * count + 3] = (byte) (color >> 24);
            }
        }
        return samples;
    }
}
