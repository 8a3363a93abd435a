package io.swinlake.checkpoint;

import io.swinlake.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A file of named tensors, whatever container it was stored in.
 *
 * @param location where it was read; error messages begin with it
 * @param tensors by name, in the file's own naming, but without a {@code module.} that DistributedDataParallel puts
 *     before all of them
 * @param metadata safetensors' {@code __metadata__}; empty for other containers
 * @param chosen which of the dicts in a PyTorch file this is; empty where there is no choice
 */
public record Checkpoint(
        String location,
        SortedMap<String, Tensor> tensors,
        Map<String, String> metadata,
        Optional<WeightsChoice.Chosen> chosen) {
    private static final String DATA_PARALLEL_PREFIX = "module.";

    public Checkpoint {
        tensors = Collections.unmodifiableSortedMap(new TreeMap<>(tensors));
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    }

    /** Tensors that are all that their file has. */
    public Checkpoint(String location, SortedMap<String, Tensor> tensors, Map<String, String> metadata) {
        this(location, tensors, metadata, Optional.empty());
    }

    /** As {@link #open(CheckpointSource, WeightsChoice)}, for a file in which the largest dict is meant. */
    public static Checkpoint open(CheckpointSource source) throws IOException {
        return open(source, WeightsChoice.LARGEST);
    }

    /**
     * Reads the tensors of the weights, and of a large PyTorch file nothing else. The container is recognised by its content: safetensors, the index of a sharded checkpoint,
     * PyTorch's zip and its older format. Of a directory, the weights file is chosen by name.
     *
     * @param choice asked where a PyTorch file may hold several dicts of tensors
     * @throws CheckpointException if the file is damaged, hostile or something else
     */
    public static Checkpoint open(CheckpointSource source, WeightsChoice choice) throws IOException {
        String name = source.chosenFile().isPresent() ? source.chosenFile().get() : WeightsFolder.choose(source);
        String location = source.chosenFile().isPresent() ? source.location() : source.location() + "/" + name;
        try {
            Checkpoint stored = name.endsWith(ShardIndex.ENDING)
                    ? ShardIndex.read(source, location, name)
                    : read(location, name, source.open(name), choice);
            return stored.unwrapped().withoutDataParallelPrefix();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Reads a single file, of any container but the index. */
    static Checkpoint read(String location, String name, RangedFile file, WeightsChoice choice) throws IOException {
        return switch (Container.of(location, name, file)) {
            case SAFETENSORS -> Safetensors.read(location, file);
            case TORCH_ZIP -> TorchZip.read(location, file, choice);
            case TORCH_LEGACY -> TorchLegacy.read(location, file, choice);
        };
    }

    /** Reads a single file that is in memory. */
    static Checkpoint read(String location, String name, ByteBuffer file) {
        try {
            return read(location, name, RangedFile.of(file), WeightsChoice.LARGEST);
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory", e);
        }
    }

    private Checkpoint unwrapped() {
        return new Checkpoint(location, new TreeMap<>(TensorNames.unwrapped(tensors)), metadata, chosen);
    }

    private Checkpoint withoutDataParallelPrefix() {
        if (tensors.isEmpty() || !tensors.keySet().stream().allMatch(name -> name.startsWith(DATA_PARALLEL_PREFIX))) {
            return this;
        }
        SortedMap<String, Tensor> renamed = new TreeMap<>();
        tensors.forEach((name, tensor) -> renamed.put(name.substring(DATA_PARALLEL_PREFIX.length()), tensor));
        return new Checkpoint(location, renamed, metadata, chosen);
    }

    /** Which names a tensor may have. Checked once where a file is read, so that later messages can show them. */
    static final class TensorNames {
        /** The longest in a published Swin has 69 characters. */
        private static final int MAX_LENGTH = 500;

        /** Control and format characters, unpaired surrogates and the like. */
        private static final Pattern UNPRINTABLE = Pattern.compile("\\p{C}");

        /** Modules that torch.compile, FSDP and activation checkpointing put around others, anywhere in a network. */
        private static final Pattern WRAPPERS =
                Pattern.compile("(?<![^.])(_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\\.");

        private TensorNames() {}

        /** The same values by the names that they have without such modules, unless two would then have one name. */
        static <T> Map<String, T> unwrapped(Map<String, T> named) {
            Map<String, T> plain = new LinkedHashMap<>();
            named.forEach((name, value) -> plain.put(WRAPPERS.matcher(name).replaceAll(""), value));
            return plain.size() == named.size() ? plain : named;
        }

        static String check(String location, String name) {
            if (name.length() > MAX_LENGTH || UNPRINTABLE.matcher(name).find()) {
                throw new CheckpointException(
                        "%s: a tensor name is longer than %d characters or has unprintable ones: '%s'.",
                        location, MAX_LENGTH, Printable.of(name));
            }
            return name;
        }
    }
}
