package io.swinlake.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.xxhash64;

import io.swinlake.PublicApi;
import io.swinlake.search.Cells;
import io.swinlake.search.EmbeddingMatrix;
import io.swinlake.search.RankOrder;
import io.swinlake.search.Ranking;
import io.swinlake.spark.search.Embedding;
import io.swinlake.spark.search.EmbeddingId;
import io.swinlake.spark.search.EmbeddingSample;
import io.swinlake.spark.search.QueryBatch;
import io.swinlake.spark.sql.ColumnNames;
import io.swinlake.table.SameModel;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.expressions.WindowSpec;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;
import scala.Tuple3;

/**
 * Joins a table of queries with the nearest rows of a lake, exactly: the ids are those of a float64 comparison of every
 * query with every row, and rows of equal similarity rank by ascending id. The contract is that of Spark 4.2's
 * {@code nearestByJoin}, for cosine and inner product.
 *
 * <p>Up to 16,384 queries pass the driver and are sent to every executor, and the lake is read once. More are laid out in blocks, as many
 * in one as a task's memory holds, and each block reads the lake. A task holds its queries, their neighbours, and 1,024 rows. Of many
 * queries by cosine, most rows are ruled out by a bound over their heads: see {@code docs/search.md}. Only {@link #approximate} is not exact.
 */
@PublicApi(since = "0.1.0")
public record NearestEmbeddings(EmbeddingColumns columns, Ranking ranking) {
    /** Of one search that is sent to all tasks: of 768 elements 96 MiB in a task. */
    private static final int MOST_QUERIES = 16384;

    /** Of one task, some 150 bytes each. */
    private static final int MOST_NEIGHBORS = 4_000_000;

    /** Below, a table is searched in less time than its cells are found in. */
    private static final int FEW_FOR_CELLS = 4096;

    /** That are searched for exactly, too, to measure an approximate search: few enough for one pass over the lake. */
    private static final int MEASURED = 100;

    /**
     * The neighbours of each query: columns {@code query} (its id), {@code rank} (from 1), {@code neighbor} (id in the
     * lake) and {@code similarity} (double).
     *
     * @param queries a table with these columns
     * @param lake a table of the same model with these columns
     * @return {@code numResults} rows of each query, or as many as the lake has; by query, the best first
     */
    public Dataset<Row> join(Dataset<Row> queries, Dataset<Row> lake) {
        return search(queries, lake).rows();
    }

    /**
     * The neighbours of each query, and what it took to find them.
     *
     * @param rows as {@link #join} gives them
     * @param work what the search took, once the rows have been computed
     * @param cells that the lake was divided into: 1 of an exact search
     * @param probed cells that each query looked into; if that is all, the neighbours are exact
     */
    public record Neighbors(Dataset<Row> rows, DuplicateEmbeddings.Work work, int cells, int probed) {
        /** {@return whether every query looked at all rows} */
        public boolean areExact() {
            return probed == cells;
        }
    }

    /**
     * How good an approximate search was.
     *
     * @param part of the exact neighbours that it found, 0 to 1
     * @param queries that were searched for exactly, too
     */
    public record Recall(double part, long queries) {}

    /**
     * The same as {@link #join}, with an account of the pairs that were decided.
     *
     * @param queries a table with these columns
     * @param lake a table of the same model with these columns
     * @return the neighbours, and the work
     */
    public Neighbors search(Dataset<Row> queries, Dataset<Row> lake) {
        int most = Math.max(1, Math.min(MOST_QUERIES, MOST_NEIGHBORS / ranking.numResults()));
        return search(queries, lake, most, Integer.MAX_VALUE);
    }

    /**
     * A search of given sizes.
     *
     * @param mostSent queries that are sent to all tasks; more are searched for in blocks
     * @param mostOfBlock queries of a block, or less if a task's memory wants it
     */
    Neighbors search(Dataset<Row> queries, Dataset<Row> lake, int mostSent, int mostOfBlock) {
        SameModel.require(queries, lake);
        NearestJoin.Found found = found(
                queries,
                EmbeddingId.in(columns.idField(queries)),
                lake,
                EmbeddingId.in(columns.idField(lake)),
                mostSent,
                mostOfBlock);
        return new Neighbors(ranked(found, queries, lake), found.work(), 1, 1);
    }

    /**
     * A search that may miss neighbours: the lake is divided into cells, about as many as the root of its rows, and a query looks only at the
     * rows of those nearest to it. Its similarities are exact, and rank as those of {@link #search}. {@link #recall} measures what it
     * found. A lake of fewer than 4,096 rows is searched exactly, and so is one whose cells are all probed.
     *
     * @param queries a table with these columns
     * @param lake a table of the same model with these columns, which is read twice, and once more by {@link #recall}
     * @param probed cells that a query looks into, at least 1
     * @return the neighbours, and the work without that of finding the cells
     */
    public Neighbors approximate(Dataset<Row> queries, Dataset<Row> lake, int probed) {
        if (probed < 1) {
            throw new IllegalArgumentException(
                    "a query looks into 1 cell or more, found probed = %s".formatted(probed));
        }
        if (!ranking.equals(Ranking.nearest(ranking.numResults()))) {
            throw new IllegalArgumentException(
                    "cells are near by cosine, so an approximate search is for the most similar by cosine, found %s"
                            .formatted(ranking));
        }
        SameModel.require(queries, lake);
        EmbeddingSample sample = EmbeddingSample.of(columns.elements(lake), CellJoin.SAMPLE);
        if (sample.rows() < FEW_FOR_CELLS) {
            return search(queries, lake);
        }
        EmbeddingMatrix<Integer> embeddings = sample.embeddings();
        Cells cells = Cells.of(embeddings, CellJoin.cells(sample.rows(), embeddings.size()), FastestProduct.ofMany());
        if (probed >= cells.count()) {
            Neighbors exact = search(queries, lake);
            int all = Math.max(1, cells.count());
            return new Neighbors(exact.rows(), exact.work(), all, all);
        }
        return approximate(queries, lake, cells, probed, sample.rows(), Integer.MAX_VALUE);
    }

