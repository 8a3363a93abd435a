package io.swinlake.spark;

import io.swinlake.search.EmbeddingMatrix;
import io.swinlake.search.LeastSimilarities;
import io.swinlake.search.NearestRows;
import io.swinlake.search.Ranking;
import io.swinlake.search.SearchPlan;
import io.swinlake.search.Similarity;
import io.swinlake.search.product.MatrixProduct;
import io.swinlake.spark.search.Embedding;
import io.swinlake.spark.search.EmbeddingId;
import io.swinlake.spark.search.EmbeddingSample;
import io.swinlake.spark.search.PackedRows;
import io.swinlake.spark.search.QueryBatch;
import io.swinlake.spark.search.SharedLeast;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Tuple2;
import scala.Tuple3;

/**
 * The tasks of {@link NearestEmbeddings}: each finds the best that a part of the lake has for some of the queries, as rows of a query's
 * number, its id, the neighbour's id and the similarity.
 */
record NearestJoin<Q extends Comparable<? super Q>, I extends Comparable<? super I>>(
        Ranking ranking, EmbeddingId<Q> queryId, EmbeddingId<I> id) implements Serializable {
    private static final Logger LOG = LoggerFactory.getLogger(NearestJoin.class);

    /**
     * Below, the product in Java is as fast as the lake is read, and libtorch, a second and 200 MB to load, is not worth it.
     */
    private static final int FEW_QUERIES = 16;

    /** Below, finding the axes of heads takes longer than they save. */
    private static final int FEW_FOR_HEADS = 128;

    /** Partitions that the axes come from. */
    private static final int SAMPLED = 8;

    /** Tasks of a core, which end at about the same time. */
    private static final int TASKS = 3;

    /** What was found, and what it took once that has been computed. */
    record Found(JavaRDD<Row> rows, DuplicateEmbeddings.Work work) {}

    /** A task searches one partition of the lake for all queries, which are sent to each. */
    Found ofAll(QueryBatch<Q> batch, JavaRDD<Embedding<I>> rows) {
        SearchPlan plan = plan(batch.embeddings(), batch.size(), rows);
        JavaSparkContext context = JavaSparkContext.fromSparkContext(rows.context());
        DuplicateEmbeddings.Work work = DuplicateEmbeddings.Work.of(rows.context(), plan.dimension());
        Broadcast<Tuple3<Object[], Object[], float[]>> shared = context.broadcast(batch.packed(queryId));
        Broadcast<float[]> axes = context.broadcast(plan.axes());
        int[] stages = plan.stages();
        JavaRDD<Row> found = rows.mapPartitions(partition -> {
            QueryBatch<Q> queries = QueryBatch.unpack(shared.value(), queryId);
            LeastSimilarities least = SharedLeast.of(shared.value()._3(), queries.size());
            NearestRows<I> search = search(queries, axes.value(), stages, least);
            while (partition.hasNext()) {
                Embedding<I> row = partition.next();
                search.add(row.id(), row.elements());
            }
            return neighbors(queries, search, work);
        });
        return new Found(found, work);
    }

    /**
     * A task searches for one block of the queries, in a part of the lake if there are fewer blocks than cores want tasks, else in all
     * of it. No process holds more queries than its tasks search for.
     *
     * @param mostQueries of a block
     */
    Found ofBlocks(JavaRDD<Tuple3<Long, Object, byte[]>> queries, int mostQueries, JavaRDD<Embedding<I>> rows) {
        SparkContext context = rows.context();
        EmbeddingSample sample = EmbeddingSample.of(queries.map(query -> PackedRows.floats(query._3())));
        int dimension = sample.embeddings().dimension();
        int most = Math.min(mostQueries, QueryBatch.most(context, dimension, ranking.numResults()));
        int blocks = Math.toIntExact((sample.rows() + most - 1) / most);
        int parts = Math.max(1, Math.min(rows.getNumPartitions(), TASKS * context.defaultParallelism() / blocks));
        SearchPlan plan = plan(sample.embeddings(), Math.toIntExact(sample.rows() / blocks), rows);
        LOG.info("{} queries in {} blocks, the rows in {} parts", sample.rows(), blocks, parts);
        DuplicateEmbeddings.Work work = DuplicateEmbeddings.Work.of(context, dimension);
        Broadcast<float[]> axes = JavaSparkContext.fromSparkContext(context).broadcast(plan.axes());
        int[] stages = plan.stages();
        JavaRDD<Row> found = QueryBatch.blocks(queries, queryId, blocks)
                .cartesian(rows.coalesce(parts))
                .mapPartitions(pairs -> {
                    QueryBatch<Q> block = null;
                    NearestRows<I> search = null;
                    while (pairs.hasNext()) {
                        Tuple2<QueryBatch<Q>, Embedding<I>> pair = pairs.next();
                        if (search == null) {
                            block = pair._1(); // the only one
                            search = search(block, axes.value(), stages, new LeastSimilarities(block.size()));
                        }
                        search.add(pair._2().id(), pair._2().elements());
                    }
                    return search == null ? List.<Row>of().iterator() : neighbors(block, search, work);
                });
        return new Found(found, work);
    }

    private NearestRows<I> search(QueryBatch<Q> queries, float[] axes, int[] stages, LeastSimilarities least) {
        // The neighbours are the same with either product.
        MatrixProduct product = queries.size() < FEW_QUERIES ? MatrixProduct.inJava() : FastestProduct.ofMany();
        SearchPlan plan = SearchPlan.of(queries.embeddings().dimension(), axes, stages);
        return new NearestRows<>(queries.embeddings(), ranking, plan, least, product);
    }

    /** The rows of a search that has seen its part of the lake. */
    Iterator<Row> neighbors(QueryBatch<Q> queries, NearestRows<I> search, DuplicateEmbeddings.Work work) {
        search.finish();
        work.add(search.work());
        return IntStream.range(0, queries.size())
                .boxed()
                .flatMap(query -> search.neighborsOf(query).stream()
                        .map(neighbor -> RowFactory.create(
                                queries.numbers().get(query),
                                queryId.external(queries.embeddings().id(query)),
                                id.external(neighbor.id()),
                                neighbor.similarity())))
                .iterator();
    }

    /**
     * By the first rows of some partitions: reading all of the lake for a fair sample would take as long as the search.
     *
     * @param together queries that a task searches for
     */
    private SearchPlan plan(EmbeddingMatrix<?> queries, int together, JavaRDD<Embedding<I>> rows) {
        int dimension = queries.dimension();
        int partitions = rows.getNumPartitions();
        if (together < FEW_FOR_HEADS || ranking.similarity() != Similarity.COSINE || partitions == 0) {
            return SearchPlan.inFull(dimension);
        }
        int sampled = Math.min(SAMPLED, partitions);
        int each = 2 * SearchPlan.SAMPLE / sampled;
        int[] places = IntStream.range(0, sampled)
                .map(i -> (int) ((long) i * partitions / sampled))
                .toArray();
        List<float[]>[] parts = rows.map(Embedding::elements)
                .mapPartitions(part -> firstRows(part, each))
                .collectPartitions(places);
        List<float[]> drawn = new ArrayList<>();
        Arrays.stream(parts).forEach(drawn::addAll);
        SearchPlan plan = SearchPlan.choose(
                EmbeddingSample.shuffled(drawn, dimension), queries, together, FastestProduct.ofMany());
        LOG.info("{} queries together: {}", together, plan);
        return plan;
    }

    private static Iterator<float[]> firstRows(Iterator<float[]> part, int count) {
        List<float[]> first = new ArrayList<>();
        while (first.size() < count && part.hasNext()) {
            first.add(part.next());
        }
        return first.iterator();
    }
}
