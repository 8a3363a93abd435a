package io.swinlake.checkpoint;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * The entries of a zip file as torch.save writes it: stored, not compressed; local headers, data and data descriptors
 * one after the other from byte 0; then the central directory and the end records, and nothing more. Stricter than the
 * zip format (APPNOTE.TXT 6.3.10), on purpose: every byte has one meaning, so no two readers can see different files.
 */
final class ZipDirectory {
    static final int MAX_ENTRIES = 100_000;

    private static final int MAX_NAME = 500;

    /** Control characters such as NUL, and what only Windows takes for a path. */
    private static final Pattern ODD_CHARACTERS = Pattern.compile("[\\p{C}\\\\:]");

    private static final int LOCAL_SIGNATURE = 0x04034b50;
    private static final int CENTRAL_SIGNATURE = 0x02014b50;
    private static final int DESCRIPTOR_SIGNATURE = 0x08074b50;
    private static final int END_SIGNATURE = 0x06054b50;
    private static final int END64_SIGNATURE = 0x06064b50;
    private static final int LOCATOR64_SIGNATURE = 0x07064b50;

    private static final int LOCAL_BYTES = 30;
    private static final int CENTRAL_BYTES = 46;
    private static final int DESCRIPTOR_BYTES = 16;
    private static final int END_BYTES = 22;
    private static final int END64_BYTES = 56;
    private static final int LOCATOR64_BYTES = 20;

    /** General purpose flags: 0 encrypted, 6 strongly so, 13 masked headers; 3 descriptor behind the data; 11 UTF-8. */
    private static final int ENCRYPTED = 1 | 1 << 6 | 1 << 13;

    private static final int HAS_DESCRIPTOR = 1 << 3;
    private static final int UTF_8_NAME = 1 << 11;

    /** Upper half of the external attributes, where a Unix program made the entry: the file type of stat(2). */
    private static final int FILE_TYPE = 0xf000;

    private static final int SYMBOLIC_LINK = 0xa000;

    private final String location;
    private final ByteBuffer file;
    private final Map<String, Entry> entries = new HashMap<>();

    /** An entry as the central directory describes it. */
    private record Entry(String name, int flags, int crc, int size, int localOffset, ByteBuffer data) {
        Entry withData(ByteBuffer found) {
            return new Entry(name, flags, crc, size, localOffset, found);
        }
    }

    private ZipDirectory(String location, ByteBuffer file) {
        this.location = location;
        this.file = file;
    }

