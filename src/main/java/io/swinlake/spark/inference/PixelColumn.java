package io.swinlake.spark.inference;

import io.swinlake.spark.source.FileOrUri;
import org.apache.spark.ml.image.ImageSchema;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** What the input column holds, told apart by its type. */
public enum PixelColumn {
    /** The bytes of an image file, as {@code binaryFile} gives them. */
    FILE_BYTES,
    /** The URI of an image file, fetched by the task. */
    URI,
    /** A struct with a file's bytes or its URI, as Hugging Face's datasets have: {@link FileOrUri}. */
    FILE_OR_URI,
    /** Spark's image struct: decoded pixels. */
    IMAGE_STRUCT;

    /**
     * The kind of input that a column of this schema is.
     *
     * @throws IllegalArgumentException if it is none of them; the message names the column
     */
    public static PixelColumn of(StructField column) {
        DataType type = column.dataType();
        if (type.equals(DataTypes.BinaryType)) {
            return FILE_BYTES;
        }
        if (type.equals(DataTypes.StringType)) {
            return URI;
        }
        if (type instanceof StructType struct && isImage(struct)) {
            return IMAGE_STRUCT;
        }
        if (FileOrUri.isOne(type)) {
            return FILE_OR_URI;
        }
        throw new IllegalArgumentException(
                "column '%s' is %s; an image is binary (a file's bytes), string (a URI), struct<bytes, path> or Spark's image struct"
                        .formatted(column.name(), type.simpleString()));
    }

    /** Compares names and types: nullability differs after a Parquet round trip. */
    private static boolean isImage(StructType struct) {
        StructType image = ImageSchema.columnSchema();
        if (struct.length() != image.length()) {
            return false;
        }
        for (StructField field : image.fields()) {
            if (!struct.getFieldIndex(field.name()).isDefined()
                    || !struct.apply(field.name()).dataType().equals(field.dataType())) {
                return false;
            }
        }
        return true;
    }
}
