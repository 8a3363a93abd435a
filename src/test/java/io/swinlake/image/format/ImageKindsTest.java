package io.swinlake.image.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import io.swinlake.image.DecodeOptions;
import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import io.swinlake.image.Pixels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ImageKindsTest {
    private static final Path PAGE = Path.of("docs/images.md");
    private static final String BEGIN = "<!-- made from the fixture's manifest by ImageKindsTest -->\n";
    private static final ImageDecoder DECODER = ImageDecoder.create(DecodeOptions.defaults());

    static List<JsonNode> kinds() {
        return ImageKinds.all();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void everyKindHasThePixelsOfPillowOrItsReasonNotTo(JsonNode image) throws ImageException {
        JsonNode right = ImageKinds.right(image);
        if (right.has("sha256")) {
            Pixels pixels = DECODER.decode(ImageKinds.bytes(image));

            assertThat(pixels.width()).isEqualTo(right.get("width").asInt());
            assertThat(pixels.height()).isEqualTo(right.get("height").asInt());
            assertThat(Hashes.sha256(pixels.rgb()))
                    .isEqualTo(right.get("sha256").asText());
            return;
        }
        ImageException refusal =
                catchThrowableOfType(ImageException.class, () -> DECODER.decode(ImageKinds.bytes(image)));

        assertThat(refusal).as(image.toString()).isNotNull();
        assertThat(refusal.getMessage().lines()).hasSize(1);
        if (right.isTextual()) {
            assertThat(refusal.code().word()).isEqualTo(right.asText());
        }
    }

    static List<JsonNode> turned() {
        return ImageKinds.all().stream().filter(image -> image.has("turned")).toList();
    }

    @ParameterizedTest
    @MethodSource("turned")
    void isTurnedAsExifTransposeDoesIt(JsonNode image) throws ImageException {
        ImageDecoder decoder = ImageDecoder.create(
                new DecodeOptions(DecodeOptions.PILLOW_MAX_PIXELS, DecodeOptions.Orientation.APPLY));

        Pixels pixels = decoder.decode(ImageKinds.bytes(image));

        assertThat(pixels.width()).isEqualTo(image.at("/turned/width").asInt());
        assertThat(Hashes.sha256(pixels.rgb()))
                .isEqualTo(image.at("/turned/sha256").asText());
    }

    /** A kind that is left out tells its format in the row. */
    @ParameterizedTest
    @MethodSource("kinds")
    void aFormatThatIsNotReadIsNamed(JsonNode image) {
        String format = image.get("format").asText();
        boolean read = List.of("JPEG PNG GIF BMP WebP TIFF PNM ICO PSD QOI SGI PCX TGA".split(" ", -1))
                .contains(format);
        if (!read) {
            ImageException refusal =
                    catchThrowableOfType(ImageException.class, () -> DECODER.decode(ImageKinds.bytes(image)));

            assertThat(refusal.code()).isEqualTo(ErrorCode.UNSUPPORTED_FORMAT);
            assertThat(refusal.getMessage()).containsIgnoringCase(format.equals("EPS") ? "PostScript" : format);
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void everyDecoderAsksForTheTime(JsonNode image) {
        if (ImageKinds.right(image).has("sha256")) {
            ImageDecoder hasty = ImageDecoder.create(
                    new DecodeOptions(1 << 20, DecodeOptions.Orientation.IGNORE, Duration.ofNanos(1)));

            ImageException refusal =
                    catchThrowableOfType(ImageException.class, () -> hasty.decode(ImageKinds.bytes(image)));

            assertThat(refusal).as(image.toString()).isNotNull();
            assertThat(refusal.code()).isEqualTo(ErrorCode.TOO_SLOW);
        }
    }

    /** What is right is written into {@code target/images.md}: move it to docs when it has been read. */
    @Test
    void thePageOfKindsIsThatOfTheFixture() throws IOException {
        String page = Files.readString(PAGE);
        String expected = page.substring(0, page.indexOf(BEGIN) + BEGIN.length()) + table();

        Files.writeString(Path.of("target/images.md"), expected);
        assertThat(page).isEqualTo(expected);
    }

    private static String table() {
        Map<String, Map<String, Set<String>>> formats = new LinkedHashMap<>();
        for (JsonNode image : ImageKinds.all()) {
            formats.computeIfAbsent(image.get("format").asText(), key -> new LinkedHashMap<>())
                    .computeIfAbsent(state(image), key -> new LinkedHashSet<>())
                    .add(image.get("kind").asText());
        }
        StringBuilder table = new StringBuilder("\n| format | kinds | result |\n| --- | --- | --- |\n");
        formats.forEach((format, states) -> states.forEach((state, kinds) -> table.append(
                String.format(Locale.ROOT, "| %s | %s | %s |\n", format, String.join("; ", kinds), state))));
        return table.toString();
    }

    private static String state(JsonNode image) {
        JsonNode right = ImageKinds.right(image);
        if (!image.has("differs")) {
            return right.has("sha256") ? "equal to Pillow" : "an error, in Pillow too";
        }
        return (right.has("sha256") ? "read; " : "an error, `" + right.asText() + "`; ")
                + image.get("differs").asText();
    }
}
