package io.swinlake.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.row_number;

import io.swinlake.PublicApi;
import io.swinlake.search.EmbeddingMatrix;
import io.swinlake.search.NearestRows;
import io.swinlake.search.RankOrder;
import io.swinlake.search.Ranking;
import io.swinlake.search.SearchPlan;
import io.swinlake.search.Similarity;
import io.swinlake.search.product.MatrixProduct;
import io.swinlake.spark.search.EmbeddingId;
import io.swinlake.spark.search.EmbeddingSample;
import io.swinlake.spark.search.PackedRows;
import io.swinlake.spark.search.SharedLeast;
import io.swinlake.table.SameModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.SparkContext;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Tuple2;
import scala.Tuple3;

/**
 * Joins a table of queries with the nearest rows of a lake, exactly: the ids are those of a float64 comparison of every
 * query with every row, and rows of equal similarity rank by ascending id. The contract is that of Spark 4.2's
 * {@code nearestByJoin}, for cosine and inner product.
 *
 * <p>The queries pass the driver and are sent to every executor, up to 16,384 at a time; each such batch reads the lake once. A task
 * holds one batch, its neighbours, and 1,024 rows. Of many queries by cosine, most rows are ruled out by a bound over their heads: see
 * {@code docs/search.md}.
 */
@PublicApi(since = "0.1.0")
public record NearestEmbeddings(EmbeddingColumns columns, Ranking ranking) {
    private static final Logger LOG = LoggerFactory.getLogger(NearestEmbeddings.class);

    /** Of one pass over the lake: of 768 elements 96 MiB in a task. */
    private static final int MOST_QUERIES = 16384;

    /**
     * Below, the product in Java is as fast as the lake is read, and libtorch, a second and 200 MB to load, is not worth it.
     */
    private static final int FEW_QUERIES = 16;

    /** Below, finding the axes of heads takes longer than they save. */
    private static final int FEW_FOR_HEADS = 128;

