package io.swinlake.spark;

import static org.apache.spark.sql.functions.col;

import io.swinlake.PublicApi;
import io.swinlake.search.HeadedRows;
import io.swinlake.search.SearchPlan;
import io.swinlake.search.SearchWork;
import io.swinlake.search.SimilarRows;
import io.swinlake.spark.search.BlockBuilder;
import io.swinlake.spark.search.BlockLayout;
import io.swinlake.spark.search.BlockLayout.Tile;
import io.swinlake.spark.search.BlockTiles;
import io.swinlake.spark.search.ConnectedIds;
import io.swinlake.spark.search.Embedding;
import io.swinlake.spark.search.EmbeddingId;
import io.swinlake.spark.search.EmbeddingSample;
import io.swinlake.spark.search.TileRows;
import io.swinlake.table.SameModel;
import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import org.apache.spark.HashPartitioner;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.LongAccumulator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Tuple2;
import scala.Tuple3;
import scala.Tuple4;

/**
 * Near-duplicates in a lake: all pairs of images whose embeddings reach a cosine, and the groups that the pairs connect. Every pair
 * is decided, exactly, but few are multiplied in full: see {@code docs/search.md}. Equal embeddings are duplicates at every
 * threshold.
 *
 * <p>The table is read twice, once for a sample. Its embeddings then lie on Spark's local disks in blocks, and a task holds as many of them
 * as its memory allows while others pass by: each pair of blocks meets once, see {@link BlockLayout}.
 *
 * @param threshold least cosine of a pair
 */
@PublicApi(since = "0.1.0")
public record DuplicateEmbeddings(EmbeddingColumns columns, double threshold) {
    private static final Logger LOG = LoggerFactory.getLogger(DuplicateEmbeddings.class);

    /** An embedding's id and lengths in memory, about. */
    private static final int ID_BYTES = 128;

    /** Multiplications of all pairs in full that take less time than a plan's axes. */
    private static final double FEW = 1e11;

    /**
     * The pairs of a lake. Close it when the rows have been used: Spark keeps the embeddings on its local disks until then, since
     * every task reads some of them.
     *
     * @param rows columns {@code left} and {@code right} (ids, left before right) and {@code similarity} (double)
     * @param work what the search took, once the rows have been computed
     */
    public record Pairs(Dataset<Row> rows, JavaRDD<?> chunks, Work work) implements AutoCloseable {
        @Override
        public void close() {
            chunks.unpersist(false);
        }
    }

