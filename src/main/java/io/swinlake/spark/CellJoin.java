package io.swinlake.spark;

import io.swinlake.search.Cells;
import io.swinlake.search.EmbeddingMatrix;
import io.swinlake.search.LeastSimilarities;
import io.swinlake.search.NearestRows;
import io.swinlake.search.SearchPlan;
import io.swinlake.spark.search.CellRows;
import io.swinlake.spark.search.PackedRows;
import io.swinlake.spark.search.QueryBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.HashPartitioner;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Tuple2;
import scala.Tuple3;

/**
 * The approximate search of {@link NearestEmbeddings}: every row goes to its cell, every query to the cells that it looks into, and in each
 * cell the search is exact. The rows of cells that no query looks into go nowhere; a cell of more queries than a task's memory holds is
 * searched more than once, for a part of them each time.
 *
 * @param probed cells that a query looks into
 */
record CellJoin<Q extends Comparable<? super Q>, I extends Comparable<? super I>>(
        NearestJoin<Q, I> join, Cells cells, int probed) {
    private static final Logger LOG = LoggerFactory.getLogger(CellJoin.class);

    /** Cells of a core that are searched one after the other are one task. */
    private static final int TASKS = 16;

    /** Embeddings that are wanted for k-means: of 768 elements 48 MiB. */
    static final int SAMPLE = 16_384;

    /** With fewer, k-means makes of them what it will. */
    private static final int SAMPLE_OF_CELL = 16;

    /**
     * About the root of the rows, the rule of thumb, but not so many that k-means sees too few rows of each.
     *
     * @param rows of the table
     * @param sampled as many of them as k-means looks at
     */
    static int cells(long rows, int sampled) {
        return (int)
                Math.max(1, Math.min(Math.round(Math.sqrt((double) rows)), Math.min(sampled, SAMPLE) / SAMPLE_OF_CELL));
    }

    /**
     * A task searches some cells, one after the other, each for the queries that look into it.
     *
     * @param mostQueries that a cell is searched for at a time, or less if a task's memory wants it
     * @param rowCount of the lake
     */
    NearestJoin.Found of(
            JavaRDD<Tuple3<Long, Object, byte[]>> queries,
            int mostQueries,
            JavaRDD<Tuple3<Long, Object, byte[]>> rows,
            long rowCount) {
        SparkContext context = rows.context();
        JavaSparkContext java = JavaSparkContext.fromSparkContext(context);
        int dimension = cells.dimension();
        Broadcast<float[]> centers = java.broadcast(cells.centers());
        JavaPairRDD<Integer, Tuple3<Long, Object, byte[]>> asked = inCells(queries, centers, dimension, probed);
        long[] askedOfCell = counts(asked);
        long queryCount = Arrays.stream(askedOfCell).sum() / probed;
        DuplicateEmbeddings.Work work =
                DuplicateEmbeddings.Work.ofSome(context, dimension, Math.multiplyExact(queryCount, rowCount));
        if (queryCount == 0) {
            return new NearestJoin.Found(java.emptyRDD(), work);
        }
        // To be placed, every row and, twice, every query is multiplied with every center.
        work.multiplications().add((rowCount + 2 * queryCount) * cells.count() * dimension);
        int most = Math.min(
                mostQueries, QueryBatch.most(context, dimension, join.ranking().numResults()));
        int[] first = firstSearches(askedOfCell, most);
        HashPartitioner bySearch = new HashPartitioner(first[cells.count()]); // a number's partition is the number
        LOG.info(
                "{} queries look into {} of {} cells each: {} searches",
                queryCount,
                probed,
                cells.count(),
                bySearch.numPartitions());
        JavaRDD<Tuple3<Long, Object, byte[]>> queriesBySearch = asked.mapToPair(query -> {
                    int cell = query._1();
                    int part = Math.floorMod(query._2()._1().hashCode(), first[cell + 1] - first[cell]);
                    return new Tuple2<>(first[cell] + part, query._2());
                })
                .partitionBy(bySearch)
                .values();
        JavaRDD<Tuple3<Long, Object, byte[]>> rowsBySearch = inCells(rows, centers, dimension, 1)
                .flatMapToPair(row -> IntStream.range(first[row._1()], first[row._1() + 1])
                        .mapToObj(search -> new Tuple2<>(search, row._2()))
                        .iterator())
                .partitionBy(bySearch)
                .values();
        NearestJoin<Q, I> join = this.join; // travels without the centers
        JavaRDD<Row> found = queriesBySearch
                .zipPartitions(rowsBySearch, (some, part) -> search(join, some, part, work))
                .coalesce(Math.min(bySearch.numPartitions(), TASKS * context.defaultParallelism()));
        return new NearestJoin.Found(found, work);
    }

    private static JavaPairRDD<Integer, Tuple3<Long, Object, byte[]>> inCells(
            JavaRDD<Tuple3<Long, Object, byte[]>> rows, Broadcast<float[]> centers, int dimension, int wanted) {
        return rows.mapPartitionsToPair(
                part -> new CellRows(part, new Cells(dimension, centers.value()), wanted, FastestProduct.ofMany()));
    }

    /** Queries that look into each cell. */
    private long[] counts(JavaPairRDD<Integer, Tuple3<Long, Object, byte[]>> asked) {
        int count = cells.count();
        long[] sums = new long[count];
        asked.mapPartitions(part -> {
                    long[] counts = new long[count];
                    part.forEachRemaining(query -> counts[query._1()]++);
                    return List.of(counts).iterator();
                })
                .collect()
                .forEach(counts -> Arrays.setAll(sums, cell -> sums[cell] + counts[cell]));
        return sums;
    }

    /** Numbers of the first search of each cell, and of one more: a cell that nobody looks into has none. */
    private static int[] firstSearches(long[] askedOfCell, int most) {
        int[] first = new int[askedOfCell.length + 1];
        for (int cell = 0; cell < askedOfCell.length; cell++) {
            first[cell + 1] = Math.toIntExact(first[cell] + (askedOfCell[cell] + most - 1) / most);
        }
        return first;
    }

    private static <Q extends Comparable<? super Q>, I extends Comparable<? super I>> Iterator<Row> search(
            NearestJoin<Q, I> join,
            Iterator<Tuple3<Long, Object, byte[]>> queries,
            Iterator<Tuple3<Long, Object, byte[]>> rows,
            DuplicateEmbeddings.Work work) {
        List<Tuple3<Long, Object, byte[]>> some = new ArrayList<>();
        queries.forEachRemaining(some::add);
        if (some.isEmpty()) {
            return List.<Row>of().iterator();
        }
        QueryBatch<Q> batch = QueryBatch.batch(some, join.queryId());
        EmbeddingMatrix<Q> embeddings = batch.embeddings();
        NearestRows<I> search = new NearestRows<>(
                embeddings,
                join.ranking(),
                SearchPlan.inFull(embeddings.dimension()),
                new LeastSimilarities(batch.size()),
                FastestProduct.ofMany());
        rows.forEachRemaining(row -> search.add(join.id().internal(row._2()), PackedRows.floats(row._3())));
        return join.neighbors(batch, search, work);
    }
}
