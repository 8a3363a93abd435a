package io.swinlake.spark;

import static org.apache.spark.sql.functions.col;

import io.swinlake.PublicApi;
import io.swinlake.runtime.LibtorchProduct;
import io.swinlake.search.EmbeddingMatrix;
import io.swinlake.search.Groups;
import io.swinlake.search.MatrixProduct;
import io.swinlake.search.SimilarRows;
import io.swinlake.spark.search.EmbeddingId;
import io.swinlake.spark.search.PackedEmbeddings;
import io.swinlake.table.SameModel;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;
import scala.Tuple2;

/**
 * Near-duplicates in a lake: all pairs of images whose embeddings reach a cosine, and the groups that the pairs connect.
 * Every embedding is compared with every other, 2,048 with 2,048 in a task: twice the embeddings are four times the work.
 *
 * @param threshold least cosine of a pair
 */
@PublicApi(since = "0.1.0")
public record DuplicateEmbeddings(EmbeddingColumns columns, double threshold) {
    private static final int CHUNK_ROWS = 2048;

    /** Comparisons that the product in Java has done before libtorch is loaded. */
    private static final int FEW_PAIRS = 1 << 20;

    /** What 2 GB of the driver's memory hold. */
    private static final int MOST_MEMBERS = 10_000_000;

    /**
     * The pairs of a lake. Close it when the rows have been used: Spark keeps the embeddings in its storage until then, since
     * every task reads two chunks of them.
     *
     * @param rows columns {@code left} and {@code right} (ids, left before right) and {@code similarity} (double)
     */
    public record Pairs(Dataset<Row> rows, JavaRDD<?> chunks) implements AutoCloseable {
        @Override
        public void close() {
            chunks.unpersist(false);
        }
    }

    /** Which of the pairs that are found become rows. */
    private enum Kept {
        ALL,
        LINKS
    }

    /**
     * Lays out the search for all pairs, without starting it: of n equal images, n²/2 rows.
     *
     * @param lake a table of one model, with these columns
     * @return the pairs, to be closed
     */
    public Pairs pairs(Dataset<Row> lake) {
        return pairs(lake, Kept.ALL);
    }

    /**
     * The same, for as many of the pairs as connect every group that all would: of two chunks compared, less than they have
     * images.
     *
     * @param lake a table of one model, with these columns
     * @return the links, to be closed
     */
    public Pairs links(Dataset<Row> lake) {
        return pairs(lake, Kept.LINKS);
    }

    /** The columns of {@link Pairs}, without a look at the rows. */
    StructType pairsSchema(Dataset<Row> lake) {
        columns.requireVectors(lake);
        DataType id = columns.idField(lake).dataType();
        return new StructType()
                .add("left", id, false)
                .add("right", id, false)
                .add("similarity", DataTypes.DoubleType, false);
    }

    /** The columns of {@link #groups}. */
    StructType groupsSchema(Dataset<Row> lake) {
        return groupsSchema(pairsSchema(lake).apply("left").dataType());
    }

    private static StructType groupsSchema(DataType id) {
        return new StructType().add("id", id, false).add("group", id, false);
    }

    private Pairs pairs(Dataset<Row> lake, Kept kept) {
        SameModel.require(lake);
        return pairs(
                lake.sparkSession(),
                pairsSchema(lake),
                columns.rows(lake),
                EmbeddingId.in(columns.idField(lake)),
                kept);
    }

    private <I extends Comparable<? super I>> Pairs pairs(
            SparkSession spark, StructType schema, JavaRDD<InternalRow> rows, EmbeddingId<I> id, Kept kept) {
        JavaRDD<Tuple2<Long, Tuple2<Object[], float[]>>> chunks = rows.mapPartitions(
                        partition -> new Chunks<>(partition, id))
                .zipWithUniqueId()
                .map(numbered -> new Tuple2<>(numbered._2(), PackedEmbeddings.pack(numbered._1(), id)))
                .persist(StorageLevel.MEMORY_AND_DISK_SER());
        double least = threshold;
        JavaRDD<Row> pairs = chunks.cartesian(chunks)
                .filter(two -> two._1()._1() <= two._2()._1())
                .flatMap(two -> pairs(Chunk.of(two._1(), id), Chunk.of(two._2(), id), id, least, kept));
        // Not orderBy, which would compute all of it once more, for a sample to cut by.
        Dataset<Row> sorted =
                spark.createDataFrame(pairs, schema).repartition(col("left")).sortWithinPartitions("left", "right");
        return new Pairs(sorted, chunks);
    }

