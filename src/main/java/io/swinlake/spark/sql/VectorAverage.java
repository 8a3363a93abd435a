package io.swinlake.spark.sql;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.expressions.aggregate.ImperativeAggregate;
import org.apache.spark.sql.catalyst.expressions.aggregate.TypedImperativeAggregate;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.DataType;
import scala.collection.immutable.Seq;

/**
 * {@code vector_avg}: the element-wise mean of the vectors of a group. NULL vectors and vectors with a NULL element do
 * not count; a group without any other gives NULL.
 */
public final class VectorAverage extends TypedImperativeAggregate<VectorAverage.Sum>
        implements Serializable, Catalyst.NewChildren<Expression> {
    public static final String NAME = "vector_avg";
    public static final String USAGE = NAME + "(v) - Element-wise mean of the vectors of a group.";

    private final Expression vector;
    private final int mutableAggBufferOffset;
    private final int inputAggBufferOffset;

    public VectorAverage(Expression vector, int mutableAggBufferOffset, int inputAggBufferOffset) {
        this.vector = vector;
        this.mutableAggBufferOffset = mutableAggBufferOffset;
        this.inputAggBufferOffset = inputAggBufferOffset;
    }

    /** Float64 sums of the elements, and how many vectors they sum. */
    static final class Sum {
        private double[] elements = {};
        private long vectors;

        private void add(VectorView vector) {
            makeRoom(vector.size());
            for (int i = 0; i < elements.length; i++) {
                elements[i] += vector.get(i);
            }
            vectors++;
        }

        private void add(Sum other) {
            if (other.vectors > 0) {
                makeRoom(other.elements.length);
                for (int i = 0; i < elements.length; i++) {
                    elements[i] += other.elements[i];
                }
                vectors += other.vectors;
            }
        }

        private void makeRoom(int dimension) {
            if (vectors == 0) {
                elements = new double[dimension];
            } else if (elements.length != dimension) {
                throw VectorException.dimensionMismatch(NAME, elements.length, dimension);
            }
        }

        private float[] mean() {
            float[] mean = new float[elements.length];
            for (int i = 0; i < mean.length; i++) {
                mean[i] = (float) (elements[i] / vectors);
            }
            return mean;
        }
    }

    @Override
    public TypeCheckResult checkInputDataTypes() {
        return Catalyst.checkInputDataTypes(children(), Catalyst.seq(List.of(VectorFunction.VECTOR)));
    }

    @Override
    public Sum createAggregationBuffer() {
        return new Sum();
    }

    @Override
    public Sum update(Sum sum, InternalRow row) {
        ArrayData value = (ArrayData) vector.eval(row);
        VectorView elements = value == null ? null : VectorView.of(value);
        if (elements != null) {
            sum.add(elements);
        }
        return sum;
    }

    @Override
    public Sum merge(Sum sum, Sum other) {
        sum.add(other);
        return sum;
    }

    @Override
    public Object eval(Sum sum) {
        return sum.vectors == 0 ? null : UnsafeArrayData.fromPrimitiveArray(sum.mean());
    }

    @Override
    public byte[] serialize(Sum sum) {
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES + Double.BYTES * sum.elements.length);
        bytes.putLong(sum.vectors).asDoubleBuffer().put(sum.elements);
        return bytes.array();
    }

    @Override
    public Sum deserialize(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        Sum sum = new Sum();
        sum.vectors = buffer.getLong();
        sum.elements = new double[buffer.remaining() / Double.BYTES];
        buffer.asDoubleBuffer().get(sum.elements);
        return sum;
    }

    @Override
    public DataType dataType() {
        return VectorFunction.VECTOR;
    }

    @Override
    public boolean nullable() {
        return true;
    }

    @Override
    public String prettyName() {
        return NAME;
    }

    @Override
    public int mutableAggBufferOffset() {
        return mutableAggBufferOffset;
    }

    @Override
    public ImperativeAggregate withNewMutableAggBufferOffset(int offset) {
        return new VectorAverage(vector, offset, inputAggBufferOffset);
    }

    @Override
    public int inputAggBufferOffset() {
        return inputAggBufferOffset;
    }

    @Override
    public ImperativeAggregate withNewInputAggBufferOffset(int offset) {
        return new VectorAverage(vector, mutableAggBufferOffset, offset);
    }

    @Override
    public Seq<Expression> children() {
        return Catalyst.seq(List.of(vector));
    }

    /** Spark 3.5's. */
    @Override
    public Expression withNewChildrenInternal(scala.collection.IndexedSeq<Expression> children) {
        return new VectorAverage(children.head(), mutableAggBufferOffset, inputAggBufferOffset);
    }

    /** Spark 4's. */
    @Override
    public Expression withNewChildrenInternal(scala.collection.immutable.IndexedSeq<Expression> children) {
        return new VectorAverage(children.head(), mutableAggBufferOffset, inputAggBufferOffset);
    }

    @Override
    public int productArity() {
        return 3;
    }

    @Override
    public Object productElement(int n) {
        return switch (n) {
            case 0 -> vector;
            case 1 -> mutableAggBufferOffset;
            default -> inputAggBufferOffset;
        };
    }

    @Override
    public boolean canEqual(Object other) {
        return other instanceof VectorAverage;
    }

    /** Spark compares plans by this; the hash code is that of the product elements. */
    @Override
    public boolean equals(Object other) {
        return other instanceof VectorAverage that
                && vector.equals(that.vector)
                && mutableAggBufferOffset == that.mutableAggBufferOffset
                && inputAggBufferOffset == that.inputAggBufferOffset;
    }
}
