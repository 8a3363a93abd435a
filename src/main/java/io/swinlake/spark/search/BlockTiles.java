package io.swinlake.spark.search;

import io.swinlake.spark.search.BlockLayout.Tile;
import java.util.List;
import org.apache.spark.HashPartitioner;
import org.apache.spark.Partition;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.rdd.PartitionCoalescer;
import org.apache.spark.rdd.PartitionGroup;
import org.apache.spark.rdd.RDD;
import scala.Option;
import scala.collection.JavaConverters;

/** The blocks of each tile as a partition: Spark's coalesced partitions, but that a block may be in many of them. */
public final class BlockTiles {
    private BlockTiles() {}

    /**
     * A partition for each tile: its blocks one after the other, those that it holds first.
     *
     * @param blocks of one element a partition
     */
    public static <T> JavaRDD<T> of(JavaRDD<T> blocks, List<Tile> tiles) {
        return JavaRDD.fromRDD(
                blocks.rdd().coalesce(tiles.size(), false, Option.apply(new ByTile(List.copyOf(tiles))), null),
                blocks.classTag());
    }

    /** Spark wants Scala's {@code Serializable}, which Scala 2.13 does not have: a class that is either brings the right one. */
    private static final class ByTile extends HashPartitioner implements PartitionCoalescer {
        private static final long serialVersionUID = 1;

        private final List<Tile> tiles;

        ByTile(List<Tile> tiles) {
            super(tiles.size());
            this.tiles = tiles;
        }

        @Override
        public PartitionGroup[] coalesce(int most, RDD<?> blocks) {
            Partition[] partitions = blocks.partitions();
            PartitionGroup[] groups = new PartitionGroup[tiles.size()];
            for (int number = 0; number < groups.length; number++) {
                groups[number] = new PartitionGroup(Option.empty()); // where its first block is
                List<Partition> group = JavaConverters.bufferAsJavaList(groups[number].partitions());
                for (int block : tiles.get(number).blocks(number)) {
                    group.add(partitions[block]);
                }
            }
            return groups;
        }
    }
}
