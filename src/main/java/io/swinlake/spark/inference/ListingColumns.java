package io.swinlake.spark.inference;

import io.swinlake.storage.Listed;
import java.io.Serializable;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.spark.sql.Row;

/**
 * Where a row holds what a listing said of its file.
 *
 * @param length place of the column with the file's bytes; {@link #UNKNOWN} if there is none, as for the next two
 * @param modificationTime place of the column with the time when it was written
 * @param etag place of the column with the store's word for its content
 */
public record ListingColumns(int length, int modificationTime, int etag) implements Serializable {
    public static final int UNKNOWN = -1;

    static final ListingColumns NONE = new ListingColumns(UNKNOWN, UNKNOWN, UNKNOWN);

    /** What a row's listing said; a length below zero says nothing. */
    Listed of(Row row) {
        return new Listed(
                has(row, length) && row.getLong(length) >= 0
                        ? OptionalLong.of(row.getLong(length))
                        : OptionalLong.empty(),
                has(row, modificationTime) ? OptionalLong.of(millis(row.get(modificationTime))) : OptionalLong.empty(),
                has(row, etag) ? Optional.of(row.getString(etag)) : Optional.empty());
    }

    private static boolean has(Row row, int column) {
        return column != UNKNOWN && !row.isNullAt(column);
    }

    /** A setting of Spark's decides which of two classes a row's times have. */
    private static long millis(Object time) {
        return time instanceof Instant instant ? instant.toEpochMilli() : ((Timestamp) time).getTime();
    }
}
