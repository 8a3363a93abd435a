package io.swinlake.spark.search;

import java.io.Serializable;
import java.util.Iterator;
import java.util.stream.StreamSupport;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.rdd.PartitionPruningRDD;
import scala.Tuple2;
import scala.runtime.AbstractFunction1;

/** How many blocks embeddings lie in, and every two of these once: the triangle of a cartesian product. */
public final class BlockPairs {
    /** Bytes of a block: its size again and again is what a task reads. */
    private static final long MOST_BYTES = 192L << 20;

    private static final long LEAST_BYTES = 4L << 20;

    /** A task holds two blocks, each as Spark stores it and as arrays, and their heads. */
    private static final int HELD = 8;

    /** Rows below which a second block is not worth a task. */
    private static final int FEW_ROWS = 4096;

    private BlockPairs() {}

    /** Blocks for some rows: as few as a task's memory allows, but enough for all cores. */
    public static int blocks(SparkContext context, long rows, int dimension) {
        long cores = Math.max(1, context.defaultParallelism());
        long byCores = (long) Math.ceil(Math.sqrt(6.0 * cores)); // three tasks for each
        return Math.toIntExact(Math.max(byMemory(context, rows, dimension), Math.min(byCores, 1 + rows / FEW_ROWS)));
    }

    /**
     * Blocks for rows that are compared only with those of some other blocks.
     *
     * @param others how many those are
     */
    public static int blocksBeside(SparkContext context, int others, long rows, int dimension) {
        long cores = Math.max(1, context.defaultParallelism());
        long byCores = (long) Math.ceil(3.0 * cores / others); // three tasks for each
        return Math.toIntExact(Math.max(byMemory(context, rows, dimension), Math.min(byCores, 1 + rows / FEW_ROWS)));
    }

    private static long byMemory(SparkContext context, long rows, int dimension) {
        long bytes = Math.max(LEAST_BYTES, Math.min(MOST_BYTES, taskMemory(context) / HELD));
        return 1 + rows * dimension * Float.BYTES / bytes;
    }

    /** Bytes of the heap for each task that runs. */
    static long taskMemory(SparkContext context) {
        if (context.isLocal()) {
            return Runtime.getRuntime().maxMemory() / Math.max(1, context.defaultParallelism());
        }
        long memory = context.getConf().getSizeAsBytes("spark.executor.memory", "1g");
        return memory / Math.max(1, context.getConf().getInt("spark.executor.cores", 1));
    }

    /**
     * The elements of every two partitions, one of each, the first no later than the second: where both are of the same
     * partition, they are equal. Of those behind the leading ones no two meet.
     *
     * @param blocks of one element a partition
     * @param leading how many meet all
     */
    public static <T> JavaRDD<Tuple2<Tuple2<T, Integer>, Tuple2<T, Integer>>> of(JavaRDD<T> blocks, int leading) {
        int count = blocks.getNumPartitions();
        JavaRDD<Tuple2<T, Integer>> numbered =
                blocks.mapPartitionsWithIndex((number, part) -> numbered(number, part), true);
        JavaPairRDD<Tuple2<T, Integer>, Tuple2<T, Integer>> all = numbered.cartesian(numbered);
        return JavaRDD.fromRDD(PartitionPruningRDD.create(all.rdd(), new Triangle(count, leading)), all.classTag());
    }

    private static <T> Iterator<Tuple2<T, Integer>> numbered(int number, Iterator<T> part) {
        Iterable<T> once = () -> part;
        return StreamSupport.stream(once.spliterator(), false)
                .map(block -> new Tuple2<>(block, number))
                .iterator();
    }

    /** Which partitions of the cartesian product are computed. */
    private static final class Triangle extends AbstractFunction1<Object, Object> implements Serializable {
        private final int count;
        private final int leading;

        Triangle(int count, int leading) {
            this.count = count;
            this.leading = leading;
        }

        @Override
        public Object apply(Object partition) {
            int number = (Integer) partition;
            int first = number / count;
            return first < leading && first <= number % count;
        }
    }
}
