package io.swinlake.spark;

import io.swinlake.spark.search.Embedding;
import io.swinlake.spark.search.EmbeddingId;
import io.swinlake.spark.sql.VectorView;
import java.util.Iterator;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.execution.ColumnarToRowExec;
import org.apache.spark.sql.execution.InputAdapter;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.WholeStageCodegenExec;
import org.apache.spark.sql.execution.vectorized.WritableColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/**
 * The embeddings of a table and their ids, without rows that have none. Where Spark only reads columns, of Parquet without a filter for example,
 * embeddings come out of these in one copy each: Spark's rows, which it makes element by element, take a search of many rows a fifth of its time.
 */
final class EmbeddingRows {
    private EmbeddingRows() {}

    /**
     * Reads a table of two columns.
     *
     * @param idAt place of the id, 0 or 1; the embedding is at the other
     */
    static <I extends Comparable<? super I>> JavaRDD<Embedding<I>> of(Dataset<Row> table, int idAt, EmbeddingId<I> id) {
        return batches(table.queryExecution().executedPlan())
                .map(batches -> batches.mapPartitions(part -> stream(part)
                        .flatMap(batch -> embeddings(batch, idAt, id))
                        .iterator()))
                .orElseGet(() -> table.queryExecution().toRdd().toJavaRDD().mapPartitions(part -> embeddings(
                                stream(part), idAt, id)
                        .iterator()));
    }

    /** Empty where Spark does more than to read columns and to make rows of them. */
    private static Optional<JavaRDD<ColumnarBatch>> batches(SparkPlan plan) {
        SparkPlan inner = plan;
        boolean makesRows = false;
        while (inner instanceof WholeStageCodegenExec
                || inner instanceof InputAdapter
                || inner instanceof ColumnarToRowExec) {
            makesRows |= inner instanceof ColumnarToRowExec;
            inner = inner.children().head();
        }
        return makesRows && inner.supportsColumnar()
                ? Optional.of(inner.executeColumnar().toJavaRDD())
                : Optional.empty();
    }

    private static <I extends Comparable<? super I>> Stream<Embedding<I>> embeddings(
            ColumnarBatch batch, int idAt, EmbeddingId<I> id) {
        Stream<InternalRow> rows = stream(batch.rowIterator());
        // Other vectors have their elements one by one, and Spark before 3.5.1 copies those of a dictionary wrongly.
        boolean isPlain = batch.column(1 - idAt) instanceof WritableColumnVector column
                && !column.getChild(0).hasDictionary()
                && !column.getChild(0).hasNull();
        return isPlain
                ? rows.filter(row -> !row.isNullAt(1 - idAt))
                        .map(row -> new Embedding<>(
                                id.of(row, idAt), row.getArray(1 - idAt).toFloatArray()))
                : embeddings(rows, idAt, id);
    }

    private static <I extends Comparable<? super I>> Stream<Embedding<I>> embeddings(
            Stream<InternalRow> rows, int idAt, EmbeddingId<I> id) {
        return rows.filter(row -> !row.isNullAt(1 - idAt))
                .map(row -> new Embedding<>(id.of(row, idAt), elements(row.getArray(1 - idAt))));
    }

    private static float[] elements(ArrayData embedding) {
        VectorView view = VectorView.of(embedding);
        if (view == null) {
            throw new IllegalArgumentException("an embedding has a null element: is this column what a model wrote?");
        }
        return view.base() instanceof float[] copied ? copied : embedding.toFloatArray();
    }

    private static <T> Stream<T> stream(Iterator<T> iterator) {
        Iterable<T> once = () -> iterator;
        return StreamSupport.stream(once.spliterator(), false);
    }
}
