package io.swinlake.bench.peers;

import com.microsoft.azure.synapse.ml.onnx.ONNXModel;
import com.microsoft.azure.synapse.ml.opencv.ImageTransformer;
import io.swinlake.bench.Job;
import io.swinlake.bench.Worker;
import java.nio.file.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;

/**
 * SynapseML's {@code ONNXModel} as its documentation shows it for images: Spark's image source, {@code ImageTransformer},
 * the network, Parquet. Arguments: Spark's master, the ONNX file, images per forward.
 */
public final class SynapseMlJob implements Job {
    private final SparkSession spark;
    private final ImageTransformer prepare;
    private final ONNXModel network;

    private SynapseMlJob(SparkSession spark, String file, int batch) {
        this.spark = spark;
        this.prepare = new ImageTransformer();
        prepare.setInputCol("image");
        prepare.setOutputCol("pixels");
        prepare.resize(224, 224);
        prepare.normalize(new double[] {0.485, 0.456, 0.406}, new double[] {0.229, 0.224, 0.225}, 1 / 255.0);
        prepare.setTensorElementType(DataTypes.FloatType);
        prepare.setTensorChannelOrder("RGB");
        this.network = new ONNXModel();
        network.setModelLocation(file);
        network.setDeviceType("CPU");
        network.setOptimizationLevel("ALL_OPT");
        network.setFeedDict("pixel_values", "pixels");
        network.setFetchDict("logits", "logits");
        network.setSoftMaxDict("logits", "probabilities");
        network.setArgMaxDict("logits", "prediction");
        network.setMiniBatchSize(batch);
    }

    public static void main(String[] arguments) throws Exception {
        SparkSession spark = SparkSession.builder()
                .master(arguments[0])
                .appName("SynapseML")
                .config("spark.ui.enabled", false)
                .config("spark.log.level", "WARN")
                .getOrCreate();
        Worker.serve(Job.timed(new SynapseMlJob(spark, arguments[1], Integer.parseInt(arguments[2]))));
    }

    @Override
    public void run(Path input, Path output) {
        Dataset<Row> images = spark.read().format("image").load(input.toString());
        network.transform(prepare.transform(images))
                .selectExpr("image.origin AS path", "CAST(prediction AS INT) AS prediction", "logits")
                .write()
                .parquet(output.toString());
    }
}
