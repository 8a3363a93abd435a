package io.swinlake.spark.search;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.SparkContext;

/**
 * The blocks that embeddings lie in, and which tasks let them meet: a tile of the triangle of all pairs of blocks holds some blocks while others
 * pass by. So a block is read once for every tile that it is in, of which there are the fewer the more memory a task has, not once for every other block.
 *
 * @param leading blocks that meet all
 * @param behind blocks after those, no two of which meet
 * @param held blocks that a tile holds
 * @param passing blocks that pass by in a tile
 */
public record BlockLayout(int leading, int behind, int held, int passing) {
    /** Bytes of a block: what a task reads at a time. */
    private static final long MOST_BYTES = 64L << 20;

    private static final long LEAST_BYTES = 4L << 20;

    /** Blocks that a task's memory has room for: while one is made it is there five times. */
    private static final int ROOM = 24;

    /** Part of a task's memory for blocks that are held. */
    private static final double HELD_PART = 0.4;

    /** Rows below which a second block is not worth a task. */
    private static final int FEW_ROWS = 4096;

    private static final int BLOCKS_PER_CORE = 6; // three tasks, each of two blocks

    private static final int TILES_PER_CORE = 6;

    /** Blocks that pass by for each that is held: more would save little reading, and a task would take longer. */
    private static final int MOST_PASSING = 4;

    /**
     * A part of the pairs of blocks.
     *
     * @param isCompared the held blocks also meet each other
     */
    public record Tile(int heldFrom, int heldTo, boolean isCompared, int passingFrom, int passingTo)
            implements Serializable {
        /**
         * {@return the held blocks, and those that pass by}
         *
         * @param turn the held one to begin with: tasks that hold the same do not all wait for the first to be made
         */
        int[] blocks(int turn) {
            int held = held();
            return IntStream.concat(
                            IntStream.range(0, held).map(i -> heldFrom + (turn + i) % held),
                            IntStream.range(passingFrom, passingTo))
                    .toArray();
        }

        public int held() {
            return heldTo - heldFrom;
        }

        int size() {
            return held() + passingTo - passingFrom;
        }
    }

    /**
     * A layout for as few readings as the tasks' memory allows, but with work for all cores.
     *
     * @param rows that are compared with all
     * @param others rows that are compared with those only
     * @param rowBytes of an embedding with its heads
     */
    public static BlockLayout of(SparkContext context, long rows, long others, long rowBytes) {
        return of(Math.max(1, context.defaultParallelism()), taskMemory(context), rows, others, rowBytes);
    }

    static BlockLayout of(int cores, long taskMemory, long rows, long others, long rowBytes) {
        long most = Math.max(LEAST_BYTES, Math.min(MOST_BYTES, taskMemory / ROOM));
        int leading = blocks(rows, most / rowBytes, Math.sqrt((double) BLOCKS_PER_CORE * cores));
        int behind =
                rows == 0 || others == 0 ? 0 : blocks(others, most / rowBytes, BLOCKS_PER_CORE / 2.0 * cores / leading);
        double pairs = leading * (leading / 2.0 + behind);
        double tile = Math.max(1, pairs / cores / TILES_PER_CORE);
        double blockBytes = Math.max(1.0, (double) rows * rowBytes / leading);
        int held = (int) Math.max(1, Math.min(Math.sqrt(tile), HELD_PART * taskMemory / blockBytes));
        int passing = (int) Math.max(1, Math.min(tile / held, (double) MOST_PASSING * held));
        return new BlockLayout(leading, behind, held, passing);
    }

    private static int blocks(long rows, long most, double byCores) {
        long byMemory = 1 + rows / Math.max(1, most);
        return Math.toIntExact(Math.max(byMemory, Math.min((long) Math.ceil(byCores), 1 + rows / FEW_ROWS)));
    }

    public int blocks() {
        return leading + behind;
    }

    /** {@return every pair of blocks that is to meet, in one tile} */
    public List<Tile> tiles() {
        List<Tile> tiles = new ArrayList<>();
        for (int from = 0; from < leading; from += held) {
            int to = Math.min(leading, from + held);
            tiles.add(new Tile(from, to, true, to, to));
            for (int passed = to; passed < blocks(); passed += passing) {
                tiles.add(new Tile(from, to, false, passed, Math.min(blocks(), passed + passing)));
            }
        }
        return tiles;
    }

    /** Bytes of the heap for each task that runs. */
    static long taskMemory(SparkContext context) {
        if (context.isLocal()) {
            return Runtime.getRuntime().maxMemory() / Math.max(1, context.defaultParallelism());
        }
        long memory = context.getConf().getSizeAsBytes("spark.executor.memory", "1g");
        return memory / Math.max(1, context.getConf().getInt("spark.executor.cores", 1));
    }
}
