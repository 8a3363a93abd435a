package io.swinlake.storage;

import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.checkpoint.CheckpointSource;
import io.swinlake.checkpoint.RangedFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;

/** A checkpoint on any file system that Hadoop reaches, such as {@code s3a://bucket/swin_t.pth}; read on the driver only. */
public final class HadoopSource implements CheckpointSource {
    /** As {@code microsoft/swin-tiny-patch4-window7-224} and {@code hf-hub:timm/swin_tiny_patch4_window7_224.ms_in1k}. */
    private static final Pattern HUB_NAME = Pattern.compile(
            "(?!.*\\.(?:pth|pt|bin|safetensors|json|ckpt)$)(?:hf-hub:|hf://|https://huggingface\\.co/)?([\\w-][\\w.-]*/([\\w-][\\w.-]*))");

    /** Bytes up to which a file is fetched as a whole: published weights of a Swin have up to 800 MB, most far fewer. */
    private static final int AT_ONCE = 32 << 20;

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
            throw new CheckpointException(uri + ": cannot be reached: " + Messages.reason(e) + hubHint(uri), e);
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
    public List<String> folders() throws IOException {
        return storage.foldersIn(directory);
    }

    @Override
    public Optional<String> chosenFile() {
        return chosenFile;
    }

    @Override
    public RangedFile open(String name) throws IOException {
        String uri = directory.endsWith("/") ? directory + name : directory + "/" + name;
        StoredFile file = storage.find(uri)
                .orElseThrow(() -> new FileNotFoundException(uri + ": no such file"))
                .file();
        RangedFile parts = new Parts(storage, uri, file);
        return file.length() <= AT_ONCE ? RangedFile.of(parts.whole()) : parts;
    }

    /** A file too large to be fetched for the sake of its weights alone. */
    private record Parts(Storage storage, String uri, StoredFile file) implements RangedFile {
        @Override
        public long length() {
            return file.length();
        }

        @Override
        public ByteBuffer read(long at, int bytes) throws IOException {
            return ByteBuffer.wrap(storage.readPart(uri, file.listed(), at, bytes))
                    .asReadOnlyBuffer()
                    .order(ByteOrder.LITTLE_ENDIAN);
        }

        @Override
        public boolean isAtHand() {
            return false;
        }
    }
}
