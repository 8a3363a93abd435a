package io.swinlake.spark.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import io.swinlake.storage.Listed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFetcherTest {
    private static final byte[] CONTENT = {1, 2, 3, 4, 5};

    private final ImageFetcher fetcher = new ImageFetcher(new Configuration());

    @TempDir
    private Path folder;

    private String file;

    @BeforeEach
    void writeFile() throws IOException {
        file = Files.write(folder.resolve("a b#1.jpg"), CONTENT).toString();
    }

    private ImageException failure(String uri, Listed listed) {
        return catchThrowableOfType(ImageException.class, () -> fetcher.fetch(uri, listed));
    }

    @Test
    void readsAFileOfKnownOrUnknownLength() throws ImageException {
        assertThat(fetcher.fetch(file, Listed.ofLength(CONTENT.length))).isEqualTo(CONTENT);
        assertThat(fetcher.fetch(file, Listed.NOTHING)).isEqualTo(CONTENT);
    }

    @Test
    void anEmptyObjectOfAStoreIsNotEvenOpened() throws ImageException {
        ImageFetcher slow = new ImageFetcher(SlowFileSystem.configuration(0));

        assertThat(slow.fetch(SlowFileSystem.SCHEME + "://" + folder + "/gone.jpg", Listed.ofLength(0)))
                .isEmpty();
    }

    @Test
    void aFileThatGrewOrShrankSinceTheListingIsAnError() {
        assertThat(failure(file, Listed.ofLength(7)))
                .hasMessage("listed with 7 bytes, found 5: it was written again since")
                .returns(ErrorCode.CHANGED, ImageException::code);
        assertThat(failure(file, Listed.ofLength(4)))
                .hasMessage("listed with 4 bytes, found more: it was written again since");
    }

    @Test
    void aFileOfAStoreWithoutEtagsIsComparedByItsTime() throws IOException, ImageException {
        ImageFetcher slow = new ImageFetcher(SlowFileSystem.configuration(0));
        String uri = SlowFileSystem.SCHEME + "://" + file;
        long written = Files.getLastModifiedTime(Path.of(file)).toMillis();

        assertThat(slow.fetch(uri, listedAt(written))).isEqualTo(CONTENT);
        assertThat(slow.fetch(uri, listedAt(written / 1000 * 1000)))
                .as("in seconds")
                .isEqualTo(CONTENT);
        assertThat(catchThrowableOfType(ImageException.class, () -> slow.fetch(uri, listedAt(written - 2000))))
                .returns(ErrorCode.CHANGED, ImageException::code);
    }

    private static Listed listedAt(long modificationMillis) {
        return new Listed(OptionalLong.of(CONTENT.length), OptionalLong.of(modificationMillis), Optional.empty());
    }

    @Test
    void aFileThatIsGoneIsAnError() {
        assertThat(failure(folder.resolve("gone.jpg").toString(), Listed.ofLength(3)))
                .hasMessage("no such file, though it may have been listed")
                .returns(ErrorCode.NOT_FOUND, ImageException::code);
    }

    @Test
    void whatIsNoUriIsAnError() {
        assertThat(failure("", Listed.NOTHING))
                .hasMessage("Can not create a Path from an empty string")
                .returns(ErrorCode.IO, ImageException::code);
    }

    @Test
    void aFileFarLargerThanAnImageIsRefusedBeforeItIsRead() {
        assertThat(failure(file, Listed.ofLength(1L << 40)))
                .hasMessage("more than the 256 MiB that such a file may have")
                .returns(ErrorCode.TOO_LARGE, ImageException::code);
    }
}
