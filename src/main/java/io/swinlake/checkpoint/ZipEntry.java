package io.swinlake.checkpoint;

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
