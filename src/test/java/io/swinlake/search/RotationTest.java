package io.swinlake.search;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.search.product.MatrixProduct;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RotationTest {
    private static final int DIMENSION = 256;
    private static final int AXES = 63;

    private static float[] units(int rows, int spectrum) {
        EmbeddingMatrix<Integer> matrix = new EmbeddingMatrix<>(DIMENSION);
        for (int row = 0; row < rows; row++) {
            matrix.add(row, Spectrum.all(DIMENSION, 100)[spectrum].row(row));
        }
        return matrix.unitRows();
    }

    private static Rotation of(float[] units, int count) {
        return Rotation.of(units, units.length / DIMENSION, DIMENSION, count, MatrixProduct.inJava());
    }

    /** Mean square of what a head sees of rows. */
    private static double seen(Rotation rotation, int head, float[] units) {
        int rows = units.length / DIMENSION;
        float[] coordinates = rotation.coordinates(units, rows, MatrixProduct.inJava());
        double sum = 0;
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < head; i++) {
                sum += Math.pow(coordinates[row * rotation.count() + i], 2);
            }
        }
        return sum / rows;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void fewAxesSeeNearlyWhatTheEigenvectorsSee(int spectrum) {
        float[] units = units(600, spectrum);
        Rotation eigenvectors = of(units, DIMENSION);
        Rotation few = of(units, AXES);

        assertThat(few.departure()).isLessThan(1e-5);
        for (int head : new int[] {7, 15, 31, AXES}) {
            assertThat(seen(few, head, units)).isGreaterThan(0.99 * seen(eigenvectors, head, units));
        }
    }

    /** Fewer rows than axes, or nothing but zeros, have no such axes: any will do. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 30})
    void axesAreOrthonormalWhateverTheSample(int rows) {
        float[] units = new float[100 * DIMENSION];
        System.arraycopy(units(rows, 1), 0, units, 0, rows * DIMENSION);

        assertThat(of(units, AXES).departure()).isLessThan(1e-5);
    }

    @Test
    void theSameSampleHasTheSameAxes() {
        float[] units = units(200, 1);

        assertThat(of(units, AXES).axes()).isEqualTo(of(units, AXES).axes());
    }
}