    /** Whether the file begins as a zip does, or at least ends so (then something stands before the zip). */
    static boolean looksLikeZip(ByteBuffer file) {
        ByteBuffer bytes = file.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.remaining() < Integer.BYTES) {
            return false;
        }
        int first = bytes.getInt(0);
        return first == LOCAL_SIGNATURE
                || first == END_SIGNATURE
                || (bytes.remaining() > END_BYTES && bytes.getInt(bytes.remaining() - END_BYTES) == END_SIGNATURE);
    }

    /** Reads the directory and checks that it and the local headers say the same. */
    static ZipDirectory read(String location, ByteBuffer file) {
        ZipDirectory zip = new ZipDirectory(location, file.slice().order(ByteOrder.LITTLE_ENDIAN));
        zip.readEntries();
        return zip;
    }

    Set<String> names() {
        return entries.keySet();
    }

    /** The bytes of an entry, which must exist; its CRC is checked first. */
    ByteBuffer data(String name) {
        Entry entry = entries.get(name);
        CRC32 crc = new CRC32();
        crc.update(entry.data.duplicate());
        if ((int) crc.getValue() != entry.crc) {
            throw error(
                    "entry '%s' has CRC %08x, its directory says %08x; download or save the file again",
                    name, (int) crc.getValue(), entry.crc);
        }
        return entry.data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    private void readEntries() {
        int end = file.limit() - END_BYTES;
        if (end < 0 || file.getInt(end) != END_SIGNATURE) {
            throw error(
                    "the zip does not end with its directory; the download is incomplete, or something was appended");
        }
        if (file.getInt(0) != LOCAL_SIGNATURE && file.getInt(0) != END_SIGNATURE) {
            throw error("the file ends as a zip but does not begin as one; something stands before the archive");
        }
        if (file.getInt(end + 4) != 0 || file.getShort(end + 20) != 0) {
            throw error("the zip has several parts or a comment, which torch.save never writes");
        }
        int count = unsignedShort(end + 10);
        long size = unsignedInt(end + 12);
        long start = unsignedInt(end + 16);
        if (unsignedShort(end + 8) != count) {
            throw error("the zip's end record counts %d and %d entries", unsignedShort(end + 8), count);
        }
        int directoryEnd = end;
        if (end >= LOCATOR64_BYTES + END64_BYTES && file.getInt(end - LOCATOR64_BYTES) == LOCATOR64_SIGNATURE) {
            directoryEnd = end - LOCATOR64_BYTES - END64_BYTES;
            checkZip64(directoryEnd, count, size, start);
        }
        if (count > MAX_ENTRIES || start + size != directoryEnd || (long) count * CENTRAL_BYTES > size) {
            throw error(
                    "the zip's directory of %d entries should lie in bytes %d to %d, but the file has %d bytes before"
                            + " the end record",
                    count, start, start + size, directoryEnd);
        }
        List<Entry> inOrder = centralDirectory((int) start, directoryEnd, count);
        inOrder.sort(Comparator.comparingInt(Entry::localOffset));
        int next = 0;
        for (Entry entry : inOrder) {
            next = local(entry, next, (int) start);
        }
        if (next != start) {
            throw error("bytes %d to %d, before the zip's directory, belong to no entry", next, start);
        }
    }

    /** torch.save always writes the zip64 records, and the real values in the old record beside them. */
    private void checkZip64(int at, int count, long size, long start) {
        int locator = at + END64_BYTES;
        boolean agrees = file.getInt(at) == END64_SIGNATURE
                && file.getLong(at + 4) == END64_BYTES - 12
                && file.getInt(at + 16) == 0
                && file.getInt(at + 20) == 0
                && file.getLong(at + 24) == count
                && file.getLong(at + 32) == count
                && file.getLong(at + 40) == size
                && file.getLong(at + 48) == start
                && file.getInt(locator + 4) == 0
                && file.getLong(locator + 8) == at
                && file.getInt(locator + 16) == 1;
        if (!agrees) {
            throw error("the zip's zip64 end record and its end record disagree");
        }
    }

    private List<Entry> centralDirectory(int start, int end, int count) {
        List<Entry> list = new ArrayList<>();
        int at = start;
        for (int i = 0; i < count; i++) {
            if (end - at < CENTRAL_BYTES || file.getInt(at) != CENTRAL_SIGNATURE) {
                throw error("the zip's directory is damaged at byte %d, entry %d of %d", at, i + 1, count);
            }
            int nameBytes = unsignedShort(at + 28);
            int next = at + CENTRAL_BYTES + nameBytes + unsignedShort(at + 30) + unsignedShort(at + 32);
            if (next > end) {
                throw error("the zip's directory is damaged at byte %d, entry %d of %d", at, i + 1, count);
            }
            list.add(central(at, name(at + CENTRAL_BYTES, nameBytes)));
            at = next;
        }
        if (at != end) {
            throw error("the zip's directory has %d bytes behind its %d entries", end - at, count);
        }
        return list;
    }

    private Entry central(int at, String name) {
        int flags = unsignedShort(at + 8);
        if ((flags & ENCRYPTED) != 0) {
            throw error("entry '%s' is encrypted", name);
        }
        if ((flags & ~(HAS_DESCRIPTOR | UTF_8_NAME)) != 0) {
            throw error("entry '%s' has the zip flags 0x%04x, which torch.save never sets", name, flags);
        }
        int method = unsignedShort(at + 10);
        if (method != 0) {
            throw error(
                    "entry '%s' is compressed (zip method %d), which torch.save never does; unpack and store it with"
                            + " zip -0",
                    name, method);
        }
        if (file.getInt(at + 38) >>> 16 == SYMBOLIC_LINK
                || ((file.getInt(at + 38) >>> 16) & FILE_TYPE) == SYMBOLIC_LINK) {
            throw error("entry '%s' is a symbolic link", name);
        }
        long stored = unsignedInt(at + 20);
        long size = unsignedInt(at + 24);
        long offset = unsignedInt(at + 42);
        if (stored != size) {
            throw error("entry '%s' is stored, yet has sizes %d and %d", name, stored, size);
        }
        if (size > file.limit() || offset > file.limit()) {
            throw error("entry '%s' claims %d bytes at byte %d, the file has %d", name, size, offset, file.limit());
        }
        return new Entry(name, flags, file.getInt(at + 16), (int) size, (int) offset, ByteBuffer.allocate(0));
    }

    private String name(int at, int length) {
        String name;
        try {
            name = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(file.slice(at, length))
                    .toString();
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

    /** Checks the local header, which begins where the entry before it ended, and notes the data; returns its end. */
    private int local(Entry entry, int expectedOffset, int directory) {
        int at = entry.localOffset;
        if (at < expectedOffset) {
            throw error(
                    "entry '%s' at byte %d overlaps the one before it, which ends at %d",
                    entry.name, at, expectedOffset);
        }
        if (at > expectedOffset) {
            throw error("bytes %d to %d, before entry '%s', belong to no entry", expectedOffset, at, entry.name);
        }
        if (directory - at < LOCAL_BYTES || file.getInt(at) != LOCAL_SIGNATURE) {
            throw error("entry '%s' has no local header at byte %d", entry.name, at);
        }
        long dataStart = (long) at + LOCAL_BYTES + unsignedShort(at + 26) + unsignedShort(at + 28);
        boolean described = (entry.flags & HAS_DESCRIPTOR) != 0;
        long end = dataStart + entry.size + (described ? DESCRIPTOR_BYTES : 0);
        if (end > directory) {
            throw error(
                    "entry '%s' runs into the zip's directory: it ends at %d, the directory begins at %d",
                    entry.name, end, directory);
        }
        checkLocal(entry, at);
        if (described) {
            checkDescriptor(entry, (int) dataStart + entry.size);
        }
        if (entries.put(entry.name, entry.withData(file.slice((int) dataStart, entry.size))) != null) {
            throw error("two zip entries are named '%s'", entry.name);
        }
        return (int) end;
    }

    private void checkLocal(Entry entry, int at) {
        byte[] name = entry.name.getBytes(StandardCharsets.UTF_8);
        boolean agrees = unsignedShort(at + 26) == name.length
                && file.slice(at + LOCAL_BYTES, name.length).equals(ByteBuffer.wrap(name))
                && unsignedShort(at + 6) == entry.flags
                && unsignedShort(at + 8) == 0
                && agreesOrAbsent(entry, at + 14, entry.crc)
                && agreesOrAbsent(entry, at + 18, entry.size)
                && agreesOrAbsent(entry, at + 22, entry.size);
        if (!agrees) {
            throw error("entry '%s': its local header and the zip's directory disagree", entry.name);
        }
    }

    /** With a data descriptor the local header has zeros where the size and CRC were not yet known. */
    private boolean agreesOrAbsent(Entry entry, int at, int expected) {
        int found = file.getInt(at);
        return found == expected || ((entry.flags & HAS_DESCRIPTOR) != 0 && found == 0);
    }

    private void checkDescriptor(Entry entry, int at) {
        boolean agrees = file.getInt(at) == DESCRIPTOR_SIGNATURE
                && file.getInt(at + 4) == entry.crc
                && file.getInt(at + 8) == entry.size
                && file.getInt(at + 12) == entry.size;
        if (!agrees) {
            throw error("entry '%s': its data descriptor and the zip's directory disagree", entry.name);
        }
    }

    private int unsignedShort(int at) {
        return Short.toUnsignedInt(file.getShort(at));
    }

    private long unsignedInt(int at) {
        return Integer.toUnsignedLong(file.getInt(at));
    }

    @FormatMethod
    private CheckpointException error(@FormatString String message, Object... args) {
        return new CheckpointException("%s: %s.", location, String.format(Locale.ROOT, message, args));
    }
}
