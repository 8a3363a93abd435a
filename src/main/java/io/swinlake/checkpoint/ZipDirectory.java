package io.swinlake.checkpoint;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;

/**
 * The entries of a zip file as torch.save writes it: stored, not compressed; local headers, data and data descriptors
 * one after the other from byte 0; then the central directory and the end records, and nothing more. Stricter than the
 * zip format (APPNOTE.TXT 6.3.10), on purpose: every byte has one meaning, so no two readers can see different files. Of
 * a file that is not at hand only the entries that are read are held to this, and that none of them overlap.
 */
final class ZipDirectory {
    private static final int LOCAL_SIGNATURE = ZipIndex.LOCAL_SIGNATURE;
    private static final int DESCRIPTOR_SIGNATURE = 0x08074b50;
    private static final int LOCAL_BYTES = ZipIndex.ZipEntry.LOCAL_BYTES;

    /** What torch.save writes in place of a CRC after {@code torch.serialization.set_crc32_options(False)}. */
    private static final int NO_CRC = 0;

    /** Entries closer together than this are fetched in one request. */
    private static final int MAX_GAP = 64 << 10;

    private static final int MAX_REQUEST = 64 << 20;

    private final String location;
    private final RangedFile file;
    private final Map<String, ZipIndex.ZipEntry> entries;

    private ZipDirectory(String location, RangedFile file, Map<String, ZipIndex.ZipEntry> entries) {
        this.location = location;
        this.file = file;
        this.entries = entries;
    }

    /** Reads the directory and, of a file at hand, checks that it and the local headers say the same. */
    static ZipDirectory read(String location, RangedFile file) throws IOException {
        ZipDirectory zip = new ZipDirectory(location, file, ZipIndex.read(location, file));
        OtherFormats.refuseZip(location, zip.names());
        if (file.isAtHand()) {
            for (ZipIndex.ZipEntry entry : zip.entries.values()) {
                zip.local(entry, file.read(entry.localOffset(), zip.part(entry.end() - entry.localOffset(), entry)));
            }
        }
        return zip;
    }

    Set<String> names() {
        return entries.keySet();
    }

    /** Bytes of an entry, which must exist. */
    long size(String name) {
        return entries.get(name).size();
    }

    /** The bytes of an entry, which must exist; its headers and its CRC are checked first. */
    ByteBuffer data(String name) throws IOException {
        return data(List.of(name)).get(name);
    }

    /** As {@link #data(String)} for many, in as few requests as their places in the file allow. */
    Map<String, ByteBuffer> data(Collection<String> names) throws IOException {
        List<ZipIndex.ZipEntry> wanted = names.stream()
                .map(entries::get)
                .distinct()
                .sorted(Comparator.comparingLong(ZipIndex.ZipEntry::localOffset))
                .toList();
        Map<String, ByteBuffer> found = new HashMap<>();
        int from = 0;
        while (from < wanted.size()) {
            int to = from + 1;
            while (to < wanted.size()
                    && wanted.get(to).localOffset() - wanted.get(to - 1).end() <= MAX_GAP
                    && wanted.get(to).end() - wanted.get(from).localOffset() <= MAX_REQUEST) {
                to++;
            }
            long start = wanted.get(from).localOffset();
            ByteBuffer bytes = file.read(start, part(wanted.get(to - 1).end() - start, wanted.get(from)));
            for (ZipIndex.ZipEntry entry : wanted.subList(from, to)) {
                int begin = (int) (entry.localOffset() - start);
                ByteBuffer region = bytes.slice(begin, (int) (entry.end() - entry.localOffset()))
                        .order(ByteOrder.LITTLE_ENDIAN);
                found.put(entry.name(), checked(entry, local(entry, region)));
            }
            from = to;
        }
        return found;
    }

    private int part(long bytes, ZipIndex.ZipEntry entry) {
        if (bytes > RangedFile.MAX_PART) {
            throw error("entry '%s' has %d bytes, at most %d are read", entry.name(), bytes, RangedFile.MAX_PART);
        }
        return (int) bytes;
    }

