package io.swinlake.image.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.management.ThreadMXBean;
import io.swinlake.image.DecodeOptions;
import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import io.swinlake.image.TimeBudget;
import java.io.EOFException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Files that once ended a job, took its memory or its time, and decoders that throw what they please. */
class HostileImagesTest {
    private static final Path FOLDER = Path.of("src/test/resources/images-hostile");
    private static final ImageDecoder DECODER = ImageDecoder.create(DecodeOptions.defaults());

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        bmp_hollow_rle4.bmp                      | truncated | 122 bytes of BMP cannot hold 13376x13376 pixels: write it again
        bmp_rle_tail_zeroed_accepted.bmp         | truncated | 19825 bytes of BMP cannot hold 301x331 pixels: write it again
        bmp_size_mismatch_kills_job.bmp          | truncated | 20492 bytes of BMP cannot hold 455x65365 pixels: write it again
        tiff_g4_or_ccitt_truncated_accepted.tif  | truncated | the TIFF ends after 1908 bytes, its part 1 of 1 has 3438 at 300: write it again
        tiff_hollow_g4.tif                       | truncated | 156 bytes of TIFF cannot hold 13376x13376 pixels: write it again
        tiff_hollow_lzw.tif                      | truncated | 156 bytes of TIFF cannot hold 13376x13376 pixels: write it again
        tiff_size_mismatch_kills_job.tif         | truncated | 570 bytes of the TIFF's CCITT group 4 data give 3751 of 6490 bytes of pixels: write it again
        webp_hollow_4000x4000.webp               | truncated | 52 bytes of WebP cannot hold 4000x4000 pixels: write it again
        webp_lossless_tail_zeroed_accepted.webp  | corrupt   | libwebp refuses the WebP data with its status 3: write the file again
        webp_vp8l_132bytes_16x16_takes_46s.webp  | corrupt   | libwebp refuses the WebP data with its status 3: write the file again
        """)
    void isRefusedAtLittleCost(String file, String code, String message) {
        byte[] bytes = ImageKinds.bytes(FOLDER.resolve(file));
        refusal(DECODER, bytes); // loads classes, before the measurement
        long before = allocatedBytes();
        long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();

        ImageException refusal = refusal(DECODER, bytes);

        assertThat(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start)
                .isLessThan(Duration.ofSeconds(2).toNanos());
        assertThat(allocatedBytes() - before).isLessThan(8 << 20);
        assertThat(refusal.code().code()).isEqualTo(code);
        assertThat(refusal).hasMessage(message);
    }

    /** The digests of Pillow 13. */
    @ParameterizedTest
    @CsvSource({
        "jpeg_eoi_lost_zero_padded.jpg, 814dccb972f4",
        "jpeg_499_scans_2000x2000.jpg, b0e5a39c1066",
    })
    void isThePictureOfPillow(String file, String sha256) throws ImageException {
        assertThat(Hashes.sha256(
                        DECODER.decode(ImageKinds.bytes(FOLDER.resolve(file))).rgb()))
                .startsWith(sha256);
    }

    @Test
    void aDecoderThatTakesTooLongIsStopped() {
        ImageDecoder hasty = ImageDecoder.create(
                new DecodeOptions(1 << 22, DecodeOptions.Orientation.IGNORE, Duration.ofMillis(20)));
        byte[] file = ImageKinds.bytes(FOLDER.resolve("jpeg_499_scans_2000x2000.jpg"));
        long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();

        ImageException refusal = refusal(hasty, file);

        assertThat(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start)
                .isLessThan(Duration.ofMillis(500).toNanos());
        assertThat(refusal)
                .hasMessage("0.0 s of processor time were not enough to decode the image:"
                        + " treat the file as hostile, or allow more");
    }

    static Stream<Arguments> thrown() {
        return Stream.of(
                Arguments.of(new IllegalStateException("odd\nlines"), ErrorCode.CORRUPT, "odd lines"),
                Arguments.of(new StackOverflowError(), ErrorCode.CORRUPT, "StackOverflowError"),
                Arguments.of(new AssertionError("never"), ErrorCode.CORRUPT, "never"),
                Arguments.of(new IOException("bad", new RuntimeException("deep")), ErrorCode.CORRUPT, "deep"),
                Arguments.of(new EOFException(), ErrorCode.TRUNCATED, "data ends before the last of 1 rows"),
                Arguments.of(new UnsatisfiedLinkError("libx.so"), ErrorCode.NO_LIBRARY, "libx.so"),
                Arguments.of(new OutOfMemoryError("heap"), ErrorCode.OUT_OF_MEMORY, "does not fit into the heap"),
                Arguments.of(
                        new IOException(new OutOfMemoryError("heap")),
                        ErrorCode.OUT_OF_MEMORY,
                        "does not fit into the heap"),
                Arguments.of(
                        new IOException(new ImageException(ErrorCode.TOO_SLOW, "time")), ErrorCode.TOO_SLOW, "time"));
    }

    @ParameterizedTest
    @MethodSource("thrown")
    void whateverADecoderThrowsIsItsRow(Throwable thrown, ErrorCode code, String words) {
        ImageException refusal = catchThrowableOfType(
                ImageException.class, () -> ImageDecoder.pixels(ImageFormat.PNG, throwing(thrown), time()));

        assertThat(refusal.code()).isEqualTo(code);
        assertThat(refusal.getMessage()).contains(words);
        assertThat(refusal.getMessage().lines()).hasSize(1);
    }

    @Test
    void anArrayOfAnotherSizeThanTheHeaderSaidIsARowToo() {
        EncodedImage wrong = new Fake() {
            @Override
            public byte[] rgb(TimeBudget time) {
                return new byte[7];
            }
        };

        assertThatThrownBy(() -> ImageDecoder.pixels(ImageFormat.TIFF, wrong, time()))
                .isInstanceOf(ImageException.class)
                .hasMessage("the TIFF data cannot be decoded: 1x1 RGB pixels take 3 bytes, found 7");
    }

    @Test
    void theEndOfTheVirtualMachineIsNoImagesFault() {
        assertThatThrownBy(() -> ImageDecoder.pixels(
                        ImageFormat.PNG, throwing(new InternalError("a mapped file shrank")), time()))
                .isInstanceOf(InternalError.class);
    }

    private static TimeBudget time() {
        return TimeBudget.start(Duration.ofSeconds(1));
    }

    private static EncodedImage throwing(Throwable thrown) {
        return new Fake() {
            @Override
            public byte[] rgb(TimeBudget time) throws IOException {
                if (thrown instanceof IOException e) {
                    throw e;
                }
                if (thrown instanceof Error e) {
                    throw e;
                }
                throw (RuntimeException) thrown;
            }
        };
    }

    private abstract static class Fake implements EncodedImage {
        @Override
        public int width() {
            return 1;
        }

        @Override
        public int height() {
            return 1;
        }

        @Override
        public long mostPixels() {
            return 1;
        }

        @Override
        public long heapBytes() {
            return 3;
        }
    }

    private static ImageException refusal(ImageDecoder decoder, byte[] file) {
        return catchThrowableOfType(ImageException.class, () -> decoder.decode(file));
    }

    private static long allocatedBytes() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean())
                .getThreadAllocatedBytes(Thread.currentThread().getId());
    }
}
