package io.swinlake.bench;

import io.swinlake.Fixtures;
import io.swinlake.image.DecodeOptions;
import io.swinlake.image.ImageException;
import io.swinlake.image.Pixels;
import io.swinlake.image.format.ImageDecoder;
import io.swinlake.preprocess.Preprocessor;
import io.swinlake.preprocess.Recipe;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What one ImageNet-sized image (500x375) costs one thread: decode, and resize to 256 with a crop of 224. Run by
 * {@code org.openjdk.jmh.Main PreprocessBenchmark} on the class path of the tests.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class PreprocessBenchmark {
    private static final Recipe CROP_224 = new Recipe(
            "microsoft",
            Recipe.Resize.SHORT_SIDE,
            256,
            256,
            224,
            224,
            Recipe.Filter.BICUBIC,
            List.of(0.485, 0.456, 0.406),
            List.of(0.229, 0.224, 0.225));

    private final ImageDecoder decoder = ImageDecoder.create(DecodeOptions.defaults());
    private final Preprocessor preprocessor = Preprocessor.of(CROP_224);
    private final ByteBuffer target = ByteBuffer.allocateDirect(224 * 224 * 3);
    private byte[] jpeg;
    private Pixels pixels;

    @Setup
    public void encode() throws ImageException, IOException {
        Pixels photo = decoder.decode(Fixtures.bytes("images/good/png_crop_rounding_223x259.png"));
        BufferedImage image = new BufferedImage(500, 375, BufferedImage.TYPE_3BYTE_BGR);
        for (int i = 0; i < 500 * 375; i++) {
            int source = (i / 500 * 259 / 375 * 223 + (i % 500) * 223 / 500) * 3;
            int rgb = ((photo.rgb()[source] & 0xFF) << 16)
                    | ((photo.rgb()[source + 1] & 0xFF) << 8)
                    | (photo.rgb()[source + 2] & 0xFF);
            image.setRGB(i % 500, i / 500, rgb);
        }
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        ImageIO.write(image, "jpg", file);
        jpeg = file.toByteArray();
        pixels = decoder.decode(jpeg);
    }

    @Benchmark
    public Pixels decode() throws ImageException {
        return decoder.decode(jpeg);
    }

    @Benchmark
    public ByteBuffer resize() throws ImageException {
        preprocessor.apply(pixels, target.clear());
        return target;
    }
}
