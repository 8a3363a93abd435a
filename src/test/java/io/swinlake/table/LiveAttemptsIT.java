package io.swinlake.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.bench.LoopbackS3;
import io.swinlake.spark.LocalSpark;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two attempts at one run that take each other for dead. {@code scripts/bench attempts} tries every pair of steps. */
class LiveAttemptsIT {
    @TempDir
    private Path folder;

    /** The second attempt comes to its end while the first stands still, or both stand still in turn. */
    @ParameterizedTest
    @CsvSource({
        "BEGUN,",
        "COMPUTED,",
        "FOUND_LATEST,",
        "WRITTEN,",
        "COUNTED,",
        "COMMITTED,",
        "COUNTED,COUNTED",
        "WRITTEN,BEGUN"
    })
    void anAttemptThatWakesUpLateLosesAndDoublesNothing(Step first, Step second) throws Exception {
        Path images = Files.createDirectory(folder.resolve("images"));
        LiveAttempts attempts = new LiveAttempts(
                LocalSpark.session(), images, folder.resolve("tables").toString());

        assertThat(attempts.fault(first, Optional.ofNullable(second))).isEmpty();
    }

    @Test
    void theSameHoldsInS3WithTheMagicCommitter() throws Exception {
        Path images = Files.createDirectory(folder.resolve("images"));
        try (LoopbackS3 s3 = LoopbackS3.start()) {
            LiveAttempts.useMagic(LocalSpark.session(), s3, "attempts");
            LiveAttempts attempts = new LiveAttempts(LocalSpark.session(), images, "s3a://attempts");

            assertThat(attempts.fault(Step.COUNTED, Optional.empty())).isEmpty();
            assertThat(attempts.fault(Step.COUNTED, Optional.of(Step.COUNTED))).isEmpty();
        } finally {
            LocalSpark.session().stop(); // its settings lead to a server that is gone
        }
    }
}
