package io.swinlake.bench;

import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.Iterator;
import javax.imageio.ImageIO;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.TaskCompletionListener;

/**
 * What one writes in an afternoon: {@code binaryFile}, ImageIO, and the traced module in DJL on one row after the other. The
 * module is loaded once per JVM, and each task has its own predictor. Arguments: Spark's master, folder of the module.
 */
final class NaiveJob implements Job {
    private static final int SIDE = 224;
    private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
    private static final float[] STD = {0.229f, 0.224f, 0.225f};

    private static final StructType ROW = new StructType()
            .add("path", DataTypes.StringType)
            .add("prediction", DataTypes.IntegerType)
            .add("probability", DataTypes.FloatType)
            .add("logits", DataTypes.createArrayType(DataTypes.FloatType, false));

    private final SparkSession spark;
    private final String module;

    private NaiveJob(SparkSession spark, String module) {
        this.spark = spark;
        this.module = module;
    }

    public static void main(String[] arguments) throws IOException {
        SparkSession spark = SparkSession.builder()
                .master(arguments[0])
                .appName("naive")
                .config("spark.ui.enabled", false)
                .config("spark.log.level", "WARN")
                .getOrCreate();
        Worker.serve(Job.timed(new NaiveJob(spark, arguments[1])));
    }

    @Override
    public void run(Path input, Path output) {
        spark.read()
                .format("binaryFile")
                .load(input.toString())
                .select("path", "content")
                .mapPartitions(new Classify(module), Encoders.row(ROW))
                .write()
                .parquet(output.toString());
    }

    /** A task. */
    private record Classify(String folder) implements MapPartitionsFunction<Row, Row>, Serializable {
        @Override
        public Iterator<Row> call(Iterator<Row> rows) throws Exception {
            Predictor<NDList, NDList> predictor = LoadedModule.of(folder).newPredictor();
            TaskContext.get().addTaskCompletionListener((TaskCompletionListener) ended -> predictor.close());
            return new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return rows.hasNext();
                }

                @Override
                public Row next() {
                    Row row = rows.next();
                    try {
                        return classified(predictor, row.getString(0), row.<byte[]>getAs(1));
                    } catch (IOException | TranslateException e) {
                        throw new IllegalStateException(row.getString(0), e);
                    }
                }
            };
        }
    }

    private static Row classified(Predictor<NDList, NDList> predictor, String path, byte[] file)
            throws IOException, TranslateException {
        float[] values = normalised(ImageIO.read(new ByteArrayInputStream(file)));
        try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
            NDList input = new NDList(manager.create(values, new Shape(1, 3, SIDE, SIDE)));
            float[] logits = predictor.predict(input).singletonOrThrow().toFloatArray();
            int best = 0;
            for (int i = 1; i < logits.length; i++) {
                best = logits[i] > logits[best] ? i : best;
            }
            double sum = 0;
            for (float logit : logits) {
                sum += Math.exp(logit - logits[best]);
            }
            return RowFactory.create(path, best, (float) (1 / sum), logits);
        }
    }

    /** {@code [3, 224, 224]}, squashed by Java's bicubic filter. */
    private static float[] normalised(BufferedImage image) {
        BufferedImage scaled = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = scaled.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
        graphics.drawImage(image, 0, 0, SIDE, SIDE, null);
        graphics.dispose();
        int[] pixels = scaled.getRGB(0, 0, SIDE, SIDE, null, 0, SIDE);
        float[] values = new float[3 * pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            for (int channel = 0; channel < 3; channel++) {
                int value = pixels[i] >> (16 - 8 * channel) & 0xff;
                values[channel * pixels.length + i] = (value / 255f - MEAN[channel]) / STD[channel];
            }
        }
        return values;
    }

    /** The module of this JVM. */
    private static final class LoadedModule {
        private static ZooModel<NDList, NDList> model;

        static synchronized ZooModel<NDList, NDList> of(String folder) throws Exception {
            if (model == null) {
                model = Criteria.builder()
                        .setTypes(NDList.class, NDList.class)
                        .optModelPath(Path.of(folder))
                        .optModelName("swin_t")
                        .optEngine("PyTorch")
                        .optTranslator(new NoopTranslator())
                        .build()
                        .loadModel();
            }
            return model;
        }
    }
}
