package io.swinlake.spark.search;

import io.swinlake.search.HeadedRows;
import io.swinlake.search.PairTile;
import io.swinlake.search.SimilarRows;
import io.swinlake.search.SimilarRows.PairConsumer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import scala.Tuple2;
import scala.Tuple3;
import scala.Tuple4;

/**
 * The pairs that a tile finds, as rows of two ids, the smaller first, and their similarity. They come block after block: those of one block are in
 * memory at a time.
 */
public final class TileRows<I extends Comparable<? super I>> implements Iterator<Row> {
    private final Iterator<Tuple2<Tuple4<Object[], byte[], byte[], byte[]>, Tuple3<Object[], Object[], double[]>>>
            blocks;
    private final BlockLayout.Tile tile;
    private final EmbeddingId<I> id;
    private final PairTile<I> search;
    private final Runnable done;
    private final List<Row> found = new ArrayList<>();
    private int read; // blocks
    private int given; // rows of those found

    /**
     * @param blocks of {@link BlockBuilder}, those that the tile holds first
     * @param links instead of all pairs, as many as connect what they do
     * @param done called once, after the last block
     */
    public TileRows(
            Iterator<Tuple2<Tuple4<Object[], byte[], byte[], byte[]>, Tuple3<Object[], Object[], double[]>>> blocks,
            BlockLayout.Tile tile,
            EmbeddingId<I> id,
            SimilarRows search,
            boolean links,
            Runnable done) {
        this.blocks = blocks;
        this.tile = tile;
        this.id = id;
        PairConsumer<I> find = (a, b, similarity) -> {
            boolean ordered = a.compareTo(b) <= 0;
            found.add(RowFactory.create(id.external(ordered ? a : b), id.external(ordered ? b : a), similarity));
        };
        this.search = links ? PairTile.ofLinks(search, find) : PairTile.ofPairs(search, find);
        this.done = done;
    }

    @Override
    public boolean hasNext() {
        while (given == found.size() && blocks.hasNext()) {
            found.clear();
            given = 0;
            take(blocks.next());
            if (read == tile.size()) { // to ask for another block would read it while this one's rows are here
                done.run();
            }
        }
        return given < found.size();
    }

    @Override
    public Row next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return found.get(given++);
    }

    private void take(Tuple2<Tuple4<Object[], byte[], byte[], byte[]>, Tuple3<Object[], Object[], double[]>> block) {
        HeadedRows<I> rows = PackedRows.unpack(block._1(), id);
        boolean isHeld = read++ < tile.held();
        if (!isHeld) {
            search.pass(rows);
        } else if (tile.isCompared()) {
            Tuple3<Object[], Object[], double[]> equal = block._2();
            for (int i = 0; i < equal._1().length; i++) {
                found.add(RowFactory.create(equal._1()[i], equal._2()[i], equal._3()[i]));
            }
            search.holdCompared(rows);
        } else {
            search.hold(rows);
        }
    }
}
