package com.example;

import io.swinlake.spark.ImageLake;
import io.swinlake.spark.SwinTransformer;
import java.io.IOException;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Prints what is on the images of a folder: {@code spark-submit ... java-job.jar MODEL IMAGES}. */
public final class ClassifyImages {
    private ClassifyImages() {}

    /** One row for each image, also for those that cannot be read: their {@code code} says why. */
    static Dataset<Row> classify(SparkSession spark, String model, String images) throws IOException {
        Dataset<Row> lake = ImageLake.list(spark, List.of(images), "*").toDataset(spark);
        return new SwinTransformer()
                .setModel(model)
                .setInputCol("path")
                .setLengthCol("length")
                .transform(lake)
                .select("path", "label", "probability", "error.code");
    }

    public static void main(String[] args) throws IOException {
        try (SparkSession spark = SparkSession.builder().appName("classify").getOrCreate()) {
            classify(spark, args[0], args[1]).show(20, false);
        }
    }
}
