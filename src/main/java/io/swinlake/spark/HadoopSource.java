package io.swinlake.spark;

import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.checkpoint.CheckpointSource;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** A checkpoint on any file system that Hadoop reaches, such as {@code s3a://bucket/swin_t.pth}; read on the driver only. */
public final class HadoopSource implements CheckpointSource {
    /** As {@code microsoft/swin-tiny-patch4-window7-224} and {@code hf-hub:timm/swin_tiny_patch4_window7_224.ms_in1k}. */
    private static final Pattern HUB_NAME = Pattern.compile(
            "(?!.*\\.(?:pth|pt|bin|safetensors|json|ckpt)$)(?:hf-hub:|hf://|https://huggingface\\.co/)?([\\w-][\\w.-]*/([\\w-][\\w.-]*))");

    private final String location;
    private final FileSystem fileSystem;
    private final Path directory;
    private final Optional<String> chosenFile;

    private HadoopSource(String location, FileSystem fileSystem, Path directory, Optional<String> chosenFile) {
        this.location = location;
        this.fileSystem = fileSystem;
        this.directory = directory;
        this.chosenFile = chosenFile;
    }

    /**
     * The checkpoint at a URI; a path without a scheme lies on the configuration's default file system.
     *
     * @param configuration the session's, so that its credentials and endpoints hold
     * @throws CheckpointException if nothing is there or it cannot be looked at
     */
    public static HadoopSource at(String uri, Configuration configuration) {
        try {
            Path path = new Path(uri);
            FileSystem fileSystem = path.getFileSystem(configuration);
            FileStatus status = fileSystem.getFileStatus(path);
            return status.isDirectory()
                    ? new HadoopSource(uri, fileSystem, path, Optional.empty())
                    : new HadoopSource(uri, fileSystem, path.getParent(), Optional.of(path.getName()));
        } catch (FileNotFoundException e) {
            throw new CheckpointException(uri + ": no such file or directory" + hubHint(uri), e);
        } catch (IOException | IllegalArgumentException e) {
            throw new CheckpointException(uri + ": cannot be reached: " + Failures.reason(e) + hubHint(uri), e);
        }
    }

    /** What to do with the name of a model on a hub, which looks like a folder in a folder. */
    private static String hubHint(String uri) {
        Matcher name = HUB_NAME.matcher(uri);
        return name.matches()
                ? "; a model of the Hugging Face hub is downloaded first, and its folder given: hf download %s --local-dir %s"
                        .formatted(name.group(1), name.group(2))
                : "";
    }

    @Override
    public String location() {
        return location;
    }

    @Override
    public List<String> files() throws IOException {
        List<String> names = new ArrayList<>();
        for (FileStatus status : fileSystem.listStatus(directory)) {
            if (status.isFile()) {
                names.add(status.getPath().getName());
            }
        }
        names.sort(null);
        return names;
    }

    @Override
    public Optional<String> chosenFile() {
        return chosenFile;
    }

    @Override
    public ByteBuffer read(String name) throws IOException {
        Path file = new Path(directory, name);
        long length = fileSystem.getFileStatus(file).getLen();
        if (length > Integer.MAX_VALUE - Long.BYTES) {
            throw new CheckpointException(
                    "%s: %d bytes; a file of a checkpoint may have at most 2 GB. Store it in shards.", file, length);
        }
        byte[] bytes = new byte[(int) length];
        try (FSDataInputStream in = fileSystem.open(file)) {
            in.readFully(0, bytes);
        }
        return ByteBuffer.wrap(bytes).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }
}
