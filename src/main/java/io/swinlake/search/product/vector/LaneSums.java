package io.swinlake.search.product.vector;

import io.swinlake.search.product.VectorSums;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Sums by Java's Vector API: 16 parts in four registers of 256 bits, whatever else the processor has, so that the sums are the
 * same bits on all of them.
 */
final class LaneSums implements VectorSums {
    /** Four floats. */
    private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_128;

    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_128;

    private static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_256;

    private static final VarHandle FLOAT = MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.nativeOrder());

    private static final int L = DOUBLES.length();

    /** Bytes of a register's elements. */
    private static final int B = L * Float.BYTES;

    /** Elements of one step. */
    private static final int STEP = 4 * L;

    LaneSums() {
        if (DoubleVector.SPECIES_PREFERRED.length() < L) {
            throw new UnsupportedOperationException("registers of less than 256 bits");
        }
    }

    private static DoubleVector at(byte[] v, int at) {
        return (DoubleVector)
                ByteVector.fromArray(BYTES, v, at).reinterpretAsFloats().convertShape(VectorOperators.F2D, DOUBLES, 0);
    }

    private static double one(byte[] v, int at) {
        return (float) FLOAT.get(v, at);
    }

    private static double sum(DoubleVector s0, DoubleVector s1, DoubleVector s2, DoubleVector s3) {
        DoubleVector sum = s0.add(s1).add(s2.add(s3));
        return (sum.lane(0) + sum.lane(1)) + (sum.lane(2) + sum.lane(3));
    }

    @Override
    public double inFourParts(float[] v, int vAt, float[] w, int wAt, int size) {
        DoubleVector sums = DoubleVector.zero(DOUBLES);
        int i = 0;
        for (; i <= size - L; i += L) {
            sums = at(v, vAt + i).fma(at(w, wAt + i), sums);
        }
        double first = sums.lane(0);
        for (; i < size; i++) {
            first += (double) v[vAt + i] * w[wAt + i];
        }
        return (first + sums.lane(1)) + (sums.lane(2) + sums.lane(3));
    }

    private static DoubleVector at(float[] v, int at) {
        return (DoubleVector) FloatVector.fromArray(FLOATS, v, at).convertShape(VectorOperators.F2D, DOUBLES, 0);
    }

    @Override
    public double products(byte[] v, int vAt, byte[] w, int wAt, int size) {
        DoubleVector s0 = DoubleVector.zero(DOUBLES);
        DoubleVector s1 = s0;
        DoubleVector s2 = s0;
        DoubleVector s3 = s0;
        int i = 0;
        for (; i <= size - STEP; i += STEP, vAt += 4 * B, wAt += 4 * B) {
            s0 = at(v, vAt).fma(at(w, wAt), s0);
            s1 = at(v, vAt + B).fma(at(w, wAt + B), s1);
            s2 = at(v, vAt + 2 * B).fma(at(w, wAt + 2 * B), s2);
            s3 = at(v, vAt + 3 * B).fma(at(w, wAt + 3 * B), s3);
        }
        double sum = sum(s0, s1, s2, s3);
        for (; i < size; i++, vAt += Float.BYTES, wAt += Float.BYTES) {
            sum += one(v, vAt) * one(w, wAt);
        }
        return sum;
    }

    @Override
    public void products(byte[] v, int vAt, byte[] w, int wAt, int size, double[] sums) {
        DoubleVector vw0 = DoubleVector.zero(DOUBLES);
        DoubleVector vw1 = vw0;
        DoubleVector vw2 = vw0;
        DoubleVector vw3 = vw0;
        DoubleVector vv0 = vw0;
        DoubleVector vv1 = vw0;
        DoubleVector vv2 = vw0;
        DoubleVector vv3 = vw0;
        DoubleVector ww0 = vw0;
        DoubleVector ww1 = vw0;
        DoubleVector ww2 = vw0;
        DoubleVector ww3 = vw0;
        int i = 0;
        for (; i <= size - STEP; i += STEP, vAt += 4 * B, wAt += 4 * B) {
            DoubleVector x = at(v, vAt);
            DoubleVector y = at(w, wAt);
            vw0 = x.fma(y, vw0);
            vv0 = x.fma(x, vv0);
            ww0 = y.fma(y, ww0);
            x = at(v, vAt + B);
            y = at(w, wAt + B);
            vw1 = x.fma(y, vw1);
            vv1 = x.fma(x, vv1);
            ww1 = y.fma(y, ww1);
            x = at(v, vAt + 2 * B);
            y = at(w, wAt + 2 * B);
            vw2 = x.fma(y, vw2);
            vv2 = x.fma(x, vv2);
            ww2 = y.fma(y, ww2);
            x = at(v, vAt + 3 * B);
            y = at(w, wAt + 3 * B);
            vw3 = x.fma(y, vw3);
            vv3 = x.fma(x, vv3);
            ww3 = y.fma(y, ww3);
        }
        double vw = sum(vw0, vw1, vw2, vw3);
        double vv = sum(vv0, vv1, vv2, vv3);
        double ww = sum(ww0, ww1, ww2, ww3);
        for (; i < size; i++, vAt += Float.BYTES, wAt += Float.BYTES) {
            double x = one(v, vAt);
            double y = one(w, wAt);
            vw += x * y;
            vv += x * x;
            ww += y * y;
        }
        sums[0] = vw;
        sums[1] = vv;
        sums[2] = ww;
    }

    @Override
    public double squaredDifferences(byte[] v, int vAt, byte[] w, int wAt, int size) {
        DoubleVector s0 = DoubleVector.zero(DOUBLES);
        DoubleVector s1 = s0;
        DoubleVector s2 = s0;
        DoubleVector s3 = s0;
        int i = 0;
        for (; i <= size - STEP; i += STEP, vAt += 4 * B, wAt += 4 * B) {
            DoubleVector d0 = at(v, vAt).sub(at(w, wAt));
            DoubleVector d1 = at(v, vAt + B).sub(at(w, wAt + B));
            DoubleVector d2 = at(v, vAt + 2 * B).sub(at(w, wAt + 2 * B));
            DoubleVector d3 = at(v, vAt + 3 * B).sub(at(w, wAt + 3 * B));
            s0 = d0.fma(d0, s0);
            s1 = d1.fma(d1, s1);
            s2 = d2.fma(d2, s2);
            s3 = d3.fma(d3, s3);
        }
        double sum = sum(s0, s1, s2, s3);
        for (; i < size; i++, vAt += Float.BYTES, wAt += Float.BYTES) {
            double difference = one(v, vAt) - one(w, wAt);
            sum += difference * difference;
        }
        return sum;
    }

    @Override
    public void addTo(double[] sums, byte[] v, int vAt, int size) {
        int i = 0;
        for (; i <= size - L; i += L, vAt += B) {
            DoubleVector.fromArray(DOUBLES, sums, i).add(at(v, vAt)).intoArray(sums, i);
        }
        for (; i < size; i++, vAt += Float.BYTES) {
            sums[i] += one(v, vAt);
        }
    }

    @Override
    public void divide(byte[] v, int vAt, double divisor, float[] quotients, int size) {
        int i = 0;
        for (; i <= size - L; i += L, vAt += B) {
            ((FloatVector) at(v, vAt).div(divisor).convertShape(VectorOperators.D2F, FLOATS, 0))
                    .intoArray(quotients, i);
        }
        for (; i < size; i++, vAt += Float.BYTES) {
            quotients[i] = (float) (one(v, vAt) / divisor);
        }
    }
}