    /**
     * What a search took so far, of all its tasks. What ran twice, as after the loss of an executor, counts twice.
     *
     * @param pairs of different embeddings that were decided
     * @param inFull pairs of them that all elements were multiplied of
     * @param multiplications of two numbers
     * @param dimension elements of an embedding
     * @param all pairs that there are, of an approximate search, which decides some of them; else 0
     */
    public record Work(
            LongAccumulator pairs, LongAccumulator inFull, LongAccumulator multiplications, int dimension, long all)
            implements Serializable {
        static Work of(SparkContext context, int dimension) {
            return ofSome(context, dimension, 0);
        }

        static Work ofSome(SparkContext context, int dimension, long all) {
            return new Work(
                    context.longAccumulator(), context.longAccumulator(), context.longAccumulator(), dimension, all);
        }

        void add(SearchWork done) {
            pairs.add(done.pairs());
            inFull.add(done.inFull());
            multiplications.add(done.multiplications());
        }

        /** {@return the part of the multiplications of all pairs in full that was not needed, at most 1} */
        public double saved() {
            double allInFull = (double) Math.max(all, pairs.value()) * dimension;
            return allInFull == 0 ? 0 : 1 - multiplications.value() / allInFull;
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
        return pairs(lake, Optional.empty(), Kept.ALL);
    }

    /**
     * The same, for as many of the pairs as connect every group that all would: of a task, less than it
     * compares images; of n equal images, n - 1.
     *
     * @param lake a table of one model, with these columns
     * @return the links, to be closed
     */
    public Pairs links(Dataset<Row> lake) {
        return pairs(lake, Optional.empty(), Kept.LINKS);
    }

    /**
     * Those of {@link #pairs(Dataset)} that have an image of the first table: what is new to a lake whose pairs are known.
     *
     * @param fresh a table of one model, with these columns
     * @param settled the rest of the lake, of the same model: its images are not compared with each other
     * @return the pairs, to be closed
     */
    public Pairs pairs(Dataset<Row> fresh, Dataset<Row> settled) {
        return pairs(fresh, Optional.of(settled), Kept.ALL);
    }

    /**
     * The same, for as many of the pairs as connect, with any links of the settled images, what all pairs of the lake would.
     *
     * @param fresh a table of one model, with these columns
     * @param settled the rest of the lake, of the same model: its images are not compared with each other
     * @return the links, to be closed
     */
    public Pairs links(Dataset<Row> fresh, Dataset<Row> settled) {
        return pairs(fresh, Optional.of(settled), Kept.LINKS);
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
        return ConnectedIds.schema(pairsSchema(lake).apply("left").dataType());
    }

    private Pairs pairs(Dataset<Row> fresh, Optional<Dataset<Row>> settled, Kept kept) {
        settled.ifPresentOrElse(rest -> SameModel.require(fresh, rest), () -> SameModel.require(fresh));
        return pairs(fresh, settled, EmbeddingId.in(columns.idField(fresh)), kept);
    }

    /** @param settled rows that are compared with the others only */
    private <I extends Comparable<? super I>> Pairs pairs(
            Dataset<Row> table, Optional<Dataset<Row>> settled, EmbeddingId<I> id, Kept kept) {
        SparkSession spark = table.sparkSession();
        StructType schema = pairsSchema(table);
        JavaRDD<Embedding<I>> rows = columns.rows(table, id);
        Optional<JavaRDD<Embedding<I>>> settledRows = settled.map(rest -> columns.rows(rest, id));
        double least = threshold;
        EmbeddingSample fresh = EmbeddingSample.of(rows.map(Embedding::elements));
        Optional<EmbeddingSample> rest = settledRows.map(others -> EmbeddingSample.of(others.map(Embedding::elements)));
        long others = rest.map(EmbeddingSample::rows).orElse(0L);
        EmbeddingSample sample =
                rest.filter(other -> other.rows() > fresh.rows()).orElse(fresh);
        int dimension = sample.embeddings().dimension();
        double all = ((double) fresh.rows() / 2 + others) * fresh.rows() * dimension;
        SearchPlan plan = all < FEW
                ? SearchPlan.inFull(dimension)
                : SearchPlan.choose(sample.embeddings(), least, FastestProduct.of(all));
        BlockLayout layout =
                BlockLayout.of(spark.sparkContext(), fresh.rows(), others, HeadedRows.bytes(plan) + ID_BYTES);
        int leading = layout.leading();
        int behind = layout.behind();
        List<Tile> tiles = layout.tiles();
        LOG.info(
                "{} embeddings in {} blocks, {} others in {}, compared by {} tasks that hold up to {} blocks: {}",
                fresh.rows(),
                leading,
                others,
                behind,
                tiles.size(),
                layout.held(),
                plan);
        JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
        Broadcast<float[]> axes = context.broadcast(plan.axes());
        int[] stages = plan.stages();
        double each = all / tiles.size();
        boolean collapsed = kept == Kept.LINKS;
        JavaPairRDD<Integer, Tuple3<byte[], Object, byte[]>> sent =
                rows.mapPartitionsToPair(part -> BlockBuilder.rows(part, id, collapsed, 0, leading));
        if (behind > 0) {
            sent = sent.union(settledRows
                    .orElseThrow()
                    .mapPartitionsToPair(part -> BlockBuilder.rows(part, id, collapsed, leading, behind)));
        }
        JavaRDD<Tuple2<Tuple4<Object[], byte[], byte[], byte[]>, Tuple3<Object[], Object[], double[]>>> blocks =
                sent.partitionBy(new HashPartitioner(layout.blocks()))
                        .values()
                        .mapPartitions(part -> List.of(BlockBuilder.block(
                                        part,
                                        id,
                                        SearchPlan.of(dimension, axes.value(), stages),
                                        FastestProduct.of(each)))
                                .iterator())
                        // Not in memory: blocks of this size leave a task no room beside them, and the system caches
                        // files.
                        .persist(StorageLevel.DISK_ONLY());
        Work work = Work.of(spark.sparkContext(), dimension);
        JavaRDD<Row> pairs = BlockTiles.of(blocks, tiles)
                .mapPartitionsWithIndex(
                        (number, tile) -> {
                            SimilarRows search = new SimilarRows(
                                    least, SearchPlan.of(dimension, axes.value(), stages), FastestProduct.of(each));
                            return new TileRows<>(
                                    tile, tiles.get(number), id, search, collapsed, () -> work.add(search.work()));
                        },
                        false);
        // Not orderBy, which would compute all of it once more, for a sample to cut by.
        Dataset<Row> sorted =
                spark.createDataFrame(pairs, schema).repartition(col("left")).sortWithinPartitions("left", "right");
        return new Pairs(sorted, blocks, work);
    }

    /**
     * The groups of pairs or links: columns {@code id} and {@code group}, the smallest id of its group. Tasks connect them: no
     * process holds all ids, if there are millions.
     *
     * @param pairs rows of {@link Pairs}; computed by this call
     * @return a row for each image that has a duplicate
     */
    public static Dataset<Row> groups(Dataset<Row> pairs) {
        return ConnectedIds.of(pairs, ConnectedIds.FEW);
    }
}
