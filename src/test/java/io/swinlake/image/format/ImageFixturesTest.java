package io.swinlake.image.format;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.swinlake.Fixtures;
import io.swinlake.image.DecodeOptions;
import io.swinlake.image.ImageException;
import io.swinlake.image.Pixels;
import io.swinlake.preprocess.Preprocessor;
import io.swinlake.preprocess.Recipe;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every good file of the fixtures, to the bit. For JPEG this holds on a JDK that links libjpeg-turbo, as Debian's and
 * Ubuntu's do; others, such as Temurin, carry libjpeg 6b, whose pixels may differ by up to 3 levels (mean 0.05).
 */
class ImageFixturesTest {
    private static final List<Double> MEAN = List.of(0.485, 0.456, 0.406);
    private static final List<Double> STD = List.of(0.229, 0.224, 0.225);
    private static final Recipe CROP_224 =
            new Recipe("microsoft", Recipe.Resize.SHORT_SIDE, 256, 256, 224, 224, Recipe.Filter.BICUBIC, MEAN, STD);
    private static final Recipe SQUASH_384 =
            new Recipe("microsoft", Recipe.Resize.SQUASH, 384, 384, 384, 384, Recipe.Filter.BICUBIC, MEAN, STD);

    static Stream<JsonNode> images() {
        return StreamSupport.stream(Fixtures.manifest().get("images").spliterator(), false);
    }

    @ParameterizedTest
    @MethodSource("images")
    void decodesToThePixelsOfPillow(JsonNode image) throws ImageException {
        Pixels pixels = decode(image);

        assertThat(pixels.width()).isEqualTo(image.get("width").asInt());
        assertThat(pixels.height()).isEqualTo(image.get("height").asInt());
        assertThat(Hashes.sha256(pixels.rgb()))
                .isEqualTo(expected(image).get("rgb_sha256").asText());
    }

    @ParameterizedTest
    @MethodSource("images")
    void resizesAndCropsLikeTheOfficialEvaluation(JsonNode image) throws ImageException {
        Pixels pixels = decode(image);
        JsonNode transforms = expected(image).get("transforms");

        assertThat(preprocessed(CROP_224, pixels))
                .isEqualTo(transforms.at("/224crop/sha256").asText());
        if (transforms.has("384squash")) {
            assertThat(preprocessed(SQUASH_384, pixels))
                    .isEqualTo(transforms.at("/384squash/sha256").asText());
        }
    }

    private static Pixels decode(JsonNode image) throws ImageException {
        return decode(image.get("file").asText());
    }

    private static Pixels decode(String file) throws ImageException {
        return ImageDecoder.create(DecodeOptions.defaults()).decode(Fixtures.bytes(file));
    }

    /** 16-bit grey is scaled, not clipped: the reading that the fixtures recommend. */
    private static JsonNode expected(JsonNode image) {
        JsonNode scaled = image.at("/alternatives/scaled");
        return scaled.isMissingNode() ? image : scaled;
    }

    private static String preprocessed(Recipe recipe, Pixels pixels) throws ImageException {
        ByteBuffer target = ByteBuffer.allocate(recipe.cropHeight() * recipe.cropWidth() * 3);
        Preprocessor.of(recipe).apply(pixels, target);
        assertThat(target.hasRemaining()).isFalse();
        return Hashes.sha256(target.array());
    }
}