    /** Partitions that the axes come from. */
    private static final int SAMPLED = 8;

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
        return search(queries, lake, MOST_QUERIES);
    }

    /** @param mostQueries of one pass over the lake */
    Neighbors search(Dataset<Row> queries, Dataset<Row> lake, int mostQueries) {
        SameModel.require(queries, lake);
        StructType schema = new StructType()
                .add("number", DataTypes.IntegerType, false)
                .add("query", columns.idField(queries).dataType(), false)
                .add("neighbor", columns.idField(lake).dataType(), false)
                .add("similarity", DataTypes.DoubleType, false);
        JavaRDD<InternalRow> rows = columns.rows(lake);
        EmbeddingId<?> id = EmbeddingId.in(columns.idField(lake));
        Dataset<Row> neighbors = lake.sparkSession().createDataFrame(List.of(), schema);
        SparkContext context = lake.sparkSession().sparkContext();
        DuplicateEmbeddings.Work work = null;
        SearchPlan plan = null;
        for (Iterator<QueryBatch> batches = batches(queries, mostQueries); batches.hasNext(); ) {
            QueryBatch batch = batches.next();
            plan = plan == null ? plan(batch, rows) : plan;
            work = work == null ? DuplicateEmbeddings.Work.of(context, plan.dimension()) : work;
            JavaRDD<Row> candidates = candidates(batch, rows, id, plan, work);
            neighbors = neighbors.union(lake.sparkSession().createDataFrame(candidates, schema));
        }
        WindowSpec bestFirst =
                Window.partitionBy("number").orderBy(col("similarity").multiply(-sign()), col("neighbor"));
        Dataset<Row> ranked = neighbors
                .withColumn("rank", row_number().over(bestFirst))
                .where(col("rank").leq(ranking.numResults()))
                .orderBy("number", "rank")
                .select("query", "rank", "neighbor", "similarity");
        return new Neighbors(ranked, work == null ? DuplicateEmbeddings.Work.of(context, 1) : work);
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
        /** As Spark sends it; see {@link PackedRows}. */
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

    /** One after the other, so that the driver holds one. */
    private Iterator<QueryBatch> batches(Dataset<Row> table, int most) {
        Iterator<Tuple2<Object, float[]>> queries =
                embeddings(columns.rows(table), EmbeddingId.in(columns.idField(table)));
        int size = Math.max(1, Math.min(most, MOST_NEIGHBORS / ranking.numResults()));
        return new Iterator<>() {
            private int number;

            @Override
            public boolean hasNext() {
                return queries.hasNext();
            }

            @Override
            public QueryBatch next() {
                Tuple2<Object, float[]> query = queries.next();
                QueryBatch batch = new QueryBatch(number, new EmbeddingMatrix<>(query._2().length), new ArrayList<>());
                batch.add(query._1(), query._2());
                while (batch.ids().size() < size && queries.hasNext()) {
                    query = queries.next();
                    batch.add(query._1(), query._2());
                }
                number += batch.ids().size();
                return batch;
            }
        };
    }

    private static <I extends Comparable<? super I>> Iterator<Tuple2<Object, float[]>> embeddings(
            JavaRDD<InternalRow> rows, EmbeddingId<I> id) {
        return rows.map(row -> new Tuple2<>(id.external(id.of(row)), EmbeddingColumns.elements(row)))
                .toLocalIterator();
    }

    /** By the first rows of some partitions: reading all of the lake for a fair sample would take as long as the search. */
    private SearchPlan plan(QueryBatch batch, JavaRDD<InternalRow> rows) {
        int dimension = batch.embeddings().dimension();
        int partitions = rows.getNumPartitions();
        if (batch.ids().size() < FEW_FOR_HEADS || ranking.similarity() != Similarity.COSINE || partitions == 0) {
            return SearchPlan.inFull(dimension);
        }
        int sampled = Math.min(SAMPLED, partitions);
        int each = 2 * SearchPlan.SAMPLE / sampled;
        int[] places = IntStream.range(0, sampled)
                .map(i -> (int) ((long) i * partitions / sampled))
                .toArray();
        List<float[]>[] parts = rows.map(EmbeddingColumns::elements)
                .mapPartitions(part -> firstRows(part, each))
                .collectPartitions(places);
        List<float[]> drawn = new ArrayList<>();
        Arrays.stream(parts).forEach(drawn::addAll);
        SearchPlan plan = SearchPlan.choose(
                EmbeddingSample.shuffled(drawn, dimension), batch.embeddings(), FastestProduct.ofMany());
        LOG.info("{} queries: {}", batch.ids().size(), plan);
        return plan;
    }

    private static Iterator<float[]> firstRows(Iterator<float[]> part, int count) {
        List<float[]> first = new ArrayList<>();
        while (first.size() < count && part.hasNext()) {
            first.add(part.next());
        }
        return first.iterator();
    }

    /** The best of each partition. */
    private <I extends Comparable<? super I>> JavaRDD<Row> candidates(
            QueryBatch batch,
            JavaRDD<InternalRow> rows,
            EmbeddingId<I> id,
            SearchPlan plan,
            DuplicateEmbeddings.Work work) {
        JavaSparkContext context = JavaSparkContext.fromSparkContext(rows.context());
        Broadcast<Tuple3<Integer, Object[], float[]>> shared = context.broadcast(batch.packed());
        Broadcast<float[]> axes = context.broadcast(plan.axes());
        int[] stages = plan.stages();
        int dimension = plan.dimension();
        Ranking wanted = ranking;
        return rows.mapPartitions(partition -> {
            QueryBatch queries = QueryBatch.of(shared.value());
            NearestRows<I> search = new NearestRows<>(
                    queries.embeddings(),
                    wanted,
                    SearchPlan.of(dimension, axes.value(), stages),
                    SharedLeast.of(shared.value()._3(), queries.ids().size()),
                    product(queries));
            return search(queries, search, partition, id, work);
        });
    }

    private static <I extends Comparable<? super I>> Iterator<Row> search(
            QueryBatch batch,
            NearestRows<I> search,
            Iterator<InternalRow> rows,
            EmbeddingId<I> id,
            DuplicateEmbeddings.Work work) {
        while (rows.hasNext()) {
            InternalRow row = rows.next();
            search.add(id.of(row), EmbeddingColumns.elements(row));
        }
        search.finish();
        work.add(search.work());
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
        return batch.ids().size() < FEW_QUERIES ? MatrixProduct.inJava() : FastestProduct.ofMany();
    }
}
