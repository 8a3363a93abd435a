package io.swinlake.spark.search;

import java.io.Serializable;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.unsafe.types.UTF8String;

/** The ids of embeddings, in a column of Spark's own rows: compared there as Spark orders them. */
public abstract class EmbeddingId<I extends Comparable<? super I>> implements Serializable {
    private static final EmbeddingId<UTF8String> STRING = new EmbeddingId<>() {
        @Override
        public UTF8String of(InternalRow row, int place) {
            return row.getUTF8String(place).clone(); // the row's memory is used again for the next one
        }

        @Override
        public Object external(UTF8String id) {
            return id.toString();
        }

        @Override
        public UTF8String internal(Object id) {
            return UTF8String.fromString((String) id);
        }
    };

    private static final EmbeddingId<Integer> INTEGER = new EmbeddingId<>() {
        @Override
        public Integer of(InternalRow row, int place) {
            return row.getInt(place);
        }

        @Override
        public Integer internal(Object id) {
            return (Integer) id;
        }
    };

    private static final EmbeddingId<Long> LONG = new EmbeddingId<>() {
        @Override
        public Long of(InternalRow row, int place) {
            return row.getLong(place);
        }

        @Override
        public Long internal(Object id) {
            return (Long) id;
        }
    };

    public static EmbeddingId<?> in(StructField column) {
        DataType type = column.dataType();
        if (type.equals(DataTypes.StringType)) {
            return STRING;
        }
        if (type.equals(DataTypes.IntegerType)) {
            return INTEGER;
        }
        if (type.equals(DataTypes.LongType)) {
            return LONG;
        }
        throw new IllegalArgumentException("column '%s' is %s: the id of an embedding is a string, an int or a bigint"
                .formatted(column.name(), type.sql()));
    }

    public abstract I of(InternalRow row, int place);

    /** An id that the API's rows hold. */
    public abstract I internal(Object id);

    /** The id as the API's rows hold it. */
    public Object external(I id) {
        return id;
    }
}
