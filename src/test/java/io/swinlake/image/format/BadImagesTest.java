package io.swinlake.image.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import io.swinlake.Fixtures;
import io.swinlake.image.DecodeOptions;
import io.swinlake.image.ImageException;
import io.swinlake.image.Pixels;
import java.time.Duration;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every damaged or hostile file of the fixtures: an error that says what was found, or the pixels that Pillow gives. */
class BadImagesTest {
    private static final String READ = "JPEG, PNG, GIF, BMP, WebP, TIFF, PNM, ICO, PSD, QOI, SGI, PCX and TGA are read";
    private static final ImageDecoder DECODER = ImageDecoder.create(DecodeOptions.defaults());

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        empty.jpg                    | empty              | the object holds 0 bytes, an image was expected: write it again
        truncated_50.jpg             | truncated          | the JPEG ends after 5092 bytes without an end-of-image marker: write it again
        truncated_95.jpg             | truncated          | the JPEG ends after 9674 bytes without an end-of-image marker: write it again
        jpeg_soi_only.jpg            | truncated          | the JPEG ends after 2 bytes without an end-of-image marker: write it again
        riff_header.webp             | truncated          | the WebP holds 12 bytes of the 108 it announces: write it again
        png_corrupt_data.png         | corrupt            | the PNG data is damaged in row 2 of 90: invalid distance too far back: write the file again
        gif_no_frames.gif            | corrupt            | the GIF has no image: block 0x3B stands where one was expected
        png_zero_width.png           | no_pixels          | the PNG header says 0x10 pixels, at least 1x1 was expected
        png_bomb_header_50000.png    | too_many_pixels    | the PNG header says 50000x50000 = 2500000000 pixels, the limit is 178956970: a decompression bomb, or raise maxPixels
        png_bomb_real_30000_1bit.png | too_many_pixels    | the PNG header says 30000x30000 = 900000000 pixels, the limit is 178956970: a decompression bomb, or raise maxPixels
        jpeg_huge_header.jpg         | too_many_pixels    | the JPEG header says 65500x65500 = 4290250000 pixels, the limit is 178956970: a decompression bomb, or raise maxPixels
        random.jpg                   | unknown_format     | the first bytes F8 C2 BE CF 93 1A ED 15 belong to no known image format: {read}
        text.jpg                     | unsupported_format | this is text, not an image that is read: {read}
        error_page.jpg               | unsupported_format | this is an HTML page, perhaps an error page saved as an image, not an image that is read: {read}
        drawing.svg                  | unsupported_format | this is an SVG drawing, not an image that is read: {read}
        """)
    void isRefusedWithItsReason(String file, String code, String message) {
        ImageException refusal = Assertions.assertTimeout(Duration.ofSeconds(2), () -> refusal(file));

        assertThat(refusal.code().stage()).isEqualTo("decode");
        assertThat(refusal.code().code()).isEqualTo(code);
        assertThat(refusal).hasMessage(message.replace("{read}", READ));
    }

    @ParameterizedTest
    @ValueSource(strings = {"garbage_appended.jpg", "png_bad_idat_crc.png"})
    void decodesWhatPillowDecodes(String file) throws ImageException {
        Pixels pixels = DECODER.decode(Fixtures.bytes("images/bad/" + file));

        assertThat(Hashes.sha256(pixels.rgb()))
                .isEqualTo(entry(file).get("rgb_sha256").asText());
    }

    @Test
    void everyBadFileOfTheFixturesIsCovered() {
        assertThat(entries()).hasSize(15 + 2);
    }

    private static ImageException refusal(String file) {
        return catchThrowableOfType(ImageException.class, () -> DECODER.decode(Fixtures.bytes("images/bad/" + file)));
    }

    private static JsonNode entry(String file) {
        return entries().stream()
                .filter(entry -> entry.get("file").asText().endsWith("/" + file))
                .findFirst()
                .orElseThrow();
    }

    private static List<JsonNode> entries() {
        return StreamSupport.stream(Fixtures.manifest().get("bad_images").spliterator(), false)
                .toList();
    }
}
