package io.swinlake.spark.sql;

import java.util.SortedMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** What the functions of images need of the layer above: models, and tables with their results. */
public interface ImageInference {
    /**
     * Which forward to run. Equal requests for the same image are one forward.
     *
     * @param model URI of the checkpoint
     * @param options Params of {@code SwinTransformer} that are not as by default, under their names
     */
    record Request(String model, SortedMap<String, String> options) {}

    /** The columns that {@link #compute} appends. */
    StructType columns();

    /**
     * What arguments ask for; opens the model to know that it can be used.
     *
     * <p>Arguments that cannot be used are an {@link SqlException}, undeclared as all of Spark's.
     *
     * @param options as the query has them
     */
    Request request(SparkSession spark, ImageFunction function, String model, SortedMap<String, String> options);

    /** The same request, where an image that cannot be used fails the query unless the options say what becomes of it. */
    Request strict(Request request);

    /**
     * Whether a column can hold images.
     *
     * @throws IllegalArgumentException if it cannot
     */
    void requireImages(StructField column);

    /** The images' columns and {@link #columns}, still to be computed. */
    Dataset<Row> compute(Request request, Dataset<Row> images, String inputColumn);
}
