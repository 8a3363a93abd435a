package io.swinlake.checkpoint;

import io.swinlake.PublicApi;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
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
        return names(Files::isRegularFile);
    }

    @Override
    public List<String> folders() throws IOException {
        return names(Files::isDirectory);
    }

    private List<String> names(Predicate<Path> kind) throws IOException {
        try (Stream<Path> paths = Files.list(directory)) {
            return paths.filter(kind)
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
    public RangedFile open(String name) throws IOException {
        Path file = directory.resolve(name);
        long length = Files.size(file);
        return length <= RangedFile.MAX_PART
                ? RangedFile.of(map(file, 0, (int) length))
                : new MappedParts(file, length);
    }

    private static ByteBuffer map(Path file, long at, int bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            if (at + bytes > channel.size()) { // to map more would make the file longer, or fail without its name
                throw new EOFException(file + ": has become shorter");
            }
            return channel.map(FileChannel.MapMode.READ_ONLY, at, bytes).order(ByteOrder.LITTLE_ENDIAN);
        }
    }

    /** A file that is larger than one buffer. */
    private record MappedParts(Path file, long length) implements RangedFile {
        @Override
        public ByteBuffer read(long at, int bytes) throws IOException {
            return map(file, at, bytes);
        }

        @Override
        public boolean isAtHand() {
            return false; // to check every header would read pages all over the file
        }
    }
}
