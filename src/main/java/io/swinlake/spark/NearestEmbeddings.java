package io.swinlake.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.row_number;

import io.swinlake.PublicApi;
import io.swinlake.search.RankOrder;
import io.swinlake.search.Ranking;
import io.swinlake.spark.search.EmbeddingId;
import io.swinlake.spark.search.QueryBatch;
import io.swinlake.table.SameModel;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.expressions.WindowSpec;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.Tuple3;

/**
 * Joins a table of queries with the nearest rows of a lake, exactly: the ids are those of a float64 comparison of every
 * query with every row, and rows of equal similarity rank by ascending id. The contract is that of Spark 4.2's
 * {@code nearestByJoin}, for cosine and inner product.
 *
 * <p>Up to 16,384 queries pass the driver and are sent to every executor, and the lake is read once. More are laid out in blocks, as many
 * in one as a task's memory holds, and each block reads the lake. A task holds its queries, their neighbours, and 1,024 rows. Of many
 * queries by cosine, most rows are ruled out by a bound over their heads: see {@code docs/search.md}.
 */
@PublicApi(since = "0.1.0")
public record NearestEmbeddings(EmbeddingColumns columns, Ranking ranking) {
    /** Of one search that is sent to all tasks: of 768 elements 96 MiB in a task. */
    private static final int MOST_QUERIES = 16384;

    /** Of one task, some 150 bytes each. */
    private static final int MOST_NEIGHBORS = 4_000_000;

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
     */
    public record Neighbors(Dataset<Row> rows, DuplicateEmbeddings.Work work) {}

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
        StructType schema = new StructType()
                .add("number", DataTypes.LongType, false)
                .add("query", columns.idField(queries).dataType(), false)
                .add("neighbor", columns.idField(lake).dataType(), false)
                .add("similarity", DataTypes.DoubleType, false);
        NearestJoin.Found found = found(
                queries,
                EmbeddingId.in(columns.idField(queries)),
                lake,
                EmbeddingId.in(columns.idField(lake)),
                mostSent,
                mostOfBlock);
        WindowSpec bestFirst =
                Window.partitionBy("number").orderBy(col("similarity").multiply(-sign()), col("neighbor"));
        Dataset<Row> ranked = lake.sparkSession()
                .createDataFrame(found.rows(), schema)
                .withColumn("rank", row_number().over(bestFirst))
                .where(col("rank").leq(ranking.numResults()))
                .orderBy("number", "rank")
                .select("query", "rank", "neighbor", "similarity");
        return new Neighbors(ranked, found.work());
    }

    private <Q extends Comparable<? super Q>, I extends Comparable<? super I>> NearestJoin.Found found(
            Dataset<Row> queries,
            EmbeddingId<Q> queryId,
            Dataset<Row> lake,
            EmbeddingId<I> id,
            int mostSent,
            int mostOfBlock) {
        NearestJoin<Q, I> join = new NearestJoin<>(ranking, queryId, id);
        JavaRDD<InternalRow> rows = columns.rows(lake);
        JavaRDD<Tuple3<Long, Object, byte[]>> asked =
                QueryBatch.of(columns.rows(queries), queryId, EmbeddingColumns::elements);
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
