package io.swinlake.spark;

import java.util.List;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** A pipeline with a stage of ours, saved and loaded; as a process of its own, by another Spark. */
public final class SavedPipeline {
    private SavedPipeline() {}

    /** Arguments: a folder to load from, and one to save to. Prints the labels that the loaded pipeline gives. */
    public static void main(String[] arguments) throws Exception {
        SparkSession spark = SparkSession.builder()
                .config("spark.sql.extensions", SwinlakeExtensions.class.getName())
                .getOrCreate();
        System.out.println(labels(spark, arguments[0]));
        save(spark, arguments[1]);
        spark.stop();
    }

    public static void save(SparkSession spark, String folder) throws Exception {
        new Pipeline()
                .setStages(new PipelineStage[] {
                    new SwinTransformer()
                            .setModel(Demo.MODEL)
                            .setInputCol("path")
                            .setTopK(2)
                })
                .fit(images(spark))
                .save(folder);
    }

    public static List<String> labels(SparkSession spark, String folder) {
        return PipelineModel.load(folder).transform(images(spark)).orderBy("path").collectAsList().stream()
                .map(row -> row.getAs("label") + " of "
                        + row.getList(row.fieldIndex("top_k")).size())
                .toList();
    }

    private static Dataset<Row> images(SparkSession spark) {
        return spark.read()
                .format("binaryFile")
                .option("pathGlobFilter", "digit-00*.png")
                .load(Demo.IMAGES)
                .drop("content");
    }
}
