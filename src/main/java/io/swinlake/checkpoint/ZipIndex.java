package io.swinlake.checkpoint;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads the end records and the central directory of a zip, which are all that has to be known to fetch an entry. */
final class ZipIndex {
    static final int MAX_ENTRIES = 100_000;

    private static final int MAX_NAME = 500;

    /** Control characters such as NUL, and what only Windows takes for a path. */
    private static final Pattern ODD_CHARACTERS = Pattern.compile("[\\p{C}\\\\:]");

    static final int LOCAL_SIGNATURE = 0x04034b50;
    private static final int CENTRAL_SIGNATURE = 0x02014b50;
    private static final int END_SIGNATURE = 0x06054b50;
    private static final int END64_SIGNATURE = 0x06064b50;
    private static final int LOCATOR64_SIGNATURE = 0x07064b50;

    private static final int CENTRAL_BYTES = 46;
    private static final int END_BYTES = 22;
    private static final int END64_BYTES = 56;
    private static final int LOCATOR64_BYTES = 20;

    /** General purpose flags: 0 encrypted, 6 strongly so, 13 masked headers; 11 UTF-8. */
    private static final int ENCRYPTED = 1 | 1 << 6 | 1 << 13;

    private static final int UTF_8_NAME = 1 << 11;

    /** Upper half of the external attributes, where a Unix program made the entry: the file type of stat(2). */
    private static final int FILE_TYPE = 0xf000;

    private static final int SYMBOLIC_LINK = 0xa000;

    private static final int ZIP64_EXTRA = 1;

    /** In a 32-bit field: the value stands in the zip64 extra field. */
    private static final long IN_ZIP64 = 0xffff_ffffL;

    private final String location;
    private final RangedFile file;
    private final Map<String, ZipEntry> entries = new LinkedHashMap<>();

    private ZipIndex(String location, RangedFile file) {
        this.location = location;
        this.file = file;
    }

    /** The entries by name, in the order of the file. */
    static Map<String, ZipEntry> read(String location, RangedFile file) throws IOException {
        ZipIndex index = new ZipIndex(location, file);
        index.readEntries();
        return index.entries;
    }

    /** Whether the file begins as a zip does, or at least ends so (then something stands before the zip). */
    static boolean looksLikeZip(RangedFile file) throws IOException {
        if (file.length() < Integer.BYTES) {
            return false;
        }
        int first = file.read(0, Integer.BYTES).getInt(0);
        return first == LOCAL_SIGNATURE
                || first == END_SIGNATURE
                || (file.length() > END_BYTES
                        && file.read(file.length() - END_BYTES, END_BYTES).getInt(0) == END_SIGNATURE);
    }

    private void readEntries() throws IOException {
        long end = file.length() - END_BYTES;
        if (end < 0 || bytes(end, END_BYTES).getInt(0) != END_SIGNATURE) {
            throw error(
                    "the zip does not end with its directory; the download is incomplete, or something was appended");
        }
        int first = bytes(0, Integer.BYTES).getInt(0);
        if (first != LOCAL_SIGNATURE && first != END_SIGNATURE) {
            throw error("the file ends as a zip but does not begin as one; something stands before the archive");
        }
        ByteBuffer record = bytes(end, END_BYTES);
        if (record.getInt(4) != 0 || record.getShort(20) != 0) {
            throw error("the zip has several parts or a comment, which torch.save never writes");
        }
        if (record.getShort(8) != record.getShort(10)) {
            throw error(
                    "the zip's end record counts %d and %d entries",
                    unsignedShort(record, 8), unsignedShort(record, 10));
        }
        long count = unsignedShort(record, 10);
        long size = unsignedInt(record, 12);
        long start = unsignedInt(record, 16);
        long directoryEnd = end;
        if (end >= LOCATOR64_BYTES + END64_BYTES
                && bytes(end - LOCATOR64_BYTES, Integer.BYTES).getInt(0) == LOCATOR64_SIGNATURE) {
            directoryEnd = end - LOCATOR64_BYTES - END64_BYTES;
            ByteBuffer record64 = bytes(directoryEnd, END64_BYTES + LOCATOR64_BYTES);
            checkZip64(record64, directoryEnd, count, size, start);
            count = record64.getLong(32);
            size = record64.getLong(40);
            start = record64.getLong(48);
        }
        if (count < 0
                || count > MAX_ENTRIES
                || start < 0
                || size < 0
                || size > directoryEnd
                || start != directoryEnd - size
                || count * CENTRAL_BYTES > size
                || size > RangedFile.MAX_PART) {
            throw error(
                    "the zip's directory of %d entries should lie in bytes %d to %d, but the file has %d bytes before"
                            + " the end record",
                    count, start, start + size, directoryEnd);
        }
        List<ZipEntry> inOrder = centralDirectory(bytes(start, (int) size), start, (int) count);
        inOrder.sort(Comparator.comparingLong(ZipEntry::localOffset));
        place(inOrder, start);
    }

