package io.swinlake.image.tiff;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/**
 * The tags of a TIFF's first page (TIFF 6.0, section 2; BigTIFF). Values are read when they are asked for. A tag whose values
 * lie behind the end of the file counts as missing, as for Pillow: most tags are not needed for the pixels.
 */
public final class TiffDirectory {
    public static final int IMAGE_WIDTH = 256;
    public static final int IMAGE_LENGTH = 257;
    public static final int BITS_PER_SAMPLE = 258;
    public static final int COMPRESSION = 259;
    public static final int PHOTOMETRIC = 262;
    public static final int FILL_ORDER = 266;
    public static final int STRIP_OFFSETS = 273;
    public static final int ORIENTATION = 274;
    public static final int SAMPLES_PER_PIXEL = 277;
    public static final int ROWS_PER_STRIP = 278;
    public static final int STRIP_BYTE_COUNTS = 279;
    public static final int PLANAR_CONFIGURATION = 284;
    public static final int T4_OPTIONS = 292;
    public static final int PREDICTOR = 317;
    public static final int COLOR_MAP = 320;
    public static final int TILE_WIDTH = 322;
    public static final int TILE_LENGTH = 323;
    public static final int TILE_OFFSETS = 324;
    public static final int TILE_BYTE_COUNTS = 325;
    public static final int EXTRA_SAMPLES = 338;
    public static final int SAMPLE_FORMAT = 339;
    public static final int JPEG_TABLES = 347;
    public static final int YCBCR_SUBSAMPLING = 530;

    private static final int BIG = 43;

    private final ByteBuffer file;
    private final Map<Integer, Field> fields = new HashMap<>();

    /** Where a tag's values stand. */
    private record Field(int type, int count, int offset) {}

    private TiffDirectory(ByteBuffer file) {
        this.file = file;
    }

    /** Reads the tags of the first page. */
    public static TiffDirectory read(byte[] bytes) throws ImageException {
        ByteBuffer file =
                ByteBuffer.wrap(bytes).order(bytes[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        boolean big = file.getShort(2) == BIG;
        long start = big ? file.getLong(8) : file.getInt(4) & 0xFFFFFFFFL;
        if (start < 0 || start > bytes.length - 2) {
            throw new ImageException(
                    ErrorCode.TRUNCATED,
                    "the TIFF ends after %d bytes, its directory is at byte %d: write it again",
                    bytes.length,
                    start);
        }
        TiffDirectory directory = new TiffDirectory(file);
        ByteBuffer in = file.duplicate().order(file.order()).position((int) start);
        long entries = big ? in.getLong() : in.getShort() & 0xFFFF;
        for (long i = 0; i < entries && in.remaining() >= (big ? 20 : 12); i++) {
            directory.add(in, big);
        }
        return directory;
    }

    private void add(ByteBuffer in, boolean big) {
        int tag = in.getShort() & 0xFFFF;
        int type = in.getShort() & 0xFFFF;
        long count = big ? in.getLong() : in.getInt() & 0xFFFFFFFFL;
        int at = in.position();
        long offset = big ? in.getLong() : in.getInt() & 0xFFFFFFFFL;
        int size = bytes(type);
        if (size == 0 || count < 0 || count > file.capacity()) {
            return;
        }
        if (count * size <= (big ? 8 : 4)) {
            offset = at;
        }
        if (offset < 0 || offset > file.capacity() - count * size) {
            return;
        }
        fields.putIfAbsent(tag, new Field(type, (int) count, (int) offset)); // of two the first counts, as for libtiff
    }

    /** Bytes of one value of a type; 0 for the types that are not read. */
    private static int bytes(int type) {
        return switch (type) {
            case 1, 2, 6, 7 -> 1;
            case 3, 8 -> 2;
            case 4, 9, 11, 13 -> 4;
            case 5, 10, 12, 16, 17, 18 -> 8;
            default -> 0;
        };
    }

    public boolean has(int tag) {
        return fields.containsKey(tag);
    }

    /** A tag's first value. */
    public long get(int tag, long otherwise) {
        Field field = fields.get(tag);
        return field == null || field.count == 0 ? otherwise : value(field, 0);
    }

    /** A tag's first value, where a larger one than an int makes no sense. */
    public int getInt(int tag, int otherwise) {
        return (int) Math.max(-1, Math.min(Integer.MAX_VALUE, get(tag, otherwise)));
    }

    /** All values of a tag; none if it is missing. */
    public long[] longs(int tag) {
        Field field = fields.get(tag);
        return field == null ? new long[0] : longs(field);
    }

    private long[] longs(Field field) {
        long[] values = new long[field.count];
        for (int i = 0; i < values.length; i++) {
            values[i] = value(field, i);
        }
        return values;
    }

    /** The bytes of a tag as they are. */
    public byte[] bytesOf(int tag) {
        Field field = fields.get(tag);
        byte[] value = new byte[field == null ? 0 : field.count * bytes(field.type)];
        if (field != null) {
            file.get(field.offset, value);
        }
        return value;
    }

    public ByteOrder order() {
        return file.order();
    }

    private long value(Field field, int i) {
        int at = field.offset + i * bytes(field.type);
        return switch (field.type) {
            case 1, 2, 7 -> file.get(at) & 0xFF;
            case 6 -> file.get(at);
            case 3 -> file.getShort(at) & 0xFFFF;
            case 8 -> file.getShort(at);
            case 4, 13 -> file.getInt(at) & 0xFFFFFFFFL;
            case 9 -> file.getInt(at);
            case 16, 17, 18 -> file.getLong(at);
            case 11 -> (long) file.getFloat(at);
            case 12 -> (long) file.getDouble(at);
            default -> file.getInt(at) & 0xFFFFFFFFL; // the numerator of a fraction
        };
    }
}
