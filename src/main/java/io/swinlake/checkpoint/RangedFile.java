package io.swinlake.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A file of any size that is read in parts, so that of a training file of many gigabytes only the weights are fetched. */
public interface RangedFile {
    /** The most bytes that one part may have: what a {@link ByteBuffer} holds. */
    int MAX_PART = Integer.MAX_VALUE - 8;

    /** Bytes of the whole file. */
    long length();

    /**
     * Some bytes of the file.
     *
     * @return a read-only buffer of exactly these bytes, little-endian, possibly mapped
     * @throws EOFException if the file ends before
     */
    ByteBuffer read(long at, int bytes) throws IOException;

    /** Whether a part costs nothing to read, as one in memory or mapped does, so that everything may be checked. */
    boolean isAtHand();

    /** All bytes, of a file that has at most {@link #MAX_PART}. */
    default ByteBuffer whole() throws IOException {
        return read(0, Math.toIntExact(length()));
    }

    /** A file that is in memory or mapped. */
    static RangedFile of(ByteBuffer file) {
        ByteBuffer bytes = file.slice().asReadOnlyBuffer();
        return new RangedFile() {
            @Override
            public long length() {
                return bytes.limit();
            }

            @Override
            public ByteBuffer read(long at, int count) throws IOException {
                if (at < 0 || count < 0 || at > bytes.limit() - count) {
                    throw new EOFException("bytes %s to %s of %s".formatted(at, at + count, bytes.limit()));
                }
                return bytes.slice((int) at, count).order(ByteOrder.LITTLE_ENDIAN);
            }

            @Override
            public boolean isAtHand() {
                return true;
            }
        };
    }
}
