package io.swinlake.spark;

import io.swinlake.spark.search.Embedding;
import io.swinlake.spark.search.EmbeddingId;
import io.swinlake.spark.sql.VectorView;
import java.util.Collections;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.execution.ColumnarToRowExec;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.WholeStageCodegenExec;
import org.apache.spark.sql.execution.vectorized.WritableColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/**
 * The embeddings of a table and their ids, without rows that have none. Where Spark only reads columns, of Parquet without a filter for example,
 * embeddings come out of these in one copy each: Spark's rows, which it makes element by element, take a search of many rows a fifth of its time.
 */
final class EmbeddingRows<I extends Comparable<? super I>> implements Iterator<Embedding<I>> {
    private final Iterator<ColumnarBatch> batches;
    private final int idAt;
    private final EmbeddingId<I> id;
    private Iterator<InternalRow> rows; // of one batch

    /** Whether the rows' elements are an array without nulls. */
    private boolean arePlain;

    private Embedding<I> next; // null before it is read

    private EmbeddingRows(Iterator<ColumnarBatch> batches, Iterator<InternalRow> rows, int idAt, EmbeddingId<I> id) {
        this.batches = batches;
        this.rows = rows;
        this.idAt = idAt;
        this.id = id;
    }

    /**
     * Reads a table of two columns.
     *
     * @param idAt place of the id, 0 or 1; the embedding is at the other
     */
    static <I extends Comparable<? super I>> JavaRDD<Embedding<I>> of(Dataset<Row> table, int idAt, EmbeddingId<I> id) {
        return batches(table.queryExecution().executedPlan())
                .map(batches ->
                        batches.mapPartitions(part -> new EmbeddingRows<>(part, Collections.emptyIterator(), idAt, id)))
                .orElseGet(() -> table.queryExecution()
                        .toRdd()
                        .toJavaRDD()
                        .mapPartitions(part -> new EmbeddingRows<>(Collections.emptyIterator(), part, idAt, id)));
    }

    /** Empty where Spark does more than to read columns and to make rows of them. */
    private static Optional<JavaRDD<ColumnarBatch>> batches(SparkPlan plan) {
        SparkPlan whole = plan instanceof WholeStageCodegenExec stage ? stage.child() : plan;
        return whole instanceof ColumnarToRowExec rows && rows.child().supportsColumnar()
                ? Optional.of(rows.child().executeColumnar().toJavaRDD())
                : Optional.empty();
    }

    /** Reads one ahead, before Spark uses the memory of a batch or a row again: an embedding is a copy. */
    @Override
    public boolean hasNext() {
        while (next == null && (rows.hasNext() || batches.hasNext())) {
            if (rows.hasNext()) {
                InternalRow row = rows.next();
                next = row.isNullAt(1 - idAt) ? null : new Embedding<>(id.of(row, idAt), elements(row));
            } else {
                begin(batches.next());
            }
        }
        return next != null;
    }

    @Override
    public Embedding<I> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Embedding<I> read = next;
        next = null;
        return read;
    }

    private void begin(ColumnarBatch batch) {
        rows = batch.rowIterator();
        // Other vectors have their elements one by one, and Spark before 3.5.1 copies those of a dictionary wrongly.
        arePlain = batch.column(1 - idAt) instanceof WritableColumnVector column
                && !column.getChild(0).hasDictionary()
                && !column.getChild(0).hasNull();
    }

    private float[] elements(InternalRow row) {
        ArrayData embedding = row.getArray(1 - idAt);
        if (arePlain) {
            return embedding.toFloatArray();
        }
        VectorView view = VectorView.of(embedding);
        if (view == null) {
            throw new IllegalArgumentException("an embedding has a null element: is this column what a model wrote?");
        }
        return view.base() instanceof float[] copied ? copied : embedding.toFloatArray();
    }
}
