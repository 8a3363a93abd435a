package io.swinlake.spark.search;

import io.swinlake.search.Cells;
import io.swinlake.search.EmbeddingMatrix;
import io.swinlake.search.product.MatrixProduct;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import scala.Tuple2;
import scala.Tuple3;

/**
 * Embeddings with the cells nearest to each, a pair for each cell, looked up a block at a time. They are numbers, ids and elements as {@link
 * QueryBatch} sends them. Vectors of zeros, which are near to nothing, stay behind.
 */
public final class CellRows implements Iterator<Tuple2<Integer, Tuple3<Long, Object, byte[]>>> {
    private static final int BLOCK = 1024;

    private final Iterator<Tuple3<Long, Object, byte[]>> rows;
    private final Cells cells;
    private final int wanted;
    private final MatrixProduct product;
    private Iterator<Tuple2<Integer, Tuple3<Long, Object, byte[]>>> block = Collections.emptyIterator();

    /** @param wanted cells of each embedding */
    public CellRows(Iterator<Tuple3<Long, Object, byte[]>> rows, Cells cells, int wanted, MatrixProduct product) {
        this.rows = rows;
        this.cells = cells;
        this.wanted = wanted;
        this.product = product;
    }

    @Override
    public boolean hasNext() {
        while (!block.hasNext() && rows.hasNext()) {
            block = nextBlock();
        }
        return block.hasNext();
    }

    @Override
    public Tuple2<Integer, Tuple3<Long, Object, byte[]>> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return block.next();
    }

    private Iterator<Tuple2<Integer, Tuple3<Long, Object, byte[]>>> nextBlock() {
        List<Tuple3<Long, Object, byte[]>> some = new ArrayList<>();
        EmbeddingMatrix<String> embeddings = new EmbeddingMatrix<>(cells.dimension(), BLOCK);
        while (some.size() < BLOCK && rows.hasNext()) {
            Tuple3<Long, Object, byte[]> row = rows.next();
            embeddings.add(String.valueOf(row._2()), PackedRows.floats(row._3()));
            some.add(row);
        }
        int[] nearest = cells.nearest(embeddings, wanted, product);
        List<Tuple2<Integer, Tuple3<Long, Object, byte[]>>> pairs = new ArrayList<>();
        for (int row = 0; row < some.size(); row++) {
            for (int i = 0; i < wanted && embeddings.length(row) > 0; i++) {
                pairs.add(new Tuple2<>(nearest[row * wanted + i], some.get(row)));
            }
        }
        return pairs.iterator();
    }
}
