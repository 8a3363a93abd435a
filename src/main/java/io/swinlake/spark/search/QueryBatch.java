package io.swinlake.spark.search;

import io.swinlake.search.EmbeddingMatrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.StreamSupport;
import org.apache.spark.HashPartitioner;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;
import scala.Tuple2;
import scala.Tuple3;

/**
 * Queries that a task searches for together. On their way to it each is a number, which orders the table that they come from, an id
 * and elements as bytes: see {@link PackedRows}.
 *
 * @param numbers of the queries
 * @param embeddings and ids of the queries
 */
public record QueryBatch<I extends Comparable<? super I>>(List<Long> numbers, EmbeddingMatrix<I> embeddings) {
    /** A task holds a query's elements three times: as they came, at length 1, and as heads. */
    private static final int HELD = 3;

    private static final int NEIGHBOR_BYTES = 150;

    /** Of a task's memory, what its queries may fill: the rest is for the rows that pass by, and for what is sorted. */
    private static final int PART_OF_MEMORY = 3;

    private static final int LEAST_QUERIES = 1024;

    /** Elements of a block: arrays have 2<sup>31</sup> at most. */
    private static final int MOST_ELEMENTS = 1 << 28;

    /** The queries of a table. */
    public static <I extends Comparable<? super I>> JavaRDD<Tuple3<Long, Object, byte[]>> of(
            JavaRDD<Embedding<I>> rows, EmbeddingId<I> id) {
        return rows.mapPartitionsWithIndex((partition, part) -> numbered(partition, part, id), true);
    }

    private static <I extends Comparable<? super I>> Iterator<Tuple3<Long, Object, byte[]>> numbered(
            int partition, Iterator<Embedding<I>> rows, EmbeddingId<I> id) {
        return new Iterator<>() {
            private long number = (long) partition << 33; // as Spark's monotonically_increasing_id

            @Override
            public boolean hasNext() {
                return rows.hasNext();
            }

            @Override
            public Tuple3<Long, Object, byte[]> next() {
                Embedding<I> row = rows.next();
                return new Tuple3<>(number++, id.external(row.id()), PackedRows.bytes(row.elements()));
            }
        };
    }

    /** The first queries of a table, partition by partition: the driver holds them, and as many of one partition. */
    public static List<Tuple3<Long, Object, byte[]>> first(JavaRDD<Tuple3<Long, Object, byte[]>> queries, int count) {
        Iterator<Tuple3<Long, Object, byte[]>> all =
                queries.mapPartitions(part -> first(part, count)).toLocalIterator();
        List<Tuple3<Long, Object, byte[]>> first = new ArrayList<>();
        first(all, count).forEachRemaining(first::add);
        return first;
    }

    private static <T> Iterator<T> first(Iterator<T> part, int count) {
        Iterable<T> once = () -> part;
        return StreamSupport.stream(once.spliterator(), false).limit(count).iterator();
    }

    /** Queries of a block: as many as a task's memory allows, since every block reads all rows. */
    public static int most(SparkContext context, int dimension, int numResults) {
        long each = (long) HELD * dimension * Float.BYTES + (long) NEIGHBOR_BYTES * numResults;
        long most = BlockLayout.taskMemory(context) / PART_OF_MEMORY / each;
        return (int) Math.max(LEAST_QUERIES, Math.min(MOST_ELEMENTS / dimension, most));
    }

    /** The queries, a block a partition; a partition may be empty. */
    public static <I extends Comparable<? super I>> JavaRDD<QueryBatch<I>> blocks(
            JavaRDD<Tuple3<Long, Object, byte[]>> queries, EmbeddingId<I> id, int count) {
        return queries.mapToPair(
                        query -> new Tuple2<>(BlockBuilder.mixed(query._1().hashCode()), query))
                .partitionBy(new HashPartitioner(count))
                .values()
                .mapPartitions(part -> {
                    List<Tuple3<Long, Object, byte[]>> block = new ArrayList<>();
                    part.forEachRemaining(block::add);
                    return block.isEmpty()
                            ? List.<QueryBatch<I>>of().iterator()
                            : List.of(batch(block, id)).iterator();
                });
    }

    /** A batch of at least one query. */
    public static <I extends Comparable<? super I>> QueryBatch<I> batch(
            List<Tuple3<Long, Object, byte[]>> queries, EmbeddingId<I> id) {
        int dimension = queries.get(0)._3().length / Float.BYTES;
        QueryBatch<I> batch = new QueryBatch<I>(new ArrayList<>(), new EmbeddingMatrix<I>(dimension, queries.size()));
        for (Tuple3<Long, Object, byte[]> query : queries) {
            batch.numbers.add(query._1());
            batch.embeddings.add(id.internal(query._2()), PackedRows.floats(query._3()));
        }
        return batch;
    }

    /** As Spark sends it to all tasks: numbers, ids and elements. */
    public Tuple3<Object[], Object[], float[]> packed(EmbeddingId<I> id) {
        Object[] ids = new Object[size()];
        Arrays.setAll(ids, row -> id.external(embeddings.id(row)));
        return new Tuple3<>(numbers.toArray(), ids, embeddings.elements());
    }

    public static <I extends Comparable<? super I>> QueryBatch<I> unpack(
            Tuple3<Object[], Object[], float[]> packed, EmbeddingId<I> id) {
        int rows = packed._1().length;
        int dimension = packed._3().length / rows;
        QueryBatch<I> batch = new QueryBatch<I>(new ArrayList<>(), new EmbeddingMatrix<I>(dimension, rows));
        for (int row = 0; row < rows; row++) {
            batch.numbers.add((Long) packed._1()[row]);
            batch.embeddings.add(
                    id.internal(packed._2()[row]),
                    Arrays.copyOfRange(packed._3(), row * dimension, (row + 1) * dimension));
        }
        return batch;
    }

    public int size() {
        return numbers.size();
    }
}
