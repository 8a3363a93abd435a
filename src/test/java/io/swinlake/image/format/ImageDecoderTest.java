package io.swinlake.image.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.management.ThreadMXBean;
import io.swinlake.Fixtures;
import io.swinlake.image.DecodeOptions;
import io.swinlake.image.DecodeOptions.Orientation;
import io.swinlake.image.ErrorCode;
import io.swinlake.image.ExifOrientation;
import io.swinlake.image.ImageException;
import io.swinlake.image.Pixels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageDecoderTest {
    private static final ImageDecoder DECODER = ImageDecoder.create(DecodeOptions.defaults());
    private static final String JPEG = "images/good/jpeg_420_baseline.jpg";

    static Stream<String> variants() throws IOException {
        return new String(resource("expected.txt"), StandardCharsets.US_ASCII).lines();
    }

    /** How the files and the expected pixels were made is said in {@code pillow/README.md}, next to them. */
    @ParameterizedTest
    @MethodSource("variants")
    void everyVariantOfEveryFormatHasThePixelsOfPillow(String expected) throws IOException, ImageException {
        String name = expected.substring(0, expected.indexOf(' '));

        Pixels pixels = DECODER.decode(resource(name));

        assertThat("%s %s %s %s".formatted(name, pixels.width(), pixels.height(), Hashes.sha256(pixels.rgb())))
                .isEqualTo(expected);
    }

    /** A reader that keeps state between images would show the first one in the missing part of the second. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                JPEG,
                "images/good/jpeg_progressive_420.jpg",
                "images/good/png_interlaced.png",
                "images/good/gif_static.gif",
                "images/good/bmp_24.bmp",
                "images/good/webp_lossless.webp",
                "images/good/tiff_lzw.tif"
            })
    void truncatedFileIsRefusedOrComplete(String path) throws ImageException {
        byte[] file = Fixtures.bytes(path);
        byte[] complete = DECODER.decode(file).rgb();
        for (int i = 1; i <= 200; i++) {
            byte[] truncated = Arrays.copyOf(file, (int) ((long) file.length * i / 201));
            try {
                assertThat(DECODER.decode(truncated).rgb()).isEqualTo(complete);
            } catch (ImageException e) {
                assertThat(e.code()).isIn(ErrorCode.TRUNCATED, ErrorCode.UNKNOWN_FORMAT, ErrorCode.UNSUPPORTED_FORMAT);
            }
        }
    }

    /** The JDK's colour management has raced on profiles (JDK-8058973): profiles never reach it here. */
    @Test
    void thirtyTwoThreadsDecodeJpegsWithProfiles() throws Exception {
        byte[] file = Fixtures.bytes("images/good/jpeg_icc_wide.jpg");
        byte[] expected = DECODER.decode(file).rgb();
        ExecutorService threads = Executors.newFixedThreadPool(32);
        try {
            List<Future<Boolean>> same = new ArrayList<>();
            for (int i = 0; i < 32; i++) {
                same.add(threads.submit(() -> {
                    boolean all = true;
                    for (int n = 0; n < 50; n++) {
                        all &= Arrays.equals(DECODER.decode(file).rgb(), expected);
                    }
                    return all;
                }));
            }
            for (Future<Boolean> each : same) {
                assertThat(each.get()).isTrue();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void pixelLimitIsTheCallersChoice() throws ImageException {
        byte[] file = Fixtures.bytes(JPEG); // 227x149 = 33823 pixels

        assertThat(ImageDecoder.create(new DecodeOptions(33_823, Orientation.IGNORE))
                        .decode(file)
                        .width())
                .isEqualTo(227);
        assertThatThrownBy(() -> ImageDecoder.create(new DecodeOptions(33_822, Orientation.IGNORE))
                        .decode(file))
                .hasMessage("the JPEG header says 227x149 = 33823 pixels, the limit is 33822:"
                        + " a decompression bomb, or raise maxPixels");
    }

    @Test
    void pixelLimitMustFitAnArray() {
        assertThatThrownBy(() -> new DecodeOptions(0, Orientation.IGNORE))
                .hasMessage("maxPixels is 0, it must lie in 1..715827879");
        assertThatThrownBy(() -> new DecodeOptions(715_827_880, Orientation.IGNORE))
                .hasMessage("maxPixels is 715827880, it must lie in 1..715827879");
    }

    @Test
    void bombsAreRefusedWithoutAllocation() {
        byte[] jpeg = jpegHeader(65_500, 65_500);
        byte[] png = Fixtures.bytes("images/bad/png_bomb_header_50000.png");
        byte[] gif = gif(65_535, 65_535, new byte[] {2, 1, 0x4C, 0});

        for (byte[] bomb : List.of(jpeg, png, gif)) {
            assertThat(refusal(bomb).code())
                    .isEqualTo(ErrorCode.TOO_MANY_PIXELS); // also loads classes, before the measurement
            long before = allocatedBytes();
            refusal(bomb);
            assertThat(allocatedBytes() - before).isLessThan(1 << 20);
        }
    }

    /** Within the pixel limit, but more than so few bytes can be: refused before 500 MB are allocated for them. */
    @Test
    void hollowFilesAreRefusedWithoutAllocation() throws IOException {
        byte[] jpeg = jpegHeader(13_000, 13_000);
        byte[] gif = gif(13_000, 13_000, new byte[] {2, 1, 0x4C, 0});
        refusal(jpeg);
        refusal(gif);

        long before = allocatedBytes();
        assertThat(refusal(jpeg)).hasMessage("27 bytes of JPEG cannot hold 13000x13000 pixels: write it again");
        assertThat(refusal(gif)).hasMessage("27 bytes of GIF cannot hold 13000x13000 pixels: write it again");
        assertThat(allocatedBytes() - before).isLessThan(1 << 20);
    }

    @Test
    void refusesMoreScansThanAnImageNeeds() throws IOException {
        byte[] file = Fixtures.bytes("images/good/jpeg_progressive_420.jpg");
        int scan = indexOf(file, 0xDA, 0);
        int next = indexOf(file, 0xC4, scan);
        ByteArrayOutputStream bomb = new ByteArrayOutputStream();
        bomb.write(file, 0, scan);
        for (int i = 0; i < 10_000; i++) {
            bomb.write(file, scan, next - scan);
        }
        bomb.write(file, next, file.length - next);

        ImageException refusal = Assertions.assertTimeout(Duration.ofSeconds(1), () -> refusal(bomb.toByteArray()));

        assertThat(refusal.code()).isEqualTo(ErrorCode.TOO_MANY_SCANS);
        assertThat(refusal)
                .hasMessage("the JPEG has more than 500 scans, an image needs about 10: treat the file as hostile");
    }

    /** 64 MB of ICC profile cost a walk over them, and less than 8 MB of memory. */
    @Test
    void hugeProfilesAreSteppedOver() throws ImageException {
        byte[] file = Fixtures.bytes(JPEG);
        ByteBuffer heavy = ByteBuffer.allocate(file.length + 1000 * 65_537);
        heavy.put(file, 0, 2);
        for (int i = 0; i < 1000; i++) {
            heavy.put((byte) 0xFF).put((byte) 0xE2).putShort((short) 65_535).position(heavy.position() + 65_533);
        }
        heavy.put(file, 2, file.length - 2);
        byte[] expected = DECODER.decode(file).rgb();

        long before = allocatedBytes();
        byte[] actual = DECODER.decode(heavy.array()).rgb();

        assertThat(actual).isEqualTo(expected);
        assertThat(allocatedBytes() - before).isLessThan(8 << 20);
    }

    @Test
    void laterFramesOfAGifAreNotLookedAt() throws ImageException {
        byte[] file = Fixtures.bytes("images/good/gif_static.gif");
        byte[] endless = Arrays.copyOf(file, file.length + 10_000_000);
        Arrays.fill(endless, file.length - 1, endless.length, (byte) 0x2C);

        assertThat(DECODER.decode(endless).rgb()).isEqualTo(DECODER.decode(file).rgb());
    }

    @Test
    void appliesTheOrientationOnRequest() throws ImageException {
        byte[] file = Fixtures.bytes("images/good/jpeg_exif6.jpg");

        Pixels turned = ImageDecoder.create(new DecodeOptions(DecodeOptions.PILLOW_MAX_PIXELS, Orientation.APPLY))
                .decode(file);

        assertThat(turned.width()).isEqualTo(142);
        assertThat(turned.height()).isEqualTo(213);
        assertThat(Hashes.sha256(turned.rgb()))
                .isEqualTo("50548380b8fecd98ea028afa7f9c235e066b272dbfad22d3b0e06c3684b2fa89");
    }

    @Test
    void imageWithoutOrientationStaysAsItIs() {
        assertThat(Exif.orientation(ImageFormat.JPEG, Fixtures.bytes(JPEG))).isEqualTo(ExifOrientation.NORMAL);
        assertThat(Exif.orientation(ImageFormat.PNG, new byte[] {1, 2, 3})).isEqualTo(ExifOrientation.NORMAL);
    }

    /** Expected values: Pillow's {@code ImageOps.exif_transpose} of the stored rows abc, def. */
    @ParameterizedTest
    @CsvSource({
        "NORMAL, abc/def",
        "MIRRORED, cba/fed",
        "ROTATED_180, fed/cba",
        "FLIPPED, def/abc",
        "TRANSPOSED, ad/be/cf",
        "ROTATED_90, da/eb/fc",
        "TRANSVERSED, fc/eb/da",
        "ROTATED_270, cf/be/ad"
    })
    void eachOrientationTurnsItsWay(ExifOrientation orientation, String expected) {
        Pixels stored = new Pixels(3, 2, "aaabbbcccdddeeefff".getBytes(StandardCharsets.US_ASCII));

        Pixels seen = orientation.apply(stored);

        StringBuilder rows = new StringBuilder();
        for (int y = 0; y < seen.height(); y++) {
            for (int x = 0; x < seen.width(); x++) {
                rows.append((char) seen.rgb()[(y * seen.width() + x) * 3]);
            }
            rows.append('/');
        }
        assertThat(rows).hasToString(expected + "/");
    }

    private static ImageException refusal(byte[] file) {
        return catchThrowableOfType(ImageException.class, () -> DECODER.decode(file));
    }

    /** Frame header, one empty scan, end. */
    private static byte[] jpegHeader(int width, int height) {
        return ByteBuffer.allocate(27)
                .putShort((short) 0xFFD8)
                .putShort((short) 0xFFC0)
                .putShort((short) 11)
                .put((byte) 8)
                .putShort((short) height)
                .putShort((short) width)
                .put(new byte[] {1, 1, 0x11, 0})
                .putShort((short) 0xFFDA)
                .putShort((short) 8)
                .put(new byte[] {1, 1, 0, 0, 63, 0})
                .putShort((short) 0xFFD9)
                .array();
    }

    private static byte[] gif(int width, int height, byte[] data) {
        byte[] sides = {(byte) width, (byte) (width >> 8), (byte) height, (byte) (height >> 8)};
        return ByteBuffer.allocate(23 + data.length)
                .put("GIF89a".getBytes(StandardCharsets.US_ASCII))
                .put(sides)
                .put(new byte[] {0, 0, 0, 0x2C, 0, 0, 0, 0})
                .put(sides)
                .put((byte) 0)
                .put(data)
                .array();
    }

    private static int indexOf(byte[] file, int marker, int from) {
        for (int i = from; i + 1 < file.length; i++) {
            if (file[i] == (byte) 0xFF && file[i + 1] == (byte) marker) {
                return i;
            }
        }
        throw new IllegalArgumentException(String.format(Locale.ROOT, "no marker %02X", marker));
    }

    private static long allocatedBytes() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean())
                .getThreadAllocatedBytes(Thread.currentThread().getId());
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = ImageDecoderTest.class.getResourceAsStream("/pillow/" + name)) {
            return in.readAllBytes();
        }
    }
}
