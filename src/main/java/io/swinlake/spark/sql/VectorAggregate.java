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
 * {@code vector_sum} and {@code vector_avg}: the element-wise sum or mean of the vectors of a group, in float64. NULL vectors and
 * vectors with a NULL element do not count; a group without any other gives NULL.
 */
public final class VectorAggregate extends TypedImperativeAggregate<VectorAggregate.Sum>
        implements Serializable, Catalyst.NewChildren<Expression> {
    /** What becomes of the sums. */
    public enum Kind {
        SUM("vector_sum", "sum"),
        AVERAGE("vector_avg", "mean");

        private final String function;
        private final String result;

        Kind(String function, String result) {
            this.function = function;
            this.result = result;
        }

        public String function() {
            return function;
        }

        public String usage() {
            return "%s(v) - Element-wise %s of the vectors of a group.".formatted(function, result);
        }
    }

    private final Kind kind;
    private final Expression vector;
    private final int mutableAggBufferOffset;
    private final int inputAggBufferOffset;

    public VectorAggregate(Kind kind, Expression vector, int mutableAggBufferOffset, int inputAggBufferOffset) {
        this.kind = kind;
        this.vector = vector;
        this.mutableAggBufferOffset = mutableAggBufferOffset;
        this.inputAggBufferOffset = inputAggBufferOffset;
    }

    /** Float64 sums of the elements, and how many vectors they sum. */
    static final class Sum {
        private double[] elements = {};
        private long vectors;

        private void add(VectorView vector, Kind kind) {
            makeRoom(vector.size(), kind);
            VectorMath.addTo(elements, vector);
            vectors++;
        }

        private void add(Sum other, Kind kind) {
            if (other.vectors > 0) {
                makeRoom(other.elements.length, kind);
                for (int i = 0; i < elements.length; i++) {
                    elements[i] += other.elements[i];
                }
                vectors += other.vectors;
            }
        }

        private void makeRoom(int dimension, Kind kind) {
            if (vectors == 0) {
                elements = new double[dimension];
            } else if (elements.length != dimension) {
                throw VectorException.dimensionMismatch(kind.function, elements.length, dimension);
            }
        }

        private float[] dividedBy(long divisor) {
            float[] quotients = new float[elements.length];
            for (int i = 0; i < quotients.length; i++) {
                quotients[i] = (float) (elements[i] / divisor);
            }
            return quotients;
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
            sum.add(elements, kind);
        }
        return sum;
    }

    @Override
    public Sum merge(Sum sum, Sum other) {
        sum.add(other, kind);
        return sum;
    }

    @Override
    public Object eval(Sum sum) {
        return sum.vectors == 0
                ? null
                : UnsafeArrayData.fromPrimitiveArray(sum.dividedBy(kind == Kind.SUM ? 1 : sum.vectors));
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
        return kind.function;
    }

    @Override
    public int mutableAggBufferOffset() {
        return mutableAggBufferOffset;
    }

    @Override
    public ImperativeAggregate withNewMutableAggBufferOffset(int offset) {
        return new VectorAggregate(kind, vector, offset, inputAggBufferOffset);
    }

    @Override
    public int inputAggBufferOffset() {
        return inputAggBufferOffset;
    }

    @Override
    public ImperativeAggregate withNewInputAggBufferOffset(int offset) {
        return new VectorAggregate(kind, vector, mutableAggBufferOffset, offset);
    }

    @Override
    public Seq<Expression> children() {
        return Catalyst.seq(List.of(vector));
    }

    /** Spark 3.5's. */
    @Override
    public Expression withNewChildrenInternal(scala.collection.IndexedSeq<Expression> children) {
        return new VectorAggregate(kind, children.head(), mutableAggBufferOffset, inputAggBufferOffset);
    }

    /** Spark 4's. */
    @Override
    public Expression withNewChildrenInternal(scala.collection.immutable.IndexedSeq<Expression> children) {
        return new VectorAggregate(kind, children.head(), mutableAggBufferOffset, inputAggBufferOffset);
    }

    @Override
    public int productArity() {
        return 4;
    }

    @Override
    public Object productElement(int n) {
        return switch (n) {
            case 0 -> kind;
            case 1 -> vector;
            case 2 -> mutableAggBufferOffset;
            default -> inputAggBufferOffset;
        };
    }

    @Override
    public boolean canEqual(Object other) {
        return other instanceof VectorAggregate;
    }

    /** Spark compares plans by this; the hash code is that of the product elements. */
    @Override
    public boolean equals(Object other) {
        return other instanceof VectorAggregate that
                && kind == that.kind
                && vector.equals(that.vector)
                && mutableAggBufferOffset == that.mutableAggBufferOffset
                && inputAggBufferOffset == that.inputAggBufferOffset;
    }
}