    /**
     * A search in given cells.
     *
     * @param mostOfSearch queries that a cell is searched for at a time, or less if a task's memory wants it
     */
    Neighbors approximate(
            Dataset<Row> queries, Dataset<Row> lake, Cells cells, int probed, long rows, int mostOfSearch) {
        NearestJoin.Found found = found(
                queries,
                EmbeddingId.in(columns.idField(queries)),
                lake,
                EmbeddingId.in(columns.idField(lake)),
                cells,
                probed,
                rows,
                mostOfSearch);
        return new Neighbors(ranked(found, queries, lake), found.work(), cells.count(), probed);
    }

    /**
     * What part of the exact neighbours of some queries, up to 100, were found: they are searched for exactly here. Which, a hash of their ids
     * says, so that they are the same every time.
     *
     * @param found rows of {@link #approximate}, for these queries and this lake
     * @param queries a table with these columns
     * @param lake a table of the same model with these columns
     * @return the part, 1 if there is nothing to find
     */
    public Recall recall(Dataset<Row> found, Dataset<Row> queries, Dataset<Row> lake) {
        int most = Math.max(1, Math.min(MEASURED, MOST_NEIGHBORS / ranking.numResults()));
        Dataset<Row> some = queries.where(
                        ColumnNames.column(columns.embedding()).isNotNull())
                .orderBy(xxhash64(ColumnNames.column(columns.id())))
                .limit(most);
        Dataset<Row> exact =
                join(some, lake).select("query", "neighbor").distinct().persist(StorageLevel.DISK_ONLY());
        try {
            long wanted = exact.count();
            long both = exact.join(
                            found,
                            exact.col("query")
                                    .equalTo(found.col("query"))
                                    .and(exact.col("neighbor").equalTo(found.col("neighbor"))))
                    .select(exact.col("query"), exact.col("neighbor"))
                    .distinct()
                    .count();
            return new Recall(
                    wanted == 0 ? 1 : (double) both / wanted,
                    exact.select("query").distinct().count());
        } finally {
            exact.unpersist();
        }
    }

    private Dataset<Row> ranked(NearestJoin.Found found, Dataset<Row> queries, Dataset<Row> lake) {
        StructType schema = new StructType()
                .add("number", DataTypes.LongType, false)
                .add("query", columns.idField(queries).dataType(), false)
                .add("neighbor", columns.idField(lake).dataType(), false)
                .add("similarity", DataTypes.DoubleType, false);
        WindowSpec bestFirst =
                Window.partitionBy("number").orderBy(col("similarity").multiply(-sign()), col("neighbor"));
        return lake.sparkSession()
                .createDataFrame(found.rows(), schema)
                .withColumn("rank", row_number().over(bestFirst))
                .where(col("rank").leq(ranking.numResults()))
                .orderBy("number", "rank")
                .select("query", "rank", "neighbor", "similarity");
    }

    private <Q extends Comparable<? super Q>, I extends Comparable<? super I>> NearestJoin.Found found(
            Dataset<Row> queries,
            EmbeddingId<Q> queryId,
            Dataset<Row> lake,
            EmbeddingId<I> id,
            int mostSent,
            int mostOfBlock) {
        NearestJoin<Q, I> join = new NearestJoin<>(ranking, queryId, id);
        JavaRDD<Embedding<I>> rows = columns.rows(lake, id);
        JavaRDD<Tuple3<Long, Object, byte[]>> asked = QueryBatch.of(columns.rows(queries, queryId), queryId);
        List<Tuple3<Long, Object, byte[]>> first = QueryBatch.first(asked, mostSent + 1);
        if (first.isEmpty()) {
            JavaSparkContext context =
                    JavaSparkContext.fromSparkContext(lake.sparkSession().sparkContext());
            return new NearestJoin.Found(context.emptyRDD(), DuplicateEmbeddings.Work.of(context.sc(), 1));
        }
        return first.size() <= mostSent
                ? join.ofAll(QueryBatch.batch(first, queryId), rows)
                : join.ofBlocks(asked, mostOfBlock, rows);
    }

    private <Q extends Comparable<? super Q>, I extends Comparable<? super I>> NearestJoin.Found found(
            Dataset<Row> queries,
            EmbeddingId<Q> queryId,
            Dataset<Row> lake,
            EmbeddingId<I> id,
            Cells cells,
            int probed,
            long rowCount,
            int mostOfSearch) {
        return new CellJoin<>(new NearestJoin<>(ranking, queryId, id), cells, probed)
                .of(
                        QueryBatch.of(columns.rows(queries, queryId), queryId),
                        mostOfSearch,
                        QueryBatch.of(columns.rows(lake, id), id),
                        rowCount);
    }

    /** The columns of {@link #join}, without a look at the rows. */
    StructType schema(Dataset<Row> queries, Dataset<Row> lake) {
        columns.requireVectors(queries);
        columns.requireVectors(lake);
        return new StructType()
                .add("query", columns.idField(queries).dataType(), false)
                .add("rank", DataTypes.IntegerType, false)
                .add("neighbor", columns.idField(lake).dataType(), false)
                .add("similarity", DataTypes.DoubleType, false);
    }

    private int sign() {
        return ranking.direction() == RankOrder.MOST_SIMILAR ? 1 : -1;
    }
}
