package io.swinlake.bench.peers;

import com.johnsnowlabs.nlp.ImageAssembler;
import com.johnsnowlabs.nlp.annotators.cv.SwinForImageClassification;
import io.swinlake.bench.Job;
import io.swinlake.bench.Worker;
import java.nio.file.Path;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Spark NLP's {@code SwinForImageClassification} as its documentation shows it: Spark's image source, {@code ImageAssembler},
 * the network, Parquet. Arguments: Spark's master, the folder with the ONNX file and its labels, images per forward.
 */
public final class SparkNlpJob implements Job {
    private final SparkSession spark;
    private final String folder;
    private final int batch;
    private PipelineModel pipeline;

    private SparkNlpJob(SparkSession spark, String folder, int batch) {
        this.spark = spark;
        this.folder = folder;
        this.batch = batch;
    }

    public static void main(String[] arguments) throws Exception {
        SparkSession spark = SparkSession.builder()
                .master(arguments[0])
                .appName("Spark NLP")
                .config("spark.ui.enabled", false)
                .config("spark.log.level", "WARN")
                .config(
                        "spark.serializer",
                        "org.apache.spark.serializer.KryoSerializer") // its documentation asks for it
                .getOrCreate();
        Worker.serve(Job.timed(new SparkNlpJob(spark, arguments[1], Integer.parseInt(arguments[2]))));
    }

    /** Made at the first job, so that what goes wrong here is this job's failure. */
    private PipelineModel pipeline(Dataset<Row> images) {
        if (pipeline == null) {
            ImageAssembler assembler = new ImageAssembler();
            assembler.setInputCol("image");
            assembler.setOutputCol("assembled");
            SwinForImageClassification network = SwinForImageClassification.loadSavedModel(folder, spark);
            network.setInputCols(new String[] {"assembled"});
            network.setOutputCol("class");
            network.setBatchSize(batch);
            pipeline = new Pipeline()
                    .setStages(new PipelineStage[] {assembler, network})
                    .fit(images);
        }
        return pipeline;
    }

    @Override
    public void run(Path input, Path output) {
        Dataset<Row> images = spark.read().format("image").load(input.toString());
        pipeline(images)
                .transform(images)
                .selectExpr("image.origin AS path", "CAST(class.result[0] AS INT) AS prediction")
                .write()
                .parquet(output.toString());
    }
}
