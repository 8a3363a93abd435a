package io.swinlake.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.row_number;

import io.swinlake.PublicApi;
import io.swinlake.runtime.LibtorchProduct;
import io.swinlake.search.EmbeddingMatrix;
import io.swinlake.search.MatrixProduct;
import io.swinlake.search.NearestRows;
import io.swinlake.search.RankOrder;
import io.swinlake.search.Ranking;
import io.swinlake.spark.search.EmbeddingId;
import io.swinlake.spark.search.PackedEmbeddings;
import io.swinlake.table.SameModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.expressions.WindowSpec;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.Tuple2;
import scala.Tuple3;

/**
 * Joins a table of queries with the nearest rows of a lake, exactly: the ids are those of a float64 comparison of every
 * query with every row, and rows of equal similarity rank by ascending id. The contract is that of Spark 4.2's
 * {@code nearestByJoin}, for cosine and inner product.
 *
 * <p>The queries are collected by the driver and sent to every executor, 4,096 at a time; each such batch reads the lake
 * once. A task holds one batch, its neighbours, and 1,024 rows.
 */
@PublicApi(since = "0.1.0")
public record NearestEmbeddings(EmbeddingColumns columns, Ranking ranking) {
    /** Of one pass over the lake: 16 MiB of scores a task. */
    private static final int MOST_QUERIES = 4096;

    /**
     * Below, the product in Java is as fast as the lake is read, and libtorch, a second and 200 MB to load, is not worth it.
     */
    private static final int FEW_QUERIES = 16;

    /** Of one task and pass, some 100 bytes each. */
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
        SameModel.require(queries, lake);
        StructType schema = new StructType()
                .add("number", DataTypes.IntegerType, false)
                .add("query", columns.idField(queries).dataType(), false)
                .add("neighbor", columns.idField(lake).dataType(), false)
                .add("similarity", DataTypes.DoubleType, false);
        JavaRDD<InternalRow> rows = columns.rows(lake);
        EmbeddingId<?> id = EmbeddingId.in(columns.idField(lake));
        Dataset<Row> neighbors = lake.sparkSession().createDataFrame(List.of(), schema);
        for (QueryBatch batch : batches(queries)) {
            JavaRDD<Row> candidates = candidates(batch, rows, id);
            neighbors = neighbors.union(lake.sparkSession().createDataFrame(candidates, schema));
        }
        WindowSpec bestFirst =
                Window.partitionBy("number").orderBy(col("similarity").multiply(-sign()), col("neighbor"));
        return neighbors
                .withColumn("rank", row_number().over(bestFirst))
                .where(col("rank").leq(ranking.numResults()))
                .orderBy("number", "rank")
                .select("query", "rank", "neighbor", "similarity");
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

    /**
     * Queries of one pass over the lake.
     *
     * @param first number of its first query among all
     * @param ids of the queries
     */
    private record QueryBatch(int first, EmbeddingMatrix<Integer> embeddings, List<Object> ids) {
        /** As Spark sends it; see {@link PackedEmbeddings}. */
        Tuple3<Integer, Object[], float[]> packed() {
            return new Tuple3<>(first, ids.toArray(), embeddings.elements());
        }

        static QueryBatch of(Tuple3<Integer, Object[], float[]> packed) {
            int dimension = packed._3().length / packed._2().length;
            QueryBatch batch = new QueryBatch(packed._1(), new EmbeddingMatrix<>(dimension), new ArrayList<>());
            for (int row = 0; row < packed._2().length; row++) {
                batch.add(packed._2()[row], Arrays.copyOfRange(packed._3(), row * dimension, (row + 1) * dimension));
            }
            return batch;
        }

        void add(Object id, float[] embedding) {
            embeddings.add(first + ids.size(), embedding);
            ids.add(id);
        }
    }

    private List<QueryBatch> batches(Dataset<Row> table) {
        List<Tuple2<Object, float[]>> queries = collect(columns.rows(table), EmbeddingId.in(columns.idField(table)));
        int size = Math.max(1, Math.min(MOST_QUERIES, MOST_NEIGHBORS / ranking.numResults()));
        List<QueryBatch> batches = new ArrayList<>();
        for (int number = 0; number < queries.size(); number++) {
            if (number % size == 0) {
                int dimension = queries.get(0)._2().length;
                batches.add(new QueryBatch(number, new EmbeddingMatrix<>(dimension), new ArrayList<>()));
            }
            batches.get(batches.size() - 1)
                    .add(queries.get(number)._1(), queries.get(number)._2());
        }
        return batches;
    }

    private static <I extends Comparable<? super I>> List<Tuple2<Object, float[]>> collect(
            JavaRDD<InternalRow> rows, EmbeddingId<I> id) {
        return rows.map(row -> new Tuple2<>(id.external(id.of(row)), EmbeddingColumns.elements(row)))
                .collect();
    }

    /** The best of each partition. */
    private <I extends Comparable<? super I>> JavaRDD<Row> candidates(
            QueryBatch batch, JavaRDD<InternalRow> rows, EmbeddingId<I> id) {
        Broadcast<Tuple3<Integer, Object[], float[]>> shared =
                JavaSparkContext.fromSparkContext(rows.context()).broadcast(batch.packed());
        Ranking wanted = ranking;
        return rows.mapPartitions(partition -> search(QueryBatch.of(shared.value()), wanted, partition, id));
    }

    private static <I extends Comparable<? super I>> Iterator<Row> search(
            QueryBatch batch, Ranking ranking, Iterator<InternalRow> rows, EmbeddingId<I> id) {
        NearestRows<I> search = new NearestRows<>(batch.embeddings(), ranking, product(batch));
        while (rows.hasNext()) {
            InternalRow row = rows.next();
            search.add(id.of(row), EmbeddingColumns.elements(row));
        }
        return IntStream.range(0, batch.ids().size())
                .boxed()
                .flatMap(query -> search.neighborsOf(query).stream()
                        .map(neighbor -> RowFactory.create(
                                batch.embeddings().id(query),
                                batch.ids().get(query),
                                id.external(neighbor.id()),
                                neighbor.similarity())))
                .iterator();
    }

    /** What multiplies in this task; the neighbours are the same with either. */
    private static MatrixProduct product(QueryBatch batch) {
        return batch.ids().size() < FEW_QUERIES
                ? MatrixProduct.inJava()
                : LibtorchProduct.ifAvailable().orElseGet(MatrixProduct::inJava);
    }
}
