package io.swinlake.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StorageCheckTest {
    private static final long TERABYTE = 1L << 40;
    private static final int MOST_BYTES = 32 << 20;

    @TempDir
    private Path folder;

    private StorageCheck.Sample sample() throws Exception {
        return StorageCheck.listAndRead(folder.toString(), new Configuration());
    }

    /** All zeros, which take no room on the disk. */
    private void writeLarge(String name) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(folder.resolve(name).toFile(), "rw")) {
            file.setLength(TERABYTE);
        }
    }

    @Test
    void readsOnlyTheBeginningOfALargeObject() throws Exception {
        writeLarge("video.mp4");

        StorageCheck.Sample sample = sample();

        assertThat(sample.bytes()).hasSize(MOST_BYTES);
        assertThat(sample.isWhole()).isFalse();
        assertThat(sample)
                .hasToString("listed 1 objects, read video.mp4 of 1099511627776 bytes, the first 33554432 of them");
    }

    @Test
    void prefersAnImageToWhatIsLarge() throws Exception {
        writeLarge("a.jpg");
        Files.write(folder.resolve("b.jpg"), new byte[5]);

        assertThat(sample()).hasToString("listed 2 objects, read b.jpg of 5 bytes");
        assertThat(sample().isWhole()).isTrue();
    }

    @Test
    void takesTheNamesThatInferTakes() throws Exception {
        Files.createDirectories(folder.resolve("2026-11-28T10:00:00/run[1]"));
        Files.write(folder.resolve("2026-11-28T10:00:00/run[1]/1.png"), new byte[5]);

        assertThat(StorageCheck.listAndRead(folder + "/2026-11-28T10:00:00/run[1]", new Configuration()))
                .hasToString("listed 1 objects, read 1.png of 5 bytes");
    }
}