    private ByteBuffer bytes(long at, int count) throws IOException {
        return file.read(at, count);
    }

    /** torch.save always writes the zip64 records, and the real values in the old record beside them if they fit. */
    private void checkZip64(ByteBuffer record, long at, long count, long size, long start) {
        boolean agrees = record.getInt(0) == END64_SIGNATURE
                && record.getLong(4) == END64_BYTES - 12
                && record.getInt(16) == 0
                && record.getInt(20) == 0
                && record.getLong(24) == record.getLong(32)
                && agrees(record.getLong(32), count, 0xffff)
                && agrees(record.getLong(40), size, IN_ZIP64)
                && agrees(record.getLong(48), start, IN_ZIP64)
                && record.getInt(END64_BYTES + 4) == 0
                && record.getLong(END64_BYTES + 8) == at
                && record.getInt(END64_BYTES + 16) == 1;
        if (!agrees) {
            throw error("the zip's zip64 end record and its end record disagree");
        }
    }

    private static boolean agrees(long real, long old, long saturated) {
        return real == old || (old == saturated && real >= saturated);
    }

    private List<ZipEntry> centralDirectory(ByteBuffer directory, long start, int count) {
        List<ZipEntry> list = new ArrayList<>();
        int at = 0;
        for (int i = 0; i < count; i++) {
            if (directory.limit() - at < CENTRAL_BYTES || directory.getInt(at) != CENTRAL_SIGNATURE) {
                throw error("the zip's directory is damaged at byte %d, entry %d of %d", start + at, i + 1, count);
            }
            int nameBytes = unsignedShort(directory, at + 28);
            int extraBytes = unsignedShort(directory, at + 30);
            int next = at + CENTRAL_BYTES + nameBytes + extraBytes + unsignedShort(directory, at + 32);
            if (next > directory.limit()) {
                throw error("the zip's directory is damaged at byte %d, entry %d of %d", start + at, i + 1, count);
            }
            ByteBuffer name = directory.slice(at + CENTRAL_BYTES, nameBytes);
            ByteBuffer extra =
                    directory.slice(at + CENTRAL_BYTES + nameBytes, extraBytes).order(ByteOrder.LITTLE_ENDIAN);
            ByteBuffer header = directory.slice(at, CENTRAL_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            list.add(central(header, name(name, start + at + CENTRAL_BYTES), extra));
            at = next;
        }
        if (at != directory.limit()) {
            throw error("the zip's directory has %d bytes behind its %d entries", directory.limit() - at, count);
        }
        return list;
    }

    private ZipEntry central(ByteBuffer header, String name, ByteBuffer extra) {
        int flags = unsignedShort(header, 8);
        if ((flags & ENCRYPTED) != 0) {
            throw error("entry '%s' is encrypted", name);
        }
        int method = unsignedShort(header, 10);
        boolean isKnown = (flags & ~(ZipEntry.HAS_DESCRIPTOR | UTF_8_NAME)) == 0;
        if (!isKnown && method == 0) {
            throw error("entry '%s' has the zip flags 0x%04x, which torch.save never sets", name, flags);
        }
        if (((header.getInt(38) >>> 16) & FILE_TYPE) == SYMBOLIC_LINK) {
            throw error("entry '%s' is a symbolic link", name);
        }
        long stored = unsignedInt(header, 20);
        long size = unsignedInt(header, 24);
        long offset = unsignedInt(header, 42);
        Optional<ByteBuffer> extra64 = extra64(extra);
        if (extra64.isPresent()) {
            size = in64(size, extra64.get());
            stored = in64(stored, extra64.get());
            offset = in64(offset, extra64.get());
        }
        if (method == 0 && stored != size) {
            throw error("entry '%s' is stored, yet has sizes %d and %d", name, stored, size);
        }
        if (stored < 0 || stored > file.length() || offset < 0 || offset > file.length()) {
            throw error("entry '%s' claims %d bytes at byte %d, the file has %d", name, stored, offset, file.length());
        }
        return new ZipEntry(name, flags, method, header.getInt(16), stored, offset, extra64.isPresent(), 0);
    }

    /** The zip64 extra field of an entry. */
    private static Optional<ByteBuffer> extra64(ByteBuffer extra) {
        int at = 0;
        while (extra.limit() - at >= 4) {
            int bytes = Math.min(unsignedShort(extra, at + 2), extra.limit() - at - 4);
            if (unsignedShort(extra, at) == ZIP64_EXTRA) {
                return Optional.of(extra.slice(at + 4, bytes).order(ByteOrder.LITTLE_ENDIAN));
            }
            at += 4 + bytes;
        }
        return Optional.empty();
    }

    private static long in64(long value, ByteBuffer extra64) {
        return value == IN_ZIP64 && extra64.remaining() >= Long.BYTES ? extra64.getLong() : value;
    }

    /** Notes where each entry ends: where the next one begins. */
    private void place(List<ZipEntry> inOrder, long directory) {
        long next = 0;
        for (int i = 0; i < inOrder.size(); i++) {
            ZipEntry entry = inOrder.get(i);
            if (entry.localOffset() < next) {
                throw error(
                        "entry '%s' at byte %d overlaps the one before it, which ends at %d",
                        entry.name(), entry.localOffset(), next);
            }
            if (i == 0 && entry.localOffset() > 0) {
                throw error("bytes 0 to %d, before entry '%s', belong to no entry", entry.localOffset(), entry.name());
            }
            int nameBytes = entry.name().getBytes(StandardCharsets.UTF_8).length;
            next = entry.localOffset() + ZipEntry.LOCAL_BYTES + nameBytes + entry.size() + entry.descriptorBytes();
            long end = i + 1 < inOrder.size() ? inOrder.get(i + 1).localOffset() : directory;
            if (i + 1 == inOrder.size() && next > directory) {
                throw error(
                        "entry '%s' runs into the zip's directory: it ends at %d, the directory begins at %d",
                        entry.name(), next, directory);
            }
            if (entries.put(entry.name(), entry.endingAt(Math.max(end, entry.localOffset()))) != null) {
                throw error("two zip entries are named '%s'", entry.name());
            }
        }
        if (inOrder.isEmpty() && directory != 0) {
            throw error("bytes %d to %d, before the zip's directory, belong to no entry", 0, directory);
        }
    }

    private String name(ByteBuffer utf8, long at) {
        String name;
        try {
            name = StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
        } catch (CharacterCodingException e) {
            throw error("the name of the zip entry at byte %d is not UTF-8", at);
        }
        List<String> path = List.of(name.split("/", -1));
        boolean inside = !name.startsWith("/") && !path.contains("..") && !path.contains(".");
        boolean plain = !name.isEmpty()
                && name.length() <= MAX_NAME
                && !ODD_CHARACTERS.matcher(name).find();
        if (!plain) {
            throw error("the zip entry at byte %d has an odd name: '%s'", at, Printable.of(name));
        }
        if (!inside) {
            throw error("entry '%s' points out of the archive's folder", name);
        }
        return name;
    }

    private static int unsignedShort(ByteBuffer bytes, int at) {
        return Short.toUnsignedInt(bytes.getShort(at));
    }

    private static long unsignedInt(ByteBuffer bytes, int at) {
        return Integer.toUnsignedLong(bytes.getInt(at));
    }

    @FormatMethod
    private CheckpointException error(@FormatString String message, Object... args) {
        return new CheckpointException("%s: %s.", location, String.format(Locale.ROOT, message, args));
    }

    /**
     * An entry as a zip's central directory describes it.
     *
     * @param flags general purpose flags
     * @param method 0 if it is stored, else how it is compressed
     * @param size bytes in the file
     * @param localOffset where its local header begins
     * @param is64 whether it has a zip64 extra field, and so 64-bit sizes in its data descriptor
     * @param end where the next entry or the directory begins
     */
    record ZipEntry(String name, int flags, int method, int crc, long size, long localOffset, boolean is64, long end) {
        static final int LOCAL_BYTES = 30;

        /** General purpose flag 3: CRC and sizes stand behind the data. */
        static final int HAS_DESCRIPTOR = 1 << 3;

        private static final int DESCRIPTOR_BYTES = 16;
        private static final int DESCRIPTOR64_BYTES = 24;

        ZipEntry endingAt(long next) {
            return new ZipEntry(name, flags, method, crc, size, localOffset, is64, next);
        }

        boolean hasDescriptor() {
            return (flags & HAS_DESCRIPTOR) != 0;
        }

        int descriptorBytes() {
            if (!hasDescriptor()) {
                return 0;
            }
            return is64 ? DESCRIPTOR64_BYTES : DESCRIPTOR_BYTES;
        }
    }
}
