package io.swinlake.spark.source;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * A struct that has a file's bytes, or else the URI to fetch them from, as Hugging Face's datasets keep images. Whoever takes
 * images out of archives may say instead why there is none: {@code error} and {@code message}.
 */
public final class FileOrUri {
    private static final String BYTES = "bytes";
    private static final String PATH = "path";
    private static final String ERROR = "error";
    private static final String MESSAGE = "message";

    /** Type of what {@link #of} and {@link #without} make. */
    public static final StructType TYPE = new StructType()
            .add(BYTES, DataTypes.BinaryType)
            .add(PATH, DataTypes.StringType)
            .add(ERROR, DataTypes.StringType)
            .add(MESSAGE, DataTypes.StringType);

    private FileOrUri() {}

    /** Whether a column is of this kind; the error need not be there. */
    public static boolean isOne(DataType type) {
        return type instanceof StructType struct
                && has(struct, BYTES, DataTypes.BinaryType)
                && has(struct, PATH, DataTypes.StringType);
    }

    private static boolean has(StructType struct, String field, DataType type) {
        return Stream.of(struct.fields())
                .anyMatch(some -> some.name().equals(field) && some.dataType().equals(type));
    }

    public static Row of(byte[] bytes) {
        return RowFactory.create(bytes, null, null, null);
    }

    /** There are no bytes, and why. */
    public static Row without(ErrorCode error, String message) {
        return RowFactory.create(null, null, error.name(), message);
    }

    /** The URI whose content the image is; empty if the struct says all itself. */
    public static Optional<String> toFetch(Row struct) {
        return struct.getAs(BYTES) == null && error(struct).isEmpty()
                ? Optional.ofNullable(struct.<String>getAs(PATH))
                : Optional.empty();
    }

    public static int size(Row struct) {
        byte[] bytes = struct.getAs(BYTES);
        return bytes == null ? 0 : bytes.length;
    }

    /**
     * The bytes of a struct that has no URI to fetch.
     *
     * @throws ImageException of stage READ if it has none either
     */
    public static byte[] bytes(Row struct) throws ImageException {
        byte[] bytes = struct.getAs(BYTES);
        if (bytes != null) {
            return bytes;
        }
        Optional<String> error = error(struct);
        if (error.isPresent()) {
            throw new ImageException(
                    ErrorCode.valueOf(error.get().toUpperCase(Locale.ROOT)), "%s", struct.<String>getAs(MESSAGE));
        }
        throw new ImageException(ErrorCode.NULL, "the struct has neither bytes nor a path");
    }

    /** A column of others may have a field of that name for other ends. */
    private static Optional<String> error(Row struct) {
        return struct.schema().equals(TYPE) ? Optional.ofNullable(struct.<String>getAs(ERROR)) : Optional.empty();
    }
}
