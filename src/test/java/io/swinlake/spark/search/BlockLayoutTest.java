package io.swinlake.spark.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BlockLayoutTest {
    private static final long GIBIBYTE = 1L << 30;

    /** An embedding of 768 numbers with its heads. */
    private static final long ROW = 3800;

    @ParameterizedTest
    @CsvSource({"0, 0", "0, 5000", "1, 0", "5000, 0", "5000, 1", "1, 3000000", "1000000, 0", "300000, 2000000"})
    void everyTwoBlocksMeetOnce(long rows, long others) {
        BlockLayout layout = BlockLayout.of(3, GIBIBYTE, rows, others, ROW);
        Map<String, Integer> meetings = new HashMap<>();
        for (BlockLayout.Tile tile : layout.tiles()) {
            int[] blocks = tile.blocks(2);
            for (int i = 0; i < tile.held(); i++) {
                for (int j = tile.isCompared() ? i : tile.held(); j < blocks.length; j++) {
                    meetings.merge(pair(blocks[i], blocks[j]), 1, Integer::sum);
                }
            }
        }
        Map<String, Integer> expected = new HashMap<>();
        for (int i = 0; i < layout.leading(); i++) {
            for (int j = i; j < layout.blocks(); j++) {
                expected.put(pair(i, j), 1);
            }
        }
        assertThat(meetings).isEqualTo(expected);
    }

    private static String pair(int one, int other) {
        return Math.min(one, other) + " " + Math.max(one, other);
    }

    @Test
    void tasksThatHoldTheSameBeginWithDifferentBlocks() {
        BlockLayout.Tile tile = new BlockLayout.Tile(4, 7, false, 9, 11);
        assertThat(tile.blocks(0)).containsExactly(4, 5, 6, 9, 10);
        assertThat(tile.blocks(4)).containsExactly(5, 6, 4, 9, 10);
    }

    /** Ten million rows are 38 GB, of which a task of 1.5 GB holds a sixtieth. */
    @Test
    void aBlockIsReadForEveryTileItIsInNotForEveryOtherBlock() {
        BlockLayout layout = BlockLayout.of(2, GIBIBYTE * 3 / 2, 10_000_000, 0, ROW);
        long read =
                layout.tiles().stream().mapToLong(tile -> tile.blocks(0).length).sum();
        assertThat((double) read / layout.blocks()).as(layout.toString()).isBetween(30.0, 50.0);
        assertThat(layout.blocks()).isGreaterThan(500);
    }

    @Test
    void aLargeTableHasTilesForEveryCoreAndASmallOneFewBlocks() {
        for (int cores : new int[] {1, 2, 16, 400}) {
            assertThat(BlockLayout.of(cores, GIBIBYTE, 3_000_000, 0, ROW).tiles())
                    .hasSizeGreaterThan(3 * cores);
        }
        assertThat(BlockLayout.of(16, GIBIBYTE, 1000, 0, ROW)).isEqualTo(new BlockLayout(1, 0, 1, 1));
    }

    @Test
    void fewNewRowsMeetManyOthersInTilesForEveryCore() {
        BlockLayout layout = BlockLayout.of(8, GIBIBYTE, 100, 100_000, ROW);
        assertThat(layout.leading()).isOne();
        assertThat(layout.tiles()).hasSizeGreaterThan(8);
        assertThat(layout.tiles().stream().map(BlockLayout.Tile::isCompared)).contains(true, false);
    }
}
