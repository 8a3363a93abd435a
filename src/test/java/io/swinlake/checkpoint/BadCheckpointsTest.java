package io.swinlake.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.swinlake.InLocale;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every damaged container among the fixtures, with the one line that its owner gets. */
class BadCheckpointsTest {
    private static final Path FOLDER = Path.of("src/test/resources/fixtures/bad-checkpoints");

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            hf_missing_shard/model.safetensors.index.json | the shard 'model-00002-of-00002.safetensors' is missing. Download all shards into the index's directory.
            hf_shard_traversal/model.safetensors.index.json | names the shard '../../outside.safetensors'. A shard is a file beside its index; treat this file as hostile.
            pth_code_execution.pth | asks Python to call posix.system, which no weights need: treat this file as hostile, and do not load it with torch.load.
            pth_garbage_pickle.pth | data.pkl, byte 2: instruction 0x67 is none that torch.save writes; the pickle is damaged, or made to do harm.
            pth_missing_storage.pth | the storage 'archive/data/5' is missing from the zip.
            pth_no_data_pkl.pth | a zip without data.pkl, so not saved by torch.save. Unpack it and name the weights inside.
            pth_short_storage.pth | the storage 'archive/data/5' has 4 bytes, data.pkl says 2 elements of F32.
            pth_truncated.pth | the zip does not end with its directory; the download is incomplete, or something was appended.
            st_7_bytes.safetensors | 7 bytes are too few for safetensors, which begins with a length of 8 bytes.
            st_empty.safetensors | the file is empty (0 bytes). Download it again.
            st_header_length_beyond_file.safetensors | the header claims 1000000 bytes, the file has 1992 behind the length; it is cut or not safetensors.
            st_header_length_huge.safetensors | the header claims 9223372036854775807 bytes, at most 100000000 are allowed.
            st_header_not_json.safetensors | the header is not JSON: Unexpected character ('n' (code 110)): was expecting double-quote to start field name.
            st_offsets_beyond_file.safetensors | 'head.fc.weight' has data_offsets 13388 to 13580, the data has 13388 bytes.
            st_offsets_overlap.safetensors | 'patch_embed.proj.weight' begins at byte 0 of the data, inside 'head.fc.weight', which ends at 192.
            st_shape_overflow.safetensors | 'head.fc.weight' is F32 [1099511627776, 1099511627776], more bytes than 64 bits can count.
            st_size_mismatch.safetensors | 'head.fc.weight' is F32 [3, 15], which takes 180 bytes, its data_offsets hold 192.
            st_truncated.safetensors | the tensors take 13388 bytes, the file has 6856; the download is incomplete.
            st_unknown_dtype.safetensors | 'head.fc.weight' has dtype F9; those read are [F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL].
            text_named.pth | a Git LFS pointer, not the weights. Run git lfs pull in the repository, or download the file from its download link.
            """)
    void damagedFileIsRefusedWithItsOwnReason(String file, String reason) {
        Path path = FOLDER.resolve(file);
        assertTimeoutPreemptively(
                Duration.ofSeconds(10), () -> assertThatThrownBy(() -> Checkpoint.open(LocalSource.of(path)))
                        .isInstanceOf(CheckpointException.class)
                        .hasMessage(path + ": " + reason));
    }

    @ParameterizedTest
    @ValueSource(strings = {"fa-IR", "ar-EG-u-nu-arab"})
    void theReasonHasTheSameDigitsInEveryLocale(String locale) throws Exception {
        Path path = FOLDER.resolve("st_truncated.safetensors");
        assertThat(InLocale.call(locale, () -> catchThrowable(() -> Checkpoint.open(LocalSource.of(path)))))
                .hasMessageEndingWith("the tensors take 13388 bytes, the file has 6856; the download is incomplete.");
    }
}