    private ByteBuffer checked(ZipIndex.ZipEntry entry, ByteBuffer data) {
        if (entry.crc() == NO_CRC) {
            return data;
        }
        CRC32 crc = new CRC32();
        crc.update(data.duplicate());
        if ((int) crc.getValue() != entry.crc()) {
            throw error(
                    "entry '%s' has CRC %08x, its directory says %08x; download or save the file again",
                    entry.name(), (int) crc.getValue(), entry.crc());
        }
        return data;
    }

    /**
     * Checks the local header and the data descriptor of an entry.
     *
     * @param region from the header to the end of the entry
     * @return the data
     */
    private ByteBuffer local(ZipIndex.ZipEntry entry, ByteBuffer region) {
        if (region.remaining() < LOCAL_BYTES || region.getInt(0) != LOCAL_SIGNATURE) {
            throw error("entry '%s' has no local header at byte %d", entry.name(), entry.localOffset());
        }
        long dataStart = (long) LOCAL_BYTES + unsignedShort(region, 26) + unsignedShort(region, 28);
        long end = dataStart + entry.size() + entry.descriptorBytes();
        if (end > region.limit()) {
            throw error(
                    "entry '%s' at byte %d runs into what follows it at %d",
                    entry.name(), entry.localOffset(), entry.localOffset() + region.limit());
        }
        if (end < region.limit()) {
            throw error(
                    "bytes %d to %d, behind entry '%s', belong to no entry",
                    entry.localOffset() + end, entry.localOffset() + region.limit(), entry.name());
        }
        if (entry.method() != 0) {
            throw error(
                    "entry '%s' is compressed (zip method %d), which torch.save never does; unpack and store it with"
                            + " zip -0",
                    entry.name(), entry.method());
        }
        checkLocal(entry, region);
        int size = (int) entry.size();
        if (entry.hasDescriptor()) {
            checkDescriptor(entry, region, (int) dataStart + size);
        }
        return region.slice((int) dataStart, size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void checkLocal(ZipIndex.ZipEntry entry, ByteBuffer region) {
        byte[] name = entry.name().getBytes(StandardCharsets.UTF_8);
        boolean agrees = unsignedShort(region, 26) == name.length
                && region.slice(LOCAL_BYTES, name.length).equals(ByteBuffer.wrap(name))
                && unsignedShort(region, 6) == entry.flags()
                && unsignedShort(region, 8) == 0
                && agreesOrAbsent(entry, region.getInt(14), entry.crc())
                && agreesOrAbsent(entry, region.getInt(18), (int) entry.size())
                && agreesOrAbsent(entry, region.getInt(22), (int) entry.size());
        if (!agrees) {
            throw error("entry '%s': its local header and the zip's directory disagree", entry.name());
        }
    }

    /** With a data descriptor the local header has zeros where the size and CRC were not yet known. */
    private static boolean agreesOrAbsent(ZipIndex.ZipEntry entry, int found, int expected) {
        return found == expected || (entry.hasDescriptor() && (found == 0 || found == -1));
    }

    private void checkDescriptor(ZipIndex.ZipEntry entry, ByteBuffer region, int at) {
        boolean agrees = region.getInt(at) == DESCRIPTOR_SIGNATURE
                && region.getInt(at + 4) == entry.crc()
                && (entry.is64()
                        ? region.getLong(at + 8) == entry.size() && region.getLong(at + 16) == entry.size()
                        : region.getInt(at + 8) == (int) entry.size() && region.getInt(at + 12) == (int) entry.size());
        if (!agrees) {
            throw error("entry '%s': its data descriptor and the zip's directory disagree", entry.name());
        }
    }

    private static int unsignedShort(ByteBuffer bytes, int at) {
        return Short.toUnsignedInt(bytes.getShort(at));
    }

    @FormatMethod
    private CheckpointException error(@FormatString String message, Object... args) {
        return new CheckpointException("%s: %s.", location, String.format(Locale.ROOT, message, args));
    }
}
