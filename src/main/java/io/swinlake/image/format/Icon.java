package io.swinlake.image.format;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Windows icons and cursors: of several pictures, each a PNG or a bitmap, the one that Pillow takes. */
final class Icon {
    private static final int HEADER_BYTES = 6;
    private static final int ENTRY_BYTES = 16;

    private Icon() {}

    /** One picture: colours, or 256 where that is not said, and where its bytes stand. */
    private record Entry(int width, int height, int depth, int bits, int bytes, int offset) {
        int pixels() {
            return width * height;
        }
    }

    /** The largest, and of several of that size the one of the fewest colours. */
    static EncodedImage icon(byte[] file) throws ImageException {
        Entry entry = entries(file).stream()
                .sorted(Comparator.comparingInt(Entry::depth))
                .max(Comparator.comparingInt(Entry::pixels).thenComparingInt(e -> -e.depth))
                .orElseThrow(Icon::empty);
        if (ImageFormat.isPng(file, entry.offset)) {
            return Png.open(Arrays.copyOfRange(file, entry.offset, file.length));
        }
        Bmp bitmap = Bmp.inIcon(file, entry.offset);
        if (entry.bits != 32) {
            checkMask(file, entry, bitmap);
        }
        return bitmap;
    }

    /** The first that no other exceeds in both sides. */
    static EncodedImage cursor(byte[] file) throws ImageException {
        Entry chosen = null;
        for (Entry entry : entries(file)) {
            boolean larger = chosen != null && entry.width > chosen.width && entry.height > chosen.height;
            chosen = chosen == null || larger ? entry : chosen;
        }
        if (chosen == null) {
            throw empty();
        }
        return Bmp.inIcon(file, chosen.offset);
    }

    private static List<Entry> entries(byte[] file) {
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int count = in.getShort(4) & 0xFFFF;
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int at = HEADER_BYTES + i * ENTRY_BYTES;
            int width = (file[at] & 0xFF) == 0 ? 256 : file[at] & 0xFF;
            int height = (file[at + 1] & 0xFF) == 0 ? 256 : file[at + 1] & 0xFF;
            int colors = file[at + 2] & 0xFF;
            int bits = in.getShort(at + 6) & 0xFFFF;
            int colorBits = colors == 0 ? 256 : 32 - Integer.numberOfLeadingZeros(colors - 1);
            int depth = bits != 0 ? bits : colorBits == 0 ? 256 : colorBits;
            entries.add(new Entry(width, height, depth, bits, in.getInt(at + 8), in.getInt(at + 12)));
        }
        return entries;
    }

    /** Pillow reads the mask of what is seen, which stands at the end of the picture. */
    private static void checkMask(byte[] file, Entry entry, Bmp bitmap) throws ImageException {
        long bytes = (bitmap.width() + 31L) / 32 * 4 * bitmap.height();
        long start = (entry.offset & 0xFFFFFFFFL) + (entry.bytes & 0xFFFFFFFFL) - bytes;
        if (start < 0 || start > file.length - bytes) {
            throw new ImageException(
                    ErrorCode.TRUNCATED, "the icon ends after %d bytes, inside its mask: write it again", file.length);
        }
    }

    private static ImageException empty() {
        return new ImageException(ErrorCode.NO_PIXELS, "the icon holds no picture: write it again");
    }
}
