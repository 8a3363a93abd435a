package io.swinlake.spark;

import io.swinlake.PublicApi;
import io.swinlake.preprocess.Recipe;
import io.swinlake.spark.inference.OutcomeCounts;
import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * What {@link SwinTransformer#prepare} makes: the table of results, still to be computed, with the model it was read from
 * and the counts that fill up while Spark computes it.
 *
 * @param rows the input's columns and the results'
 * @param computation makes the rows of other images, in a table of the same columns, with the model that is already there
 * @param model which network computes them
 * @param outcomes rows by {@code ok} or {@code stage/code}, of the tasks that have ended
 * @param devices tasks by the device that they ran on
 * @param times nanoseconds that the threads of tasks were at each stage: {@code read}, {@code decode}, {@code resize},
 *     {@code forward}, {@code write}, and {@code start} for loading the model and opening the output
 * @param reused of these rows, those that took the result of an equal image in their task
 */
@PublicApi(since = "0.1.0")
public record SwinInference(
        Dataset<Row> rows,
        UnaryOperator<Dataset<Row>> computation,
        Model model,
        OutcomeCounts outcomes,
        OutcomeCounts devices,
        OutcomeCounts times,
        OutcomeCounts reused) {

    /**
     * The facts about a model that stay on the driver when its weights have gone to the executors.
     *
     * @param sha256 of its weights
     * @param digest of weights, network and recipe
     * @param classes 0 for a network without a head
     * @param assumptions what no file and no option tells of it, each in one line
     */
    public record Model(
            String name,
            String sha256,
            String digest,
            Recipe recipe,
            int classes,
            int embeddingSize,
            List<String> assumptions) {}
}
