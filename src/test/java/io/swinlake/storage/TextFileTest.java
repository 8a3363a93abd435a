package io.swinlake.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextFileTest {
    /** Hadoop's local file system without checksums is one that {@link TextFile} does not know: it goes by renaming. */
    private static final String BY_RENAMING = "org.apache.hadoop.fs.RawLocalFileSystem";

    private static final String BY_LINKING = "org.apache.hadoop.fs.LocalFileSystem";

    @TempDir
    private java.nio.file.Path folder;

    private TextFile file(String fileSystem, String name) throws IOException {
        Configuration configuration = new Configuration();
        configuration.set("fs.file.impl", fileSystem);
        configuration.setBoolean("fs.file.impl.disable.cache", true);
        return TextFile.at(new Path(folder.toUri().toString(), "new/" + name), configuration);
    }

    private List<String> names() throws IOException {
        try (Stream<java.nio.file.Path> files = Files.list(folder.resolve("new"))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {BY_LINKING, BY_RENAMING})
    void aFileIsCreatedOnceAndReplacedOften(String fileSystem) throws IOException {
        TextFile file = file(fileSystem, "a.json");
        assertThat(file.read()).isEmpty();
        assertThat(file.create("first")).isTrue();
        assertThat(file.create("second")).isFalse();
        assertThat(file.read()).isEqualTo(Optional.of("first"));
        file.replace("third ä");
        assertThat(file.read()).isEqualTo(Optional.of("third ä"));
        assertThat(names())
                .as("nothing else is left")
                .filteredOn(name -> !name.endsWith(".crc"))
                .containsExactly("a.json");
        file.delete();
        file.delete();
        assertThat(file.read()).isEmpty();
    }

    @Test
    void ofManyWhoCreateALocalFileOneDoes() throws Exception {
        int writers = 16;
        ExecutorService pool = Executors.newFixedThreadPool(writers);
        try {
            for (int round = 0; round < 50; round++) {
                TextFile file = file(BY_LINKING, round + ".json");
                CyclicBarrier start = new CyclicBarrier(writers);
                List<Callable<Boolean>> tasks = new ArrayList<>();
                for (int i = 0; i < writers; i++) {
                    String text = "writer " + i;
                    tasks.add(() -> {
                        start.await();
                        return file.create(text) && file.read().orElseThrow().equals(text);
                    });
                }
                int created = 0;
                for (Future<Boolean> task : pool.invokeAll(tasks)) {
                    created += task.get() ? 1 : 0;
                }
                assertThat(created).isEqualTo(1);
                assertThat(file.isGuarded()).isTrue();
            }
        } finally {
            pool.shutdownNow();
        }
    }
}
