package io.swinlake.spark.search;

import io.swinlake.search.EmbeddingMatrix;
import java.util.Arrays;
import scala.Tuple2;

/**
 * Embeddings as Spark stores and sends them: their ids and all their elements, in arrays. Any {@code spark.serializer} carries
 * these; Kryo can read no record, and with {@code spark.kryo.registrationRequired} no class that is not registered.
 */
public final class PackedEmbeddings {
    private PackedEmbeddings() {}

    public static <I extends Comparable<? super I>> Tuple2<Object[], float[]> pack(
            EmbeddingMatrix<I> embeddings, EmbeddingId<I> id) {
        Object[] ids = new Object[embeddings.size()];
        Arrays.setAll(ids, row -> id.external(embeddings.id(row)));
        return new Tuple2<>(ids, embeddings.elements());
    }

    public static <I extends Comparable<? super I>> EmbeddingMatrix<I> unpack(
            Tuple2<Object[], float[]> packed, EmbeddingId<I> id) {
        int dimension = packed._2().length / packed._1().length;
        EmbeddingMatrix<I> embeddings = new EmbeddingMatrix<>(dimension);
        for (int row = 0; row < packed._1().length; row++) {
            embeddings.add(
                    id.internal(packed._1()[row]),
                    Arrays.copyOfRange(packed._2(), row * dimension, (row + 1) * dimension));
        }
        return embeddings;
    }
}
