package io.swinlake.spark.inference;

import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.swinlake.image.ErrorCode;
import io.swinlake.image.ImageException;
import org.junit.jupiter.api.Test;

class StorageWatchTest {
    private final StorageWatch storage = new StorageWatch();

    private void fail(int files, ErrorCode code) {
        for (int i = 0; i < files; i++) {
            storage.failed("s3a://lake/%s.jpg".formatted(i), new ImageException(code, "403 Forbidden"));
        }
    }

    @Test
    void sixtyFourFilesInARowThatCannotBeReadFailTheTaskInOneLine() {
        storage.answered();
        fail(63, ErrorCode.DENIED);

        assertThatThrownBy(() -> fail(1, ErrorCode.DENIED))
                .isInstanceOf(StorageWatch.UnreadableStorageException.class)
                .hasMessage("64 files in a row cannot be read; the storage may be down or the credentials have expired."
                        + " If these files are not for this job, leave them out with --glob."
                        + " The last was s3a://lake/0.jpg: read/denied: 403 Forbidden");
    }

    @Test
    void deniedAndBrokenReadsCountTogether() {
        fail(32, ErrorCode.DENIED);

        assertThatThrownBy(() -> fail(32, ErrorCode.IO)).isInstanceOf(StorageWatch.UnreadableStorageException.class);
    }

    @Test
    void scatteredOnesAreRowsHoweverMany() {
        for (int i = 0; i < 100; i++) {
            assertThatNoException().isThrownBy(() -> fail(63, ErrorCode.IO));
            storage.answered();
        }
    }

    @Test
    void aFileThatIsGoneShowsThatTheStorageAnswers() {
        for (int i = 0; i < 100; i++) {
            assertThatNoException().isThrownBy(() -> fail(63, ErrorCode.IO));
            fail(1, ErrorCode.NOT_FOUND);
        }
        assertThatNoException().isThrownBy(() -> fail(1000, ErrorCode.NOT_FOUND));
    }

    @Test
    void whatIsKnownWithoutAskingTheStorageTellsNothingOfIt() {
        fail(63, ErrorCode.IO);
        fail(10, ErrorCode.TOO_LARGE);
        fail(10, ErrorCode.NULL);

        assertThatThrownBy(() -> fail(1, ErrorCode.IO)).isInstanceOf(StorageWatch.UnreadableStorageException.class);
    }
}
