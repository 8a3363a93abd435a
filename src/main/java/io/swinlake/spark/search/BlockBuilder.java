package io.swinlake.spark.search;

import io.swinlake.search.EmbeddingMatrix;
import io.swinlake.search.HeadedRows;
import io.swinlake.search.SearchPlan;
import io.swinlake.search.product.MatrixProduct;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.StreamSupport;
import scala.Tuple2;
import scala.Tuple3;
import scala.Tuple4;

/**
 * Rows of a table into blocks in which no embedding occurs twice. A row travels with the SHA-256 of its embedding, and equal ones
 * to one block; but of those of one partition only the first brings its elements, so that a million equal images are a million
 * ids.
 */
public final class BlockBuilder {
    private BlockBuilder() {}

    /**
     * Rows on their way to a block, by its number: digest (empty if equal rows are kept), id, elements as bytes (empty if an earlier row of the
     * partition has the same). Vectors of zeros, which have no cosine, stay behind.
     *
     * @param first number of the first block
     * @param count how many there are
     */
    public static <I extends Comparable<? super I>> Iterator<Tuple2<Integer, Tuple3<byte[], Object, byte[]>>> rows(
            Iterator<Embedding<I>> part, EmbeddingId<I> id, boolean collapsed, int first, int count) {
        Set<ByteBuffer> seen = new HashSet<>();
        Iterable<Embedding<I>> once = () -> part;
        return StreamSupport.stream(once.spliterator(), false)
                .<Tuple2<Integer, Tuple3<byte[], Object, byte[]>>>mapMulti((row, give) -> {
                    if (isZero(row.elements())) {
                        return;
                    }
                    byte[] bytes = PackedRows.bytes(row.elements());
                    if (!collapsed) {
                        give.accept(new Tuple2<>(
                                first + Math.floorMod(mixed(row.id().hashCode()), count),
                                new Tuple3<>(new byte[0], id.external(row.id()), bytes)));
                        return;
                    }
                    byte[] digest = sha256(bytes);
                    boolean isFirst = seen.add(ByteBuffer.wrap(digest));
                    give.accept(new Tuple2<>(
                            first + Math.floorMod(ByteBuffer.wrap(digest).getInt(), count),
                            new Tuple3<>(digest, id.external(row.id()), isFirst ? bytes : new byte[0])));
                })
                .iterator();
    }

    private static boolean isZero(float[] embedding) {
        for (float element : embedding) {
            if (element != 0) {
                return false;
            }
        }
        return true;
    }

    /** Of numbers that follow each other, numbers that do not. */
    static int mixed(int hash) {
        int mixed = hash * 0x9E3779B9;
        return mixed ^ mixed >>> 15;
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /**
     * A block, and its rows that are equal to one of it: first and second id of each, and their similarity.
     *
     * @param rows in any order; those without a digest are all kept
     */
    public static <I extends Comparable<? super I>>
            Tuple2<Tuple4<Object[], byte[], byte[], byte[]>, Tuple3<Object[], Object[], double[]>> block(
                    Iterator<Tuple3<byte[], Object, byte[]>> rows,
                    EmbeddingId<I> id,
                    SearchPlan plan,
                    MatrixProduct product) {
        EmbeddingMatrix<I> embeddings = new EmbeddingMatrix<>(plan.dimension());
        Map<ByteBuffer, List<I>> equal = new HashMap<>();
        Map<ByteBuffer, Integer> places = new HashMap<>();
        while (rows.hasNext()) {
            Tuple3<byte[], Object, byte[]> row = rows.next();
            I rowId = id.internal(row._2());
            ByteBuffer digest = ByteBuffer.wrap(row._1());
            boolean counts = row._1().length > 0;
            if (row._3().length > 0 && !places.containsKey(digest)) {
                embeddings.add(rowId, PackedRows.floats(row._3()));
                if (counts) {
                    places.put(digest, embeddings.size() - 1);
                }
            } else {
                equal.computeIfAbsent(digest, key -> new ArrayList<>()).add(rowId);
            }
        }
        List<Object> firsts = new ArrayList<>();
        List<Object> seconds = new ArrayList<>();
        List<Double> similarities = new ArrayList<>();
        equal.forEach((digest, ids) -> {
            int place = places.get(digest);
            ids.add(embeddings.id(place));
            ids.sort(null);
            embeddings.rename(place, ids.get(0));
            double similarity = embeddings.selfSimilarity(place);
            for (I other : ids.subList(1, ids.size())) {
                firsts.add(id.external(ids.get(0)));
                seconds.add(id.external(other));
                similarities.add(similarity);
            }
        });
        return new Tuple2<>(
                PackedRows.pack(HeadedRows.of(embeddings, plan, product), id),
                new Tuple3<>(
                        firsts.toArray(),
                        seconds.toArray(),
                        similarities.stream()
                                .mapToDouble(similarity -> similarity)
                                .toArray()));
    }
}
