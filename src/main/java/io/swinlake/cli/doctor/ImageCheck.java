package io.swinlake.cli.doctor;

import io.swinlake.cli.doctor.CheckResult.Wrong;
import io.swinlake.image.DecodeOptions;
import io.swinlake.image.ImageException;
import io.swinlake.image.Pixels;
import io.swinlake.image.format.ImageDecoder;
import io.swinlake.model.SwinModel;
import io.swinlake.preprocess.Preprocessor;
import io.swinlake.runtime.SwinRunner;
import io.swinlake.runtime.device.Precision;
import io.swinlake.runtime.device.Target;
import io.swinlake.spark.SwinInference;
import io.swinlake.spark.SwinTransformer;
import io.swinlake.swin.ImageSize;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** One image through the network, on the driver's CPU in fp32 and as {@code infer} does it: both give the same embedding. */
final class ImageCheck {
    /** Cosine with the driver's fp32 embedding; formats of 8 and 11 significant bits lose some. */
    private static final double LEAST_COSINE_FP32 = 0.9999;

    private static final double LEAST_COSINE_16_BIT = 0.98;

    private final SwinModel opened;
    private final StorageCheck.Sample image;
    private float[] reference = {};

    /** @param image of the lake; empty if none was read, then a picture of our own */
    ImageCheck(SwinModel opened, Optional<StorageCheck.Sample> image) {
        this.opened = opened;
        this.image = image.orElseGet(ImageCheck::picture);
    }

    /** What the driver computed, once it has. */
    float[] embedding() {
        return reference;
    }

    String runOnDriver() throws IOException, ImageException {
        Pixels pixels = ImageDecoder.create(DecodeOptions.defaults()).decode(image.bytes());
        ImageSize size = opened.inputSize();
        ByteBuffer slot = ByteBuffer.allocateDirect(size.height() * size.width() * 3);
        Preprocessor.of(opened.recipe()).apply(pixels, slot);
        try (SwinRunner runner = SwinRunner.open(opened, new Target("cpu", Precision.FP32))) {
            reference = runner.run(slot, 1).image(0).embedding();
        }
        return "%s: %s x %s pixels, embedded as %s numbers on the CPU in fp32"
                .formatted(image.path(), pixels.width(), pixels.height(), reference.length);
    }

    /** @param swinlake as it was asked for */
    String runOnExecutor(SparkSession spark, SwinTransformer swinlake) throws Wrong {
        SwinInference inference = swinlake.prepare(spark.createDataFrame(
                List.of(RowFactory.create((Object) image.bytes())),
                new StructType().add("content", DataTypes.BinaryType)));
        Row row = inference.rows().collectAsList().get(0);
        Row error = row.getAs("error");
        if (error != null) {
            throw new Wrong("see what the message says", "the row is an error: %s", error.<String>getAs("message"));
        }
        double cosine = cosine(row.getList(row.fieldIndex("embedding")));
        double least = swinlake.getPrecision().equals(Precision.FP32.word()) ? LEAST_COSINE_FP32 : LEAST_COSINE_16_BIT;
        if (!(cosine >= least)) {
            throw new Wrong(
                    "use another --device or --precision, and report this line with the model's name",
                    "%s in %s computes another embedding than the driver's CPU in fp32: cosine %.6f, not %s",
                    inference.devices().value().keySet(),
                    swinlake.getPrecision(),
                    cosine,
                    least);
        }
        return String.format(
                Locale.ROOT,
                "through Spark on %s in %s: %s, cosine %.6f with the driver's embedding",
                String.join(" ", inference.devices().value().keySet()),
                swinlake.getPrecision(),
                row.getAs("prediction") == null
                        ? "no classes"
                        : "class %s %s"
                                .formatted(
                                        row.getAs("prediction"),
                                        Optional.ofNullable(row.getAs("label")).orElse("")),
                cosine);
    }

    private static StorageCheck.Sample picture() {
        BufferedImage picture = new BufferedImage(256, 256, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < 256; y++) {
            for (int x = 0; x < 256; x++) {
                picture.setRGB(x, y, x << 16 | y << 8 | (x ^ y));
            }
        }
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        try {
            ImageIO.write(picture, "png", png);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // into memory
        }
        return new StorageCheck.Sample("a picture of our own", png.toByteArray(), png.size(), 0);
    }

    private double cosine(List<Float> other) {
        double product = 0;
        double square = 0;
        double otherSquare = 0;
        for (int i = 0; i < reference.length; i++) {
            product += (double) reference[i] * other.get(i);
            square += (double) reference[i] * reference[i];
            otherSquare += (double) other.get(i) * other.get(i);
        }
        return product / Math.sqrt(square * otherSquare);
    }
}
