package io.swinlake.spark.search;

import io.swinlake.search.EmbeddingMatrix;
import io.swinlake.search.HeadedRows;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import scala.Tuple4;

/**
 * A block of embeddings and their heads as Spark stores and sends it: arrays of bytes, which every {@code spark.serializer} copies
 * as they are, where an array of floats goes one by one. Kryo can read no record, and with {@code spark.kryo.registrationRequired} no
 * class that is not registered.
 */
public final class PackedRows {
    private PackedRows() {}

    /** Ids and elements, elements of the first stage, elements of the second. */
    public static <I extends Comparable<? super I>> Tuple4<Object[], byte[], byte[], byte[]> pack(
            HeadedRows<I> rows, EmbeddingId<I> id) {
        EmbeddingMatrix<I> embeddings = rows.embeddings();
        Object[] ids = new Object[embeddings.size()];
        Arrays.setAll(ids, row -> id.external(embeddings.id(row)));
        return new Tuple4<>(ids, bytes(embeddings.elements()), bytes(rows.first()), bytes(rows.second()));
    }

    public static <I extends Comparable<? super I>> HeadedRows<I> unpack(
            Tuple4<Object[], byte[], byte[], byte[]> packed, EmbeddingId<I> id) {
        int rows = packed._1().length;
        int dimension = rows == 0 ? 1 : packed._2().length / Float.BYTES / rows;
        EmbeddingMatrix<I> embeddings = new EmbeddingMatrix<>(dimension, rows);
        float[] row = new float[dimension];
        for (int i = 0; i < rows; i++) {
            ByteBuffer.wrap(packed._2(), i * dimension * Float.BYTES, dimension * Float.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer()
                    .get(row);
            embeddings.add(id.internal(packed._1()[i]), row);
        }
        return new HeadedRows<>(embeddings, floats(packed._3()), floats(packed._4()));
    }

    public static byte[] bytes(float[] elements) {
        byte[] bytes = new byte[Math.multiplyExact(elements.length, Float.BYTES)];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(elements);
        return bytes;
    }

    public static float[] floats(byte[] bytes) {
        float[] elements = new float[bytes.length / Float.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(elements);
        return elements;
    }
}