    /**
     * The groups of pairs or links: columns {@code id} and {@code group}, the smallest id of its group. The driver holds the ids
     * that have a duplicate, 10,000,000 at most.
     *
     * @param pairs rows of {@link Pairs}
     * @return a row for each image that has a duplicate
     */
    public static Dataset<Row> groups(Dataset<Row> pairs) {
        DataType type = pairs.schema().apply("left").dataType();
        return pairs.sparkSession()
                .createDataFrame(
                        groups(
                                pairs.toLocalIterator(),
                                EmbeddingId.in(pairs.schema().apply("left"))),
                        groupsSchema(type));
    }

    private static <I extends Comparable<? super I>> List<Row> groups(Iterator<Row> pairs, EmbeddingId<I> id) {
        Groups<I> groups = new Groups<>(MOST_MEMBERS);
        while (pairs.hasNext()) {
            Row pair = pairs.next();
            groups.connect(id.internal(pair.get(0)), id.internal(pair.get(1)));
        }
        List<Row> rows = new ArrayList<>();
        groups.smallestIds()
                .forEach((member, smallest) -> rows.add(RowFactory.create(id.external(member), id.external(smallest))));
        return rows;
    }

    private record Chunk<I extends Comparable<? super I>>(long number, EmbeddingMatrix<I> embeddings) {
        static <I extends Comparable<? super I>> Chunk<I> of(
                Tuple2<Long, Tuple2<Object[], float[]>> stored, EmbeddingId<I> id) {
            return new Chunk<>(stored._1(), PackedEmbeddings.unpack(stored._2(), id));
        }
    }

    private static <I extends Comparable<? super I>> Iterator<Row> pairs(
            Chunk<I> first, Chunk<I> second, EmbeddingId<I> id, double threshold, Kept kept) {
        List<Row> rows = new ArrayList<>();
        Groups<I> connected = new Groups<>(2 * CHUNK_ROWS);
        SimilarRows.PairConsumer<I> collect = (a, b, similarity) -> {
            if (kept == Kept.LINKS && !connected.connect(a, b)) {
                return;
            }
            boolean ordered = a.compareTo(b) <= 0;
            rows.add(RowFactory.create(id.external(ordered ? a : b), id.external(ordered ? b : a), similarity));
        };
        SimilarRows similar = new SimilarRows(threshold, product(first, second));
        if (first.number() == second.number()) {
            similar.among(first.embeddings(), collect);
        } else {
            similar.between(first.embeddings(), second.embeddings(), collect);
        }
        return rows.iterator();
    }

    /** What multiplies these two; the pairs are the same with either. */
    private static MatrixProduct product(Chunk<?> first, Chunk<?> second) {
        return (long) first.embeddings().size() * second.embeddings().size() < FEW_PAIRS
                ? MatrixProduct.inJava()
                : LibtorchProduct.ifAvailable().orElseGet(MatrixProduct::inJava);
    }

    /** Cuts a partition into chunks, one in memory at a time. */
    private record Chunks<I extends Comparable<? super I>>(Iterator<InternalRow> rows, EmbeddingId<I> id)
            implements Iterator<EmbeddingMatrix<I>> {
        @Override
        public boolean hasNext() {
            return rows.hasNext();
        }

        @Override
        public EmbeddingMatrix<I> next() {
            InternalRow row = rows.next();
            float[] first = EmbeddingColumns.elements(row);
            EmbeddingMatrix<I> chunk = new EmbeddingMatrix<>(first.length);
            chunk.add(id.of(row), first);
            while (chunk.size() < CHUNK_ROWS && rows.hasNext()) {
                row = rows.next();
                chunk.add(id.of(row), EmbeddingColumns.elements(row));
            }
            return chunk;
        }
    }
}
