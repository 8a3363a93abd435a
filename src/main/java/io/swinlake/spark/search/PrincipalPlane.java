package io.swinlake.spark.search;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.mllib.linalg.DenseMatrix;
import org.apache.spark.mllib.linalg.DenseVector;
import org.apache.spark.mllib.linalg.Matrix;
import org.apache.spark.mllib.linalg.SingularValueDecomposition;
import org.apache.spark.mllib.linalg.Vector;
import org.apache.spark.mllib.linalg.distributed.RowMatrix;
import org.apache.spark.sql.SparkSession;

/**
 * The plane in which embeddings spread most: their first two principal components, by Spark's MLlib. Equal embeddings give
 * equal coordinates.
 *
 * @param coordinates of each embedding, {@code [x, y]}, from their mean
 * @param firstShare part of the variance along x, 0 to 1
 * @param secondShare the same along y
 */
public record PrincipalPlane(List<double[]> coordinates, double firstShare, double secondShare) {
    private static final int AXES = 2;

    /** Singular values below this part of the greatest count as zero. */
    private static final double CONDITION = 1e-9;

    public PrincipalPlane {
        coordinates = List.copyOf(coordinates);
    }

    /** The plane of some embeddings, thousands at most; empty if they do not spread in two directions. */
    public static Optional<PrincipalPlane> of(SparkSession spark, List<float[]> embeddings) {
        int dimension = embeddings.isEmpty() ? 0 : embeddings.get(0).length;
        if (embeddings.size() <= AXES || dimension < AXES) {
            return Optional.empty();
        }
        List<double[]> centered = centered(embeddings, dimension);
        double variance = centered.stream()
                .flatMapToDouble(Arrays::stream)
                .map(value -> value * value)
                .sum();
        if (variance == 0) {
            return Optional.empty();
        }
        List<Vector> rows = centered.stream().<Vector>map(DenseVector::new).toList();
        // One partition: sums in one order, so that the same table gives the same map.
        RowMatrix matrix = new RowMatrix(JavaSparkContext.fromSparkContext(spark.sparkContext())
                .parallelize(rows, 1)
                .rdd());
        SingularValueDecomposition<RowMatrix, Matrix> parts = matrix.computeSVD(AXES, false, CONDITION);
        double[] singular = parts.s().toArray();
        if (singular.length < AXES) {
            return Optional.empty();
        }
        double[] axes = upright((DenseMatrix) parts.V(), dimension);
        List<double[]> coordinates = centered.stream()
                .map(row -> new double[] {dot(row, axes, 0), dot(row, axes, dimension)})
                .toList();
        return Optional.of(new PrincipalPlane(
                coordinates, singular[0] * singular[0] / variance, singular[1] * singular[1] / variance));
    }

    private static List<double[]> centered(List<float[]> embeddings, int dimension) {
        double[] mean = new double[dimension];
        for (float[] embedding : embeddings) {
            for (int i = 0; i < dimension; i++) {
                mean[i] += embedding[i] / (double) embeddings.size();
            }
        }
        List<double[]> centered = new ArrayList<>();
        for (float[] embedding : embeddings) {
            double[] row = new double[dimension];
            for (int i = 0; i < dimension; i++) {
                row[i] = embedding[i] - mean[i];
            }
            centered.add(row);
        }
        return centered;
    }

    /** {@code [2, dimension]}: an axis and its opposite are the same to the decomposition; its greatest element decides. */
    private static double[] upright(DenseMatrix columns, int dimension) {
        double[] axes = columns.toArray();
        for (int axis = 0; axis < AXES; axis++) {
            int greatest = axis * dimension;
            for (int i = axis * dimension; i < (axis + 1) * dimension; i++) {
                if (Math.abs(axes[i]) > Math.abs(axes[greatest])) {
                    greatest = i;
                }
            }
            if (axes[greatest] < 0) {
                for (int i = axis * dimension; i < (axis + 1) * dimension; i++) {
                    axes[i] = -axes[i];
                }
            }
        }
        return axes;
    }

    private static double dot(double[] row, double[] axes, int first) {
        double sum = 0;
        for (int i = 0; i < row.length; i++) {
            sum += row[i] * axes[first + i];
        }
        return sum;
    }
}
