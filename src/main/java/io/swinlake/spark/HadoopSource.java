package io.swinlake.spark;

import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.checkpoint.CheckpointSource;
import io.swinlake.storage.Entry;
import io.swinlake.storage.Failures;
import io.swinlake.storage.Storage;
import io.swinlake.storage.StoredFile;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;

/** A checkpoint on any file system that Hadoop reaches, such as {@code s3a://bucket/swin_t.pth}; read on the driver only. */
final class HadoopSource implements CheckpointSource {
    /** As {@code microsoft/swin-tiny-patch4-window7-224} and {@code hf-hub:timm/swin_tiny_patch4_window7_224.ms_in1k}. */
    private static final Pattern HUB_NAME = Pattern.compile(
            "(?!.*\\.(?:pth|pt|bin|safetensors|json|ckpt)$)(?:hf-hub:|hf://|https://huggingface\\.co/)?([\\w-][\\w.-]*/([\\w-][\\w.-]*))");

    private final String location;
    private final Storage storage;
    private final String directory;
    private final Optional<String> chosenFile;

    private HadoopSource(String location, Storage storage, String directory, Optional<String> chosenFile) {
        this.location = location;
        this.storage = storage;
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
            Storage storage = new Storage(configuration);
            Entry found = storage.find(uri).orElseThrow(() -> new FileNotFoundException(uri));
            String place = found.file().uri();
            return found.isFolder()
                    ? new HadoopSource(uri, storage, place, Optional.empty())
                    : new HadoopSource(
                            uri,
                            storage,
                            place.substring(0, place.lastIndexOf('/') + 1),
                            Optional.of(found.file().name()));
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
        return storage.filesIn(directory).stream()
                .map(StoredFile::name)
                .sorted()
                .toList();
    }

    @Override
    public Optional<String> chosenFile() {
        return chosenFile;
    }

    @Override
    public ByteBuffer read(String name) throws IOException {
        String uri = directory.endsWith("/") ? directory + name : directory + "/" + name;
        StoredFile file = storage.find(uri)
                .orElseThrow(() -> new FileNotFoundException(uri + ": no such file"))
                .file();
        if (file.length() > Integer.MAX_VALUE - Long.BYTES) {
            throw new CheckpointException(
                    "%s: %d bytes; a file of a checkpoint may have at most 2 GB. Store it in shards.",
                    uri, file.length());
        }
        byte[] bytes = new byte[(int) file.length()];
        try (InputStream in = storage.open(uri, file.listed())) {
            int read = in.readNBytes(bytes, 0, bytes.length);
            if (read < bytes.length) {
                throw new EOFException("%s: %s bytes, found %s".formatted(uri, bytes.length, read));
            }
        }
        return ByteBuffer.wrap(bytes).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }
}
