package io.swinlake.spark.head;

import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.storage.Messages;
import org.apache.spark.ml.classification.LogisticRegressionModel;
import org.apache.spark.ml.linalg.Matrix;

/** A head that Spark ML fitted and saved, read by Spark ML. */
final class SparkHead {
    private SparkHead() {}

    /** @throws CheckpointException if the folder cannot be read, or holds another model */
    static LinearHead read(String uri) {
        LogisticRegressionModel model;
        try {
            model = LogisticRegressionModel.load(uri);
        } catch (Exception e) { // Spark's are checked, and not declared
            throw new CheckpointException(
                    "%s: cannot be read as a LogisticRegressionModel that Spark ML saved: %s (a pipeline has its own in its folder stages)"
                            .formatted(uri, Messages.reason(e)),
                    e);
        }
        Matrix weights = model.coefficientMatrix();
        int outputs = weights.numRows();
        boolean isBinomial = outputs == 1;
        if (isBinomial && model.getFamily().equalsIgnoreCase("multinomial")) {
            throw new CheckpointException("%s: knows one class only, of which there is nothing to tell", uri);
        }
        LinearHead head = LinearHead.withRoom(uri, isBinomial, outputs, weights.numCols());
        for (int output = 0; output < outputs; output++) {
            for (int element = 0; element < weights.numCols(); element++) {
                head.setWeight(output, element, weights.apply(output, element));
            }
            head.setBias(output, model.interceptVector().apply(output));
        }
        return head;
    }
}
