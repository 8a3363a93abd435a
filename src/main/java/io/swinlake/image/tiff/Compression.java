package io.swinlake.image.tiff;

import com.github.luben.zstd.ZstdInputStream;
import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.tukaani.xz.XZInputStream;

/** How strips and tiles are packed, by the numbers of the tag. JPEG and WebP are whole images and read by their decoders. */
public enum Compression {
    NONE(1, 1),
    FAX_BYTES(2, 0),
    FAX_T4(3, 0),
    FAX_T6(4, 0),
    FAX_WORDS(32771, 0),
    /** A code of 9 bits at the least stands for a string of 4096 bytes at the most. */
    LZW(5, 3641),
    JPEG(7, 512 * 4),
    DEFLATE(8, 1032),
    ADOBE_DEFLATE(32946, 1032),
    PACK_BITS(32773, 64),
    LZMA(34925, 1 << 14),
    ZSTD(50000, 1 << 16),
    WEBP(50001, Integer.MAX_VALUE);

    /** Kilobytes that LZMA may allocate for its dictionary: preset 9 takes them, preset 6 an eighth. */
    private static final int LZMA_KILOBYTES = 66 << 10;

    private final int tag;
    private final int mostExpansion;

    Compression(int tag, int mostExpansion) {
        this.tag = tag;
        this.mostExpansion = mostExpansion;
    }

    /** The compression of a number; none if it is not read. */
    public static Optional<Compression> of(long tag) {
        for (Compression compression : values()) {
            if (compression.tag == tag) {
                return Optional.of(compression);
            }
        }
        return Optional.empty();
    }

    /** What unpacking allocates beside its result. */
    public long workingBytes() {
        return this == LZMA ? LZMA_KILOBYTES * 1024L : 0;
    }

    boolean isFax() {
        return this == FAX_BYTES || this == FAX_T4 || this == FAX_T6 || this == FAX_WORDS;
    }

    /**
     * The most bytes that a packed byte can become.
     *
     * @param rowBytes of unpacked samples: a bit of a fax may stand for a row
     */
    long mostExpansion(long rowBytes) {
        return isFax() ? 8 * rowBytes : mostExpansion;
    }

    /**
     * Unpacks a strip or tile.
     *
     * @param out as many bytes as it must give
     * @param width of a row, for faxes
     * @param twoDimensions whether T.4 is of two dimensions
     * @throws ImageException if there are fewer
     */
    void unpack(byte[] in, int from, int length, byte[] out, int width, boolean twoDimensions) throws ImageException {
        int filled;
        try {
            filled = switch (this) {
                case NONE -> copy(in, from, length, out);
                case PACK_BITS -> packBits(in, from, from + length, out);
                case LZW -> new Lzw(in, from, from + length).decode(out);
                case DEFLATE, ADOBE_DEFLATE -> inflate(in, from, length, out);
                case FAX_BYTES, FAX_T4, FAX_T6, FAX_WORDS -> {
                    int rowBytes = (width + 7) / 8;
                    Fax fax = new Fax(in, from, from + length, width);
                    yield fax.decode(kind(twoDimensions), out, out.length / rowBytes) * rowBytes;
                }
                case ZSTD -> read(new ZstdInputStream(new ByteArrayInputStream(in, from, length)), out);
                case LZMA -> read(new XZInputStream(new ByteArrayInputStream(in, from, length), LZMA_KILOBYTES), out);
                case JPEG, WEBP -> throw new IllegalArgumentException("%s is no packing of bytes".formatted(this));
            };
        } catch (IOException | DataFormatException e) {
            throw new ImageException(
                            ErrorCode.CORRUPT,
                            "the TIFF's %s data is damaged: %s: write it again",
                            this,
                            e.getMessage())
                    .because(e);
        }
        if (filled < out.length) {
            throw new ImageException(
                    ErrorCode.TRUNCATED,
                    "%d bytes of the TIFF's %s data give %d of %d bytes of pixels: write it again",
                    length,
                    this,
                    filled,
                    out.length);
        }
    }

    private Fax.Kind kind(boolean twoDimensions) {
        return switch (this) {
            case FAX_BYTES -> Fax.Kind.BYTES;
            case FAX_WORDS -> Fax.Kind.WORDS;
            case FAX_T4 -> twoDimensions ? Fax.Kind.T4_TWO_DIMENSIONS : Fax.Kind.T4;
            default -> Fax.Kind.T6;
        };
    }

    private static int copy(byte[] in, int from, int length, byte[] out) {
        int count = Math.min(length, out.length);
        System.arraycopy(in, from, out, 0, count);
        return count;
    }

    /** TIFF 6.0, section 9. */
    private static int packBits(byte[] in, int from, int to, byte[] out) {
        int filled = 0;
        int at = from;
        while (filled < out.length && at < to) {
            int head = in[at++];
            if (head >= 0) {
                int count = Math.min(head + 1, Math.min(to - at, out.length - filled));
                System.arraycopy(in, at, out, filled, count);
                at += count;
                filled += count;
            } else if (head > -128 && at < to) {
                int end = Math.min(out.length, filled + 1 - head);
                java.util.Arrays.fill(out, filled, end, in[at++]);
                filled = end;
            }
        }
        return filled;
    }

    private static int inflate(byte[] in, int from, int length, byte[] out) throws DataFormatException {
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(in, from, length);
            int filled = 0;
            int count = 1;
            while (filled < out.length && count > 0) {
                count = inflater.inflate(out, filled, out.length - filled);
                filled += count;
            }
            int more = filled < out.length ? 0 : inflater.inflate(new byte[1]); // libtiff asks for the checksum
            boolean ended = inflater.finished() || more > 0;
            return ended ? filled : Math.min(filled, out.length - 1);
        } finally {
            inflater.end();
        }
    }

    private static int read(InputStream stream, byte[] out) throws IOException {
        try (stream) {
            return stream.readNBytes(out, 0, out.length);
        }
    }

    @Override
    public String toString() {
        return switch (this) {
            case NONE -> "uncompressed";
            case FAX_BYTES, FAX_T4, FAX_WORDS -> "CCITT group 3";
            case FAX_T6 -> "CCITT group 4";
            case DEFLATE, ADOBE_DEFLATE -> "Deflate";
            case PACK_BITS -> "PackBits";
            case WEBP -> "WebP";
            default -> name();
        };
    }
}
