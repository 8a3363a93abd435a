package io.swinlake.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/** Stored samples to RGB, by the rules of Pillow's {@code convert('RGB')}. */
final class Samples {
    private Samples() {}

    static byte clamp(int sample) {
        return (byte) Math.max(0, Math.min(255, sample));
    }

    static byte[] grayToRgb(byte[] gray) {
        byte[] rgb = new byte[gray.length * 3];
        for (int i = 0; i < gray.length; i++) {
            rgb[i * 3] = gray[i];
            rgb[i * 3 + 1] = gray[i];
            rgb[i * 3 + 2] = gray[i];
        }
        return rgb;
    }

    /** CMYK, 255 being full ink, without a colour profile. */
    static byte[] cmykToRgb(byte[] cmyk) {
        byte[] rgb = new byte[cmyk.length / 4 * 3];
        for (int i = 0, o = 0; i < cmyk.length; i += 4) {
            int white = 255 - (cmyk[i + 3] & 0xFF);
            for (int c = 0; c < 3; c++) {
                rgb[o++] = clamp(white - product255(cmyk[i + c] & 0xFF, white));
            }
        }
        return rgb;
    }

    /** {@code a * b / 255}, rounded. */
    private static int product255(int a, int b) {
        int product = a * b + 128;
        return ((product >> 8) + product) >> 8;
    }

    /** Grey, RGB, CMYK or palette image: alpha is dropped, 16 bits keep the high byte. */
    static byte[] toRgb(BufferedImage image) throws ImageException {
        ColorModel model = image.getColorModel();
        Raster raster = image.getRaster();
        int colors = model.getColorSpace().getType();
        int bits = model.getComponentSize(0);
        if (model instanceof IndexColorModel palette) {
            return paletteToRgb(raster, colors(palette));
        } else if (colors == ColorSpace.TYPE_CMYK && raster.getDataBuffer() instanceof DataBufferByte cmyk) {
            return cmykToRgb(cmyk.getData());
        } else if ((colors == ColorSpace.TYPE_GRAY || colors == ColorSpace.TYPE_RGB) && bits <= 16) {
            return toRgb(raster, model.getComponentSize());
        }
        throw new ImageException(
                ErrorCode.UNSUPPORTED_FORMAT,
                "the image has %d samples of %d bits per pixel, grey, RGB and palette of up to 16 bits and CMYK of 8 are read: convert it",
                raster.getNumBands(),
                bits);
    }

    /**
     * Grey (one or two bands) or RGB (three or four), the last band of two and four being alpha, which is dropped.
     *
     * @param bits of each band
     */
    static byte[] toRgb(Raster raster, int... bits) {
        boolean gray = raster.getNumBands() < 3;
        int width = raster.getWidth();
        int[] row = new int[width];
        byte[] rgb = new byte[width * raster.getHeight() * 3];
        for (int y = 0; y < raster.getHeight(); y++) {
            for (int c = 0; c < 3; c++) {
                int band = gray ? 0 : c;
                raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, band, row);
                int target = y * width * 3 + c;
                for (int x = 0; x < width; x++) {
                    rgb[target + x * 3] = to8Bits(row[x], bits[band]);
                }
            }
        }
        return rgb;
    }

    /** Colour indices of any depth. */
    static byte[] paletteToRgb(Raster indices, byte[] palette) {
        int width = indices.getWidth();
        int[] row = new int[width];
        byte[] flat = new byte[width * indices.getHeight()];
        for (int y = 0; y < indices.getHeight(); y++) {
            indices.getSamples(0, y, width, 1, 0, row);
            for (int x = 0; x < width; x++) {
                flat[y * width + x] = (byte) row[x];
            }
        }
        return paletteToRgb(flat, palette);
    }

    /**
     * Looks colours up. An index that the palette lacks is its own grey, as in Pillow.
     *
     * @param palette RGB triples
     */
    static byte[] paletteToRgb(byte[] indices, byte[] palette) {
        byte[] rgb = new byte[indices.length * 3];
        for (int i = 0; i < indices.length; i++) {
            int color = (indices[i] & 0xFF) * 3;
            for (int c = 0; c < 3; c++) {
                rgb[i * 3 + c] = color + c < palette.length ? palette[color + c] : indices[i];
            }
        }
        return rgb;
    }

    private static byte[] colors(IndexColorModel model) {
        byte[] palette = new byte[model.getMapSize() * 3];
        for (int i = 0; i < model.getMapSize(); i++) {
            palette[i * 3] = (byte) model.getRed(i);
            palette[i * 3 + 1] = (byte) model.getGreen(i);
            palette[i * 3 + 2] = (byte) model.getBlue(i);
        }
        return palette;
    }

    private static byte to8Bits(int sample, int bits) {
        return (byte) (bits > 8 ? sample >> (bits - 8) : sample * 255 / ((1 << bits) - 1));
    }
}
