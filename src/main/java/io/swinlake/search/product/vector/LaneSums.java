package io.swinlake.search.product.vector;

import io.swinlake.search.product.VectorSums;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Sums by Java's Vector API: 16 parts in four registers of 256 bits, whatever else the processor has, so that the sums are the
 * same bits on all of them.
 */
final class LaneSums implements VectorSums {
    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_128;

    private static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_256;

    private static final int L = DOUBLES.length();

    /** Elements of one step. */
    private static final int STEP = 4 * L;

    LaneSums() {
        if (DoubleVector.SPECIES_PREFERRED.length() < L) {
            throw new UnsupportedOperationException("registers of less than 256 bits");
        }
    }

    private static DoubleVector at(float[] v, int i) {
        return (DoubleVector) FloatVector.fromArray(FLOATS, v, i).convertShape(VectorOperators.F2D, DOUBLES, 0);
    }

    private static double sum(DoubleVector s0, DoubleVector s1, DoubleVector s2, DoubleVector s3) {
        DoubleVector sum = s0.add(s1).add(s2.add(s3));
        return (sum.lane(0) + sum.lane(1)) + (sum.lane(2) + sum.lane(3));
    }

    @Override
    public double products(float[] v, float[] w, int size) {
        DoubleVector s0 = DoubleVector.zero(DOUBLES);
        DoubleVector s1 = s0;
        DoubleVector s2 = s0;
        DoubleVector s3 = s0;
        int i = 0;
        for (; i <= size - STEP; i += STEP) {
            s0 = at(v, i).fma(at(w, i), s0);
            s1 = at(v, i + L).fma(at(w, i + L), s1);
            s2 = at(v, i + 2 * L).fma(at(w, i + 2 * L), s2);
            s3 = at(v, i + 3 * L).fma(at(w, i + 3 * L), s3);
        }
        double sum = sum(s0, s1, s2, s3);
        for (; i < size; i++) {
            sum += (double) v[i] * w[i];
        }
        return sum;
    }

    @Override
    public void products(float[] v, float[] w, int size, double[] sums) {
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
        for (; i <= size - STEP; i += STEP) {
            DoubleVector x = at(v, i);
            DoubleVector y = at(w, i);
            vw0 = x.fma(y, vw0);
            vv0 = x.fma(x, vv0);
            ww0 = y.fma(y, ww0);
            x = at(v, i + L);
            y = at(w, i + L);
            vw1 = x.fma(y, vw1);
            vv1 = x.fma(x, vv1);
            ww1 = y.fma(y, ww1);
            x = at(v, i + 2 * L);
            y = at(w, i + 2 * L);
            vw2 = x.fma(y, vw2);
            vv2 = x.fma(x, vv2);
            ww2 = y.fma(y, ww2);
            x = at(v, i + 3 * L);
            y = at(w, i + 3 * L);
            vw3 = x.fma(y, vw3);
            vv3 = x.fma(x, vv3);
            ww3 = y.fma(y, ww3);
        }
        double vw = sum(vw0, vw1, vw2, vw3);
        double vv = sum(vv0, vv1, vv2, vv3);
        double ww = sum(ww0, ww1, ww2, ww3);
        for (; i < size; i++) {
            double x = v[i];
            double y = w[i];
            vw += x * y;
            vv += x * x;
            ww += y * y;
        }
        sums[0] = vw;
        sums[1] = vv;
        sums[2] = ww;
    }

    @Override
    public double squaredDifferences(float[] v, float[] w, int size) {
        DoubleVector s0 = DoubleVector.zero(DOUBLES);
        DoubleVector s1 = s0;
        DoubleVector s2 = s0;
        DoubleVector s3 = s0;
        int i = 0;
        for (; i <= size - STEP; i += STEP) {
            DoubleVector d0 = at(v, i).sub(at(w, i));
            DoubleVector d1 = at(v, i + L).sub(at(w, i + L));
            DoubleVector d2 = at(v, i + 2 * L).sub(at(w, i + 2 * L));
            DoubleVector d3 = at(v, i + 3 * L).sub(at(w, i + 3 * L));
            s0 = d0.fma(d0, s0);
            s1 = d1.fma(d1, s1);
            s2 = d2.fma(d2, s2);
            s3 = d3.fma(d3, s3);
        }
        double sum = sum(s0, s1, s2, s3);
        for (; i < size; i++) {
            double difference = (double) v[i] - w[i];
            sum += difference * difference;
        }
        return sum;
    }

    @Override
    public void addTo(double[] sums, float[] v, int size) {
        int i = 0;
        for (; i <= size - L; i += L) {
            DoubleVector.fromArray(DOUBLES, sums, i).add(at(v, i)).intoArray(sums, i);
        }
        for (; i < size; i++) {
            sums[i] += v[i];
        }
    }

    @Override
    public void divide(float[] v, double divisor, float[] quotients, int size) {
        int i = 0;
        for (; i <= size - L; i += L) {
            ((FloatVector) at(v, i).div(divisor).convertShape(VectorOperators.D2F, FLOATS, 0)).intoArray(quotients, i);
        }
        for (; i < size; i++) {
            quotients[i] = (float) (v[i] / divisor);
        }
    }
}
