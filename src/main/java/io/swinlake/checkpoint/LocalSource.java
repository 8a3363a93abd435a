package io.swinlake.checkpoint;

import io.swinlake.PublicApi;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A checkpoint on this machine's disk. Files are mapped, not copied. */
@PublicApi(since = "0.1.0")
public final class LocalSource implements CheckpointSource {
    private final String location;
    private final Path directory;
    private final Optional<String> chosenFile;

    private LocalSource(String location, Path directory, Optional<String> chosenFile) {
        this.location = location;
        this.directory = directory;
        this.chosenFile = chosenFile;
    }

    /**
     * A file with its neighbours, or a directory.
     *
     * @param fileOrDirectory path of either
     * @return where a checkpoint is read from
     * @throws CheckpointException if neither exists
     */
    public static LocalSource of(Path fileOrDirectory) {
        if (Files.isDirectory(fileOrDirectory)) {
            return new LocalSource(fileOrDirectory.toString(), fileOrDirectory, Optional.empty());
        }
        if (!Files.isRegularFile(fileOrDirectory)) {
            throw new CheckpointException("%s: no such file or directory.", fileOrDirectory);
        }
        Path file = fileOrDirectory.toAbsolutePath();
        return new LocalSource(
                fileOrDirectory.toString(),
                file.getParent(),
                Optional.of(file.getFileName().toString()));
    }

    @Override
    public String location() {
        return location;
    }

    @Override
    public List<String> files() throws IOException {
        try (Stream<Path> paths = Files.list(directory)) {
            return paths.filter(Files::isRegularFile)
                    .map(path -> path.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    @Override
    public Optional<String> chosenFile() {
        return chosenFile;
    }

    @Override
    public ByteBuffer read(String name) throws IOException {
        try (FileChannel channel = FileChannel.open(directory.resolve(name))) {
            if (channel.size() > Integer.MAX_VALUE) {
                throw new CheckpointException(
                        "%s: %d bytes, at most %d are read. Save the weights without optimizer state, or in shards.",
                        directory.resolve(name), channel.size(), Integer.MAX_VALUE);
            }
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()).order(ByteOrder.LITTLE_ENDIAN);
        }
    }
}
