package io.swinlake.preprocess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import io.swinlake.image.Pixels;
import io.swinlake.preprocess.Recipe.Filter;
import io.swinlake.preprocess.Recipe.Resize;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PreprocessorTest {
    private static final List<Double> MEAN = List.of(0.485, 0.456, 0.406);
    private static final List<Double> STD = List.of(0.229, 0.224, 0.225);

    private static final List<Filter> FILTERS =
            List.of(Filter.BILINEAR, Filter.BICUBIC, Filter.LANCZOS, Filter.HAMMING, Filter.BOX, Filter.NEAREST);

    /** How the expected values were made is said in {@code resize/README.md}, next to them. */
    @Test
    void resizesTenThousandRandomSizesToTheBitAsPillowDoes() throws IOException {
        List<String> expected = lines("/resize/pillow-crc32.txt");

        List<String> actual = IntStream.range(0, expected.size())
                .parallel()
                .mapToObj(PreprocessorTest::resizedCrc32)
                .toList();

        assertThat(actual).isEqualTo(expected);
    }

    /** Every crop mode and interpolation that timm has; {@code resize/README.md} says how the expected values were made. */
    @Test
    void everyTransformOfTimmIsFollowedToTheBit() throws IOException {
        for (String line : lines("/resize/timm-crc32.txt")) {
            String[] word = line.split(" ", -1);
            Resize resize =
                    switch (word[3]) {
                        case "squash" -> Resize.SQUASH;
                        case "border" -> Resize.FIT;
                        default -> Resize.SHORT_SIDE;
                    };
            Recipe recipe = Recipe.timm(
                    Integer.parseInt(word[0]),
                    Integer.parseInt(word[1]),
                    resize,
                    Double.parseDouble(word[2]),
                    Filter.valueOf(word[4].toUpperCase(Locale.ROOT)),
                    MEAN,
                    STD);
            Pixels image =
                    randomPixels(Integer.parseInt(word[5]), Integer.parseInt(word[6]), Integer.parseInt(word[7]));
            CRC32 crc = new CRC32();
            crc.update(apply(recipe, image));
            assertThat(String.format(Locale.ROOT, "%08x", crc.getValue()))
                    .as(line)
                    .isEqualTo(word[8]);
        }
    }

    /** The example of Pillow 13's release: 60 x 150 pixels to 64 x 64. */
    @Test
    void tallImagesAreResizedVerticallyFirst() {
        assertThat(Preprocessor.isVerticalFirst(randomPixels(1, 60, 150), 64, 64))
                .isTrue();
        assertThat(Preprocessor.isVerticalFirst(randomPixels(1, 150, 60), 64, 64))
                .isFalse();
        assertThat(Preprocessor.isVerticalFirst(randomPixels(1, 375, 500), 224, 224))
                .isFalse();
        CRC32 crc = new CRC32();
        crc.update(apply(squash(64, 64, Filter.BICUBIC), randomPixels(7, 60, 150)));
        assertThat(String.format(Locale.ROOT, "%08x", crc.getValue())).isEqualTo("00be2b53");
    }

    private static String resizedCrc32(int n) {
        int limit = n < 9800 ? 128 : 1000;
        int width = side(n, 0, limit);
        int height = side(n, 1, limit);
        int newWidth = side(n, 2, limit);
        int newHeight = side(n, 3, limit);
        CRC32 crc = new CRC32();
        crc.update(apply(squash(newHeight, newWidth, FILTERS.get(n % 6)), randomPixels(n, width, height)));
        return String.format(Locale.ROOT, "%08x", crc.getValue());
    }

    /** Crops with torchvision 0.14's {@code center_crop}: offsets are rounded half to even. */
    @ParameterizedTest
    @CsvSource({"297, 36", "259, 18", "257, 16", "224, 0", "225, 0", "227, 2"})
    void cropStartsAtHalfTheSurplusRoundedToEven(int resized, int offset) throws ImageException {
        Pixels image = randomPixels(1, resized, resized);
        byte[] whole = apply(squash(resized, resized, Filter.BICUBIC), image);

        byte[] cropped =
                apply(new Recipe("test", Resize.SQUASH, resized, resized, 224, 224, Filter.BICUBIC, MEAN, STD), image);

        assertThat(cropped).isEqualTo(window(whole, resized, offset, offset, 224, 224));
    }

    @ParameterizedTest
    @CsvSource({"500, 375", "375, 500", "640, 100", "61, 1023", "30, 20", "1, 7"})
    void rowsAndColumnsOutsideTheCropDoNotChangeWhatIsInside(int width, int height) {
        Pixels image = randomPixels(width, width, height);
        int longSide = (int) (256L * Math.max(width, height) / Math.min(width, height));
        int newWidth = width <= height ? 256 : longSide;
        int newHeight = width <= height ? longSide : 256;
        byte[] whole = apply(squash(newHeight, newWidth, Filter.BICUBIC), image);

        byte[] cropped =
                apply(new Recipe("test", Resize.SHORT_SIDE, 256, 256, 224, 200, Filter.BICUBIC, MEAN, STD), image);

        int left = (int) Math.rint((newWidth - 200) / 2.0);
        int top = (int) Math.rint((newHeight - 224) / 2.0);
        assertThat(cropped).isEqualTo(window(whole, newWidth, left, top, 200, 224));
    }

    /** torchvision's {@code center_crop} pads, the odd pixel at the right and the bottom. */
    @Test
    void cropLargerThanTheResizedImageIsPaddedWithZerosAllAround() {
        Pixels image = new Pixels(2, 1, new byte[] {1, 2, 3, 4, 5, 6});

        byte[] cropped = apply(new Recipe("test", Resize.SQUASH, 1, 2, 4, 5, Filter.BICUBIC, MEAN, STD), image);

        byte[] expected = new byte[4 * 5 * 3];
        System.arraycopy(image.rgb(), 0, expected, (1 * 5 + 1) * 3, 6);
        assertThat(cropped).isEqualTo(expected);
    }

    @Test
    void writesAtThePositionOfTheBufferAndMovesIt() throws ImageException {
        ByteBuffer batch = ByteBuffer.allocateDirect(2 * 12);
        Preprocessor preprocessor = Preprocessor.of(squash(2, 2, Filter.BICUBIC));

        preprocessor.apply(new Pixels(1, 1, new byte[] {1, 2, 3}), batch);
        preprocessor.apply(new Pixels(1, 1, new byte[] {4, 5, 6}), batch);

        byte[] written = new byte[24];
        batch.flip().get(written);
        assertThat(written).containsExactly(1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6, 4, 5, 6, 4, 5, 6);
    }

    @Test
    void refusesAnImageThatWouldBecomeEndless() {
        Recipe shortSide = new Recipe("test", Resize.SHORT_SIDE, 256, 256, 224, 224, Filter.BICUBIC, MEAN, STD);

        ImageException refusal = refusal(shortSide, new Pixels(20_000_000, 1, new byte[60_000_000]));

        assertThat(refusal)
                .hasMessage("20000000x1 pixels would be resized to a side of 5120000000 pixels,"
                        + " at most 2147483647 are possible: crop the image");
    }

    @Test
    void refusesAnImageWhoseWeightsWouldFillTheHeap() {
        ImageException refusal =
                refusal(squash(224, 224, Filter.BICUBIC), new Pixels(20_000_000, 1, new byte[60_000_000]));

        assertThat(refusal)
                .hasMessage("shrinking a side of 20000000 pixels to 224 takes 80000480 weights,"
                        + " at most 4194304 are kept: crop the image");
    }

    private static ImageException refusal(Recipe recipe, Pixels image) {
        ByteBuffer target = ByteBuffer.allocate(recipe.cropHeight() * recipe.cropWidth() * 3);
        ImageException refusal = catchThrowableOfType(
                ImageException.class, () -> Preprocessor.of(recipe).apply(image, target));
        assertThat(refusal.code().stage()).isEqualTo("preprocess");
        assertThat(refusal.code()).isEqualTo(ErrorCode.TOO_ELONGATED);
        return refusal;
    }

    private static Recipe squash(int height, int width, Filter filter) {
        return new Recipe("test", Resize.SQUASH, height, width, height, width, filter, MEAN, STD);
    }

    private static byte[] apply(Recipe recipe, Pixels image) {
        ByteBuffer target = ByteBuffer.allocate(recipe.cropHeight() * recipe.cropWidth() * 3);
        try {
            Preprocessor.of(recipe).apply(image, target);
        } catch (ImageException e) {
            throw new AssertionError(e);
        }
        return target.array();
    }

    private static byte[] window(byte[] rgb, int width, int left, int top, int windowWidth, int windowHeight) {
        byte[] window = new byte[windowWidth * windowHeight * 3];
        for (int y = 0; y < windowHeight; y++) {
            System.arraycopy(rgb, ((top + y) * width + left) * 3, window, y * windowWidth * 3, windowWidth * 3);
        }
        return window;
    }

    private static int side(int n, int i, int limit) {
        return 1 + (int) Long.remainderUnsigned(word(n, i), limit);
    }

    private static Pixels randomPixels(int n, int width, int height) {
        int size = width * height * 3;
        int words = (size + 7) / 8;
        ByteBuffer bytes = ByteBuffer.allocate(words * 8).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < words; i++) {
            bytes.putLong(word(n, 4 + i));
        }
        byte[] rgb = new byte[size];
        bytes.flip().get(rgb);
        return new Pixels(width, height, rgb);
    }

    /** SplitMix64's finaliser. */
    private static long word(int n, int i) {
        long z = ((long) n << 32) + i + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    private static List<String> lines(String resource) throws IOException {
        try (InputStream in = PreprocessorTest.class.getResourceAsStream(resource)) {
            return new ArrayList<>(new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .toList());
        }
    }
}
