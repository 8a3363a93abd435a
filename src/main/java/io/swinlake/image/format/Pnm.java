package io.swinlake.image.format;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import io.swinlake.image.Samples;
import io.swinlake.image.TimeBudget;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Netpbm's P1 to P6, text and bytes, and the grey PFM of floats. */
final class Pnm implements EncodedImage {
    private static final int MAX_TOKEN = 10;
    private static final int MAX_SAMPLE = 65_535;

    private final byte[] file;
    private final char kind;
    private int at = 2;
    private int width;
    private int height;
    private int maximum = 1;
    private boolean littleEndian;

    private Pnm(byte[] file) {
        this.file = file;
        this.kind = (char) file[1];
    }

    static Pnm open(byte[] file) throws ImageException {
        Pnm pnm = new Pnm(file);
        pnm.width = pnm.number();
        pnm.height = pnm.number();
        if (pnm.kind == 'f') {
            pnm.scale();
        } else if (pnm.kind != '1' && pnm.kind != '4') {
            pnm.maximum = pnm.number();
            if (pnm.maximum < 1 || pnm.maximum > MAX_SAMPLE) {
                throw new ImageException(
                        ErrorCode.CORRUPT, "the PNM's largest sample is %d, 1 to 65535 were expected", pnm.maximum);
            }
        }
        return pnm;
    }

    private boolean isText() {
        return kind >= '1' && kind <= '3';
    }

    private int samples() {
        return kind == '3' || kind == '6' ? 3 : 1;
    }

    private void scale() throws ImageException {
        String scale = token();
        try {
            littleEndian = Double.parseDouble(scale) < 0;
        } catch (NumberFormatException e) {
            throw notANumber(scale).because(e);
        }
    }

    private int number() throws ImageException {
        String token = token();
        try {
            return Integer.parseInt(token);
        } catch (NumberFormatException e) {
            throw notANumber(token).because(e);
        }
    }

    private static ImageException notANumber(String token) {
        return new ImageException(
                ErrorCode.CORRUPT, "the PNM has '%s' where a number was expected", token.replaceAll("[^ -~]", "?"));
    }

    /** The next word, comments left out. One byte behind it is read. */
    private String token() throws ImageException {
        StringBuilder token = new StringBuilder();
        while (at < file.length) {
            int c = file[at++] & 0xFF;
            if (c == '#') {
                while (at < file.length && file[at] != '\n' && file[at] != '\r') {
                    at++;
                }
            } else if (!isSpace(c)) {
                token.append((char) c);
                if (token.length() > MAX_TOKEN) {
                    throw notANumber(token.toString());
                }
            } else if (token.length() > 0) {
                return token.toString();
            }
        }
        if (token.length() == 0) {
            throw new ImageException(ErrorCode.TRUNCATED, "the PNM ends after %d bytes: write it again", file.length);
        }
        return token.toString();
    }

    private static boolean isSpace(int c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
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
        long bytes = file.length - (long) at;
        return switch (kind) {
            case '1' -> bytes;
            case '2', '3' -> (bytes + 1) / 2 / samples();
            case '4' -> width < 1 ? 0 : bytes / ((width + 7L) / 8) * width;
            case 'f' -> bytes / Float.BYTES;
            default -> bytes / ((long) samples() * (maximum > 255 ? 2 : 1));
        };
    }

    @Override
    public long heapBytes() {
        return 3 * pixels();
    }

    @Override
    public byte[] rgb(TimeBudget time) throws ImageException {
        int first = at;
        byte[] rgb = new byte[width * height * 3];
        ByteBuffer in = ByteBuffer.wrap(file).order(littleEndian ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        in.position(at);
        for (int y = 0; y < height; y++) {
            time.check();
            int target = (kind == 'f' ? height - 1 - y : y) * width * 3; // PFM begins at the bottom
            for (int x = 0; x < width; x++, target += 3) {
                switch (kind) {
                    case '1' -> Samples.grayToRgb((byte) (bit() ? 0 : 255), rgb, target);
                    case '4' -> {
                        int bits = file[first + y * ((width + 7) / 8) + (x >> 3)];
                        Samples.grayToRgb((byte) ((bits >> (7 - (x & 7)) & 1) == 0 ? 255 : 0), rgb, target);
                    }
                    case 'f' -> Samples.grayToRgb((byte) Math.max(0, Math.min(255, in.getFloat())), rgb, target);
                    default -> {
                        for (int c = 0; c < samples(); c++) {
                            rgb[target + c] = to8Bits(
                                    isText() ? number() : maximum > 255 ? in.getShort() & 0xFFFF : in.get() & 0xFF);
                        }
                        if (samples() == 1) {
                            Samples.grayToRgb(rgb[target], rgb, target);
                        }
                    }
                }
            }
        }
        at = first;
        return rgb;
    }

    /** Digits of P1 need no space between them. */
    private boolean bit() throws ImageException {
        while (at < file.length) {
            int c = file[at++];
            if (c == '#') {
                while (at < file.length && file[at] != '\n' && file[at] != '\r') {
                    at++;
                }
            } else if (c == '0' || c == '1') {
                return c == '1';
            } else if (!isSpace(c)) {
                throw notANumber(String.valueOf((char) (c & 0xFF)));
            }
        }
        throw new ImageException(ErrorCode.TRUNCATED, "the PNM ends after %d bytes: write it again", file.length);
    }

    /** Grey of more than 8 bits keeps its high byte, as everywhere here; the rest is rounded as Pillow does it. */
    private byte to8Bits(int value) throws ImageException {
        if (value < 0 || (value > maximum && isText())) {
            throw new ImageException(
                    ErrorCode.CORRUPT, "the PNM has a sample %d where at most %d was announced", value, maximum);
        }
        if (maximum == 255) {
            return (byte) value;
        }
        if (maximum > 255 && samples() == 1) {
            return (byte) ((int) Math.min(MAX_SAMPLE, Math.rint(value / (double) maximum * MAX_SAMPLE)) >> 8);
        }
        return (byte) Math.min(255, Math.rint(value / (double) maximum * 255));
    }
}
