package io.swinlake.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ErrorCodeTest {
    /** Tables hold these words: this list may grow and nothing in it may change. */
    @Test
    void theWordsOfTablesStayAsTheyAre() {
        assertThat(Arrays.stream(ErrorCode.values()).map(ErrorCode::word))
                .containsExactlyInAnyOrder(
                        "read/null",
                        "read/not_found",
                        "read/denied",
                        "read/io",
                        "read/changed",
                        "read/not_a_file",
                        "read/too_large",
                        "read/broken_shard",
                        "decode/empty",
                        "decode/unknown_format",
                        "decode/unsupported_format",
                        "decode/truncated",
                        "decode/corrupt",
                        "decode/no_pixels",
                        "decode/too_many_pixels",
                        "decode/too_many_scans",
                        "decode/too_slow",
                        "decode/no_library",
                        "decode/out_of_memory",
                        "decode/invalid_struct",
                        "preprocess/too_elongated",
                        "infer/forward_failed",
                        "infer/not_finite");
    }

    @Test
    void onlyWhatTheImageIsNotToBlameForIsTriedAgain() {
        assertThat(ErrorCode.triedAgain())
                .containsExactlyInAnyOrder(
                        "read/not_found",
                        "read/denied",
                        "read/io",
                        "read/changed",
                        "decode/no_library",
                        "decode/out_of_memory",
                        "infer/forward_failed");
    }

    @Test
    void everyCodeHasItsOwnAdviceInOneLine() {
        assertThat(Arrays.stream(ErrorCode.values()).map(ErrorCode::advice))
                .doesNotHaveDuplicates()
                .allSatisfy(advice -> assertThat(advice).isNotBlank().doesNotContain("\n"));
    }
}
