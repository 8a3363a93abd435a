package io.swinlake.image.format;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.swinlake.image.DecodeOptions;
import io.swinlake.image.ImageException;
import io.swinlake.image.Pixels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever the bytes, an image is decoded within the pixel limit or an {@link ImageException} says why not. The suite
 * replays the seeds below; {@code scripts/fuzz image} searches on from them.
 */
class ImageFuzzTest {
    private static final Path IMAGES = Path.of("src/test/resources/fixtures/images");
    private static final long MAX_PIXELS = 1 << 16;

    private final ImageDecoder decoder =
            ImageDecoder.create(new DecodeOptions(MAX_PIXELS, DecodeOptions.Orientation.APPLY));

    @MethodSource("files")
    @FuzzTest
    void image(byte[] file) {
        try {
            Pixels pixels = decoder.decode(file);
            assertThat((long) pixels.width() * pixels.height()).isBetween(1L, MAX_PIXELS);
        } catch (ImageException e) {
            assertThat(e.code().stage()).isEqualTo("decode");
            assertThat(e.getMessage().lines()).hasSize(1);
        }
    }

    static Stream<byte[]> files() throws IOException {
        try (Stream<Path> images = Files.walk(IMAGES, 2)) {
            List<Path> chosen = images.filter(file -> file.getParent().endsWith("good")
                            || file.getParent().endsWith("bad"))
                    .sorted()
                    .toList();
            return chosen.stream().map(ImageFuzzTest::bytes);
        }
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
